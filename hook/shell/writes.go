package shell

import (
	"maps"
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Writes returns the paths that a command visibly writes, moves or deletes, relative to where it starts, absolute, or below ~. variables has values
// of variables. A path that depends on anything else is left out, as is one that a program writes which the text does not show.
func Writes(command string, variables map[string]string) []string {
	if len(command) > MaxCommand {
		return nil
	}
	var written []string
	w := walker{source: clean(command), outer: -1, doubts: &doubts{}, written: &written, values: variables}
	w.script(w.source)
	return written
}

// writes notes the paths that the command writes.
func (w *walker) writes(targets []string) {
	if w.written == nil {
		return
	}
	for _, target := range targets {
		if target != "" && !strings.Contains(w.fromStart(target), unknown) && len(*w.written) < MaxUses {
			*w.written = append(*w.written, path.Clean(w.fromStart(target)))
		}
	}
}

// set remembers the value of a variable, if it is known.
func (w *walker) set(a *syntax.Assign) {
	if w.written == nil {
		return
	}
	value := w.text(a.Value)
	if strings.Contains(value, unknown) {
		value = unknown
	}
	values := map[string]string{}
	maps.Copy(values, w.values)
	values[a.Name.Value] = value
	w.values = values
}
