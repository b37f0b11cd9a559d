package schema

import "strings"

// maxNear is the length of the longest name that Near compares. No property and no name of a default kind is longer.
const maxNear = 20

// Near reports whether two names differ by at most so many insertions, deletions, substitutions and swaps of neighbours. It is false
// if name is longer than 20 bytes.
func Near(written, name string, edits int) bool {
	if d := len(written) - len(name); d > edits || -d > edits || len(name) > maxNear {
		return false
	}
	// Rows of the distances between the beginnings of the two names: the current one and the two before.
	var row, last, before [maxNear + 1]int
	for j := range row {
		row[j] = j
	}
	for i := range len(written) {
		before, last = last, row
		row[0] = i + 1
		for j := range len(name) {
			cost := 1
			if written[i] == name[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && written[i] == name[j-1] && written[i-1] == name[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(name)] <= edits
}

// Nearest returns the name that was probably meant by written: one with at most two differences, in less than half of its letters, or one that
// contains it or is contained in it; "" if there is none.
func Nearest(written string, names []string) string {
	written = strings.ToLower(written)
	for edits := range 3 {
		for _, name := range names {
			part := edits == 2 && len(name) > 2 && len(written) <= 2*maxNear && (strings.Contains(written, name) || len(written) > 2 && strings.Contains(name, written))
			few := 2*edits < min(len(written), len(name)) // foo is not hook
			if part || few && Near(written, name, edits) {
				return name
			}
		}
	}
	return ""
}
