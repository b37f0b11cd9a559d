// Package calls records which commands the host is about to run and which files it is about to write, with their agents. A shell that the host
// starts does not know its agent. It knows the text of its command, by which the call is found.
//
// Each session has a file, with a line for each call. Nothing is flushed to the disk, because a call is needed only while its command runs, or
// while agents of other sessions work in the same worktree.
package calls

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Call is a command that the host is about to run, or a file that it is about to write. One with neither is the beginning of an agent or of a session.
type Call struct {
	At time.Time `json:"at"`
	// Session and Transcript are from the event; in a call of a subagent they are the parent's.
	Session    string `json:"session"`
	Transcript string `json:"transcript,omitempty"`
	// Agent is "" for the session itself.
	Agent     string `json:"agent,omitempty"`
	AgentType string `json:"agent_type,omitempty"`
	// Above are the agents that Agent works for, the one that launched it first.
	Above []Above `json:"above,omitempty"`
	Cwd   string  `json:"cwd,omitempty"`
	// Use is the id of the tool use; "" in older calls.
	Use string `json:"use,omitempty"`
	// Project is CLAUDE_PROJECT_DIR.
	Project string `json:"project,omitempty"`
	// Text is the command without quotes, backslashes and blanks. Cut means that only its end was kept.
	Text string `json:"text"`
	Cut  bool   `json:"cut,omitempty"`
	// Reads means that the command changes no file, as far as its text shows.
	Reads bool `json:"reads,omitempty"`
	// File is the absolute path that a tool is about to write; "" for a command.
	File string `json:"file,omitempty"`
	// Client is the process of the session's client (speaker.Process), at the beginning of a session; such a call has nothing else.
	Client string `json:"client,omitempty"`
}

// Above is an agent that another one works for.
type Above struct {
	Agent     string `json:"agent"`
	AgentType string `json:"agent_type,omitempty"`
}

// Bounds on the calls that are stored and read.
const (
	maxText = 4 << 10  // bytes of a command that is stored whole
	maxTail = 1 << 10  // bytes that are stored of a longer one
	maxRead = 4 << 20  // bytes at the end of a file that are searched for a call
	maxLine = 32 << 10 // bytes of one call
	keptFor = 30 * 24 * time.Hour
)

// Path returns the path of a session's file in a folder. It returns "" if the session's id does not have the host's form, so that no id leads out
// of the folder.
func Path(dir, session string) string {
	if session == "" || len(session) > 200 || strings.ContainsFunc(session, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) {
		return ""
	}
	return filepath.Join(dir, session+".calls")
}

// Begin creates the file of a session, to which Add then adds calls. It removes files that were not used for 30 days.
func Begin(path string, now time.Time) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of calls: %w", err)
	}
	_ = os.WriteFile(filepath.Join(dir, ".gitignore"), []byte("*\n"), 0o600) // as in the folder of a journal
	if old, err := filepath.Glob(filepath.Join(dir, "*.calls")); err == nil {
		for _, name := range old {
			if info, err := os.Lstat(name); err == nil && name != path && now.Sub(info.ModTime()) > keptFor {
				_ = os.Remove(name) // another session may have removed it
			}
		}
	}
	f, err := open(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND)
	if err != nil {
		return fmt.Errorf("make the file of calls: %w", err)
	}
	return f.Close()
}

// open opens a regular file. It does not wait if an agent has put a named pipe in its place: the host would end a hook that waits, and take that for
// its consent.
func open(path string, flag int) (*os.File, error) {
	f, err := os.OpenFile(path, flag|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%q is no regular file", path)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Add adds a call of the command. It does nothing without the file from Begin, because then the guard is not installed.
func Add(path string, c Call, command string) error {
	if path == "" {
		return nil
	}
	f, err := open(path, os.O_WRONLY|os.O_APPEND)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("note a call: %w", err)
	}
	defer f.Close()
	if c.Text = bare(command); len(c.Text) > maxText {
		c.Text, c.Cut = c.Text[len(c.Text)-maxTail:], true
	}
	c.Text = strings.ToValidUTF8(c.Text, "?")
	line, err := json.Marshal(c)
	if err == nil && len(line) < maxLine {
		_, err = f.Write(append(line, '\n'))
	}
	if err != nil {
		return fmt.Errorf("note a call: %w", err)
	}
	return nil
}

// Find returns the calls whose command runs in a shell that was started with that text, newest first; several agents may have run the same command.
// The host's text is "… eval 'COMMAND' …" (2.1.139 to 2.1.332); its beginning may be missing.
func Find(path, text string) ([]Call, error) {
	all, err := read(path)
	if err != nil {
		return nil, fmt.Errorf("look for a call: %w", err)
	}
	text = strings.ToValidUTF8(bare(text), "?")
	var found []Call
	for _, c := range all {
		if !c.runsIn(text) {
			continue
		}
		switch longest := len(found) == 0 || len(c.Text) > len(found[0].Text); {
		case longest:
			found = []Call{c}
		case len(c.Text) == len(found[0].Text):
			found = append([]Call{c}, found...)
		}
	}
	return found, nil
}

// read returns the calls at the end of a file.
func read(path string) ([]Call, error) {
	f, err := open(path, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.NewSectionReader(f, max(0, info.Size()-maxRead), maxRead))
	if err != nil {
		return nil, err
	}
	list := []Call{} // not nil: the file is there
	for line := range bytes.Lines(content) {
		var c Call
		if json.Unmarshal(line, &c) == nil {
			list = append(list, c)
		}
	}
	return list, nil
}

// ending begins what the host adds behind a command, without blanks. Without it a command that a person types would be taken for an agent's that
// begins alike.
const ending = "&&pwd-P>|"

// runsIn reports whether the bare text of a shell runs the call's command, and no longer one that begins with it.
func (c Call) runsIn(text string) bool {
	command := c.Text
	if !c.Cut {
		command = "eval" + command
	}
	if at := strings.LastIndex(text, ending); at >= 0 {
		return c.Text != "" && strings.HasSuffix(text[:at], command)
	}
	return c.Text != "" && strings.Contains(text, command)
}

// bare removes quotes, backslashes and blanks from a command, and the redirection of stdin that the host adds. The result does not depend on how
// the host quotes the command for eval.
func bare(command string) string {
	return strings.ReplaceAll(strings.Map(func(r rune) rune {
		switch r {
		case '\'', '"', '\\', ' ', '\t', '\n', '\r', 0:
			return -1
		}
		return r
	}, command), "</dev/null", "")
}
