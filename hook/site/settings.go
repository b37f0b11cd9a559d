package site

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"stopgate/hook/config"
	"stopgate/hook/launch"
	"stopgate/hook/manifest"
	"stopgate/hook/quote"
	"stopgate/hook/worktree"
)

// Settings are the configuration of a repository.
type Settings struct {
	config.Config
	// problems say why the file is not used. The defaults hold then.
	problems []string
	// Unread is the reason why the file could not be read; nil if it could, or if there is none.
	Unread error
	// Source is where they come from; nil if no repository was read, or if the file could not be read.
	Source *Source
	// Grounds are the grounds that the settings were read for, with the worktrees in which agents may work; zero for a Source's settings.
	Grounds Grounds
}

// Source is a configuration as it was at one moment.
type Source struct {
	// Branch is the full name of the branch that the main worktree had checked out; "" for a detached HEAD.
	Branch string `json:"branch,omitempty"`
	// Text is the committed file, at most config.MaxBytes; "" if there is none.
	Text string `json:"text,omitempty"`
}

// Settings returns the settings in the source.
func (s Source) Settings() *Settings {
	read := &Settings{Config: launch.Defaults(), Source: &s}
	if s.Text == "" {
		return read
	}
	c, problems := config.Parse(config.FileName, []byte(s.Text))
	for _, p := range problems {
		read.problems = append(read.problems, quote.Line(p.String()))
	}
	read.Config = c
	return read
}

// FileReader reads what a commit of a worktree holds.
type FileReader interface {
	// FileAt returns the content of a regular file in a revision; nil if the revision has none. It fails for more than limit bytes.
	FileAt(ctx context.Context, place worktree.Place, revision, name string, limit int) ([]byte, error)
}

// ReadSettings reads the configuration in the HEAD commit of the main worktree. It returns the defaults if there is none, or if it cannot be read;
// Warning then has the reason. If read is nil, it returns the defaults.
func ReadSettings(ctx context.Context, read FileReader, grounds Grounds, log io.Writer) *Settings {
	s := readSettings(ctx, read, grounds, log)
	s.Grounds = grounds.WithTrees(s.Worktrees)
	return s
}

func readSettings(ctx context.Context, read FileReader, grounds Grounds, log io.Writer) *Settings {
	s := &Settings{Config: launch.Defaults()}
	place, ok := grounds.Main()
	if !ok || read == nil {
		return s
	}
	text, err := read.FileAt(ctx, place, "HEAD", config.FileName, config.MaxBytes)
	if err != nil {
		fmt.Fprintf(log, "stopgate: %v; the default configuration applies\n", err)
		s.problems, s.Unread = []string{quote.Line(err.Error())}, err
		return s
	}
	return Source{Branch: place.Branch(), Text: string(text)}.Settings()
}

// GateCommands returns the commands for the gates: the configured ones, or those in the manifests of the main worktree's HEAD commit, if they are
// unambiguous. It runs nothing.
func (s *Settings) GateCommands(ctx context.Context, read FileReader, grounds Grounds) config.Commands {
	c := s.Commands
	place, ok := grounds.Main()
	if c.Test != "" || !ok || read == nil {
		return c
	}
	tests, lints := manifest.Commands(func(name string) []byte {
		if _, err := os.Lstat(filepath.Join(place.Root, name)); err != nil { // most do not exist, and a commit is dear to read
			return nil
		}
		text, err := read.FileAt(ctx, place, "HEAD", name, maxManifest)
		if err != nil {
			return nil // a command is only left out
		}
		return text
	})
	test := manifest.Only(tests)
	if !config.IsCommand(test.Text) {
		return c
	}
	c.Test, c.From = test.Text, test.From
	if lint := manifest.Only(lints); c.Lint == "" && config.IsCommand(lint.Text) {
		c.Lint = lint.Text
	}
	return c
}

// maxManifest bounds a manifest, in bytes.
const maxManifest = 256 << 10

// Warning returns a line for the person if their configuration cannot be used; "" if it is.
func (s *Settings) Warning() string {
	if s == nil || len(s.problems) == 0 {
		return ""
	}
	more := ""
	if n := len(s.problems) - 1; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	committed := " and committed"
	if s.Unread != nil {
		committed = ""
	}
	return fmt.Sprintf("stopgate: %s%s; the default configuration applies until that is fixed%s", quote.Clip(s.problems[0], quote.MaxReason), more, committed)
}

// Home returns the worktree whose branch a task is merged into if nobody names another: the session's, if that is a linked one and not the task's, and
// otherwise the main one.
func (g Grounds) Home(task worktree.Place) (place worktree.Place, ok bool) {
	if g.Repository != nil && g.Repository.Linked() && g.Repository.GitDir != task.GitDir {
		return *g.Repository, true
	}
	return g.Main()
}

// Main returns the main worktree of the session's repository, or the session's own worktree if there is no main one. ok is false outside a
// repository.
func (g Grounds) Main() (place worktree.Place, ok bool) {
	if g.Repository == nil {
		return worktree.Place{}, false
	}
	if root := g.Repository.MainRoot(); root != "" {
		if place, err := worktree.Locate(root); err == nil {
			return place, true
		}
	}
	return *g.Repository, true
}
