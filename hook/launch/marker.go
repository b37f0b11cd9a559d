package launch

import (
	"strconv"
	"strings"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/quote"
)

// Marker is the line at the beginning of a prompt that names the task and the gate. Steps put it into the launches that they order. With it an
// agent of any type can take any part in the protocol.
type Marker struct {
	Task string
	// Gate is the name of a gate, gates.BranchManagerAgent or CodingMark.
	Gate string
}

// CodingMark is the Marker.Gate of a coding agent.
const CodingMark = "coding"

// markerLine matches the first line of a prompt, after any markdown. The task is a Go string, or one word.
var markerLine = lazyregexp.New(`^\s*[>*_#` + "`" + ` \t-]*stopgate:[ \t]+task=("(?:[^"\\\n]|\\.)*"|[^\s"]+)[ \t]+gate=([\w:.-]+)`)

// ReadMarker reads the marker that a launch prompt begins with. A step puts it there; one that stands further down may have come with
// the words of an agent, in a list of issues for one.
func ReadMarker(prompt string) (Marker, bool) {
	match := markerLine().FindStringSubmatch(quote.ClipBytes(prompt, maxMarkerRead))
	if match == nil {
		return Marker{}, false
	}
	task := match[1]
	if strings.HasPrefix(task, `"`) {
		var err error
		if task, err = strconv.Unquote(task); err != nil {
			return Marker{}, false
		}
	}
	return Marker{Task: task, Gate: match[2]}, true
}

// maxMarkerRead bounds where a marker is looked for, in bytes.
const maxMarkerRead = 4 << 10

// Line returns the marker as it stands in a prompt.
func (m Marker) Line() string {
	return "stopgate: task=" + strconv.QuoteToASCII(ShortTask(m.Task)) + " gate=" + m.Gate
}
