package figures

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"stopgate/hook/worktree/gitdir"
)

// cursorVersion is the form of a cursor file.
const cursorVersion = "cursor/1"

// maxCursor bounds a cursor file, in bytes: that of a million repositories.
const maxCursor = 64 << 20

// Cursor is how far an export came: the id of the last event that was written, by repository. It is kept as JSON.
type Cursor struct {
	Stopgate string            `json:"stopgate"`
	Last     map[string]string `json:"last"`
}

// NewCursor returns the cursor before the first event.
func NewCursor() Cursor { return Cursor{Stopgate: cursorVersion, Last: map[string]string{}} }

// ReadCursor reads a cursor file. It is a new cursor if there is no such file.
func ReadCursor(name string) (Cursor, error) {
	var c Cursor
	text, err := gitdir.ReadSmall(name, maxCursor)
	if errors.Is(err, fs.ErrNotExist) {
		return NewCursor(), nil
	}
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err == nil && c.Stopgate != cursorVersion {
		err = fmt.Errorf("it is no %s", cursorVersion)
	}
	if err != nil {
		return c, fmt.Errorf("reading the cursor %q: %w", name, err)
	}
	if c.Last == nil {
		c.Last = map[string]string{}
	}
	return c, nil
}

// After returns the events of each repository behind its last one. If that is not there, all of them are.
func (c Cursor) After(events []Event) []Event {
	begin := map[string]int{}
	for i, e := range events {
		if c.Last[e.Repository] == e.ID {
			begin[e.Repository] = i + 1
		}
	}
	var rest []Event
	for i, e := range events {
		if i >= begin[e.Repository] {
			rest = append(rest, e)
		}
	}
	return rest
}
