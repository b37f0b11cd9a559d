package launch

import "strings"

// SameFamily reports whether two tasks are the same, or one is a unit of the other, or both are units of one ticket. PROJ-1-a, PROJ-1.2 and
// PROJ-1/docs are units of PROJ-1; PROJ-12 is not.
func SameFamily(a, b string) bool {
	x, y := TaskKey(a), TaskKey(b)
	return x == y || isUnit(x, y) || isUnit(y, x) || parent(x) != "" && parent(x) == parent(y)
}

// IsUnit reports whether task is a unit of parent.
func IsUnit(task, parent string) bool { return isUnit(TaskKey(task), TaskKey(parent)) }

const unitMarks = "-_./:"

func isUnit(task, parent string) bool {
	rest, found := strings.CutPrefix(task, parent)
	return found && parent != "" && len(rest) > 1 && strings.ContainsRune(unitMarks, rune(rest[0]))
}

// parent returns the ticket of which a task is a unit; "" for none. Two tickets of one project have no parent.
func parent(task string) string {
	at := strings.LastIndexAny(task, unitMarks)
	if at <= 0 || !ticketID().MatchString(task[:at]) {
		return ""
	}
	return task[:at]
}
