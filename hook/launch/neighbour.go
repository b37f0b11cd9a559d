package launch

import (
	"encoding/json"
	"strings"

	"stopgate/hook/quote"
)

// Neighbour is the finished work of another task in the same worktree. A gate there sees the files of both, and a commit there takes both.
type Neighbour struct {
	Task  string
	Brief Brief
	// Files are the first of the proven files, and Total is their number.
	Files []string
	Total int
}

// Within shortens the neighbour to that many entries in each of its lists.
func (n Neighbour) Within(room int) Neighbour {
	n.Files, _ = quote.First(n.Files, room)
	n.Brief = n.Brief.Within(room / 2) // the gate is first of all for its own task
	return n
}

// alsoLabel begins the line behind a marker that names the neighbours for which a gate's pass counts, too.
const alsoLabel = "ALSO_FOR: "

// AlsoLine returns that line as it stands in a prompt; "" for no neighbours.
func AlsoLine(neighbours []Neighbour) string {
	if len(neighbours) == 0 {
		return ""
	}
	names := make([]string, len(neighbours))
	for i, n := range neighbours {
		names[i] = quote.JSON(ShortTask(n.Task))
	}
	return alsoLabel + strings.Join(names, ", ") + "\n"
}

// ReadAlso returns the tasks that the line behind the marker of a prompt names. As with the marker, a line further down may be a quotation.
func ReadAlso(prompt string) (tasks []string) {
	prompt = quote.ClipBytes(prompt, maxMarkerRead)
	_, rest, _ := strings.Cut(strings.TrimLeft(prompt, " \t\r\n"), "\n")
	line, _, _ := strings.Cut(rest, "\n")
	names, found := strings.CutPrefix(line, alsoLabel)
	if _, marked := ReadMarker(prompt); !marked || !found || json.Unmarshal([]byte("["+names+"]"), &tasks) != nil {
		return nil
	}
	return tasks
}
