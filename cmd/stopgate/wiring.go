package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"stopgate/hook"
	"stopgate/hook/artifact"
	"stopgate/hook/cleanup"
	"stopgate/hook/conduct"
	"stopgate/hook/journal"
	"stopgate/hook/observe"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/site"
	"stopgate/hook/tidy"
	"stopgate/hook/worktree"
)

// runner ties the judge to this process: its environment, its clock, the files below it.
func (c command) runner() *hook.Runner {
	return &hook.Runner{World: scene.World{
		ProjectDir:  c.getenv("CLAUDE_PROJECT_DIR"),
		Attended:    c.attended(),
		OpenJournal: c.openJournal,
		Observe:     c.worktrees(),
		Sweep:       c.sweep,
		Folders:     c.folders(),
		Announce:    c.announce,
		OtherCalls:  c.otherCalls,
		CallsOf:     c.callsOf,
		ClientGone:  c.clientGone,
		Now:         c.now,
		Lag:         c.lag,
		Log:         printable{c.stderr},
	}}
}

// attended reports whether the client says that a person attends its session. Clients before 2.1.330 only say how the session is run.
func (c command) attended() bool {
	if attended := c.getenv("CLAUDE_CODE_SESSION_ATTENDED"); attended != "" {
		return attended == "1"
	}
	return c.getenv("CLAUDE_CODE_ENTRYPOINT") == "cli"
}

// folders returns the folders of the plugin, the system and the client. The client's folder is below the person's home, or CLAUDE_CONFIG_DIR.
func (c command) folders() conduct.Folders {
	f := conduct.Folders{Plugin: c.getenv("CLAUDE_PLUGIN_ROOT"), Temp: []string{os.TempDir()}, Client: []string{c.getenv("CLAUDE_CONFIG_DIR")}, Project: c.getenv("CLAUDE_PROJECT_DIR")}
	if dir, err := journal.Dir(c.getenv); err == nil {
		f.Journal = dir
	}
	if runtime.GOOS != "windows" {
		f.Temp = append(f.Temp, "/tmp")
	}
	if home, err := os.UserHomeDir(); err == nil {
		f.Client, f.Home = append(f.Client, filepath.Join(home, ".claude")), home
	}
	return f
}

func (c command) openJournal(key string) (record.Journal, error) {
	book, err := c.bookOf(key)
	if err != nil {
		return nil, err
	}
	return book, nil
}

// ownBook returns the journal of the working directory's repository.
func (c command) ownBook() (*journal.Journal, error) {
	return c.bookOf(site.GroundsOf("", c.dir).Key())
}

// bookOf returns the journal that is kept for key.
func (c command) bookOf(key string) (*journal.Journal, error) {
	dir, err := journal.Dir(c.getenv)
	if err != nil {
		return nil, err
	}
	j, err := journal.Open(dir, key)
	if err != nil {
		return nil, err
	}
	return j.Keeping(record.Keep), nil
}

// worktrees looks at the worktrees on this machine.
func (c command) worktrees() observe.Worktrees { return observe.Worktrees{Env: c.environ} }

// worktreesByHand looks at worktrees for a person. It runs no program because of a change that was made since the first agent was launched into the
// worktree.
func (c command) worktreesByHand() observe.Worktrees {
	w := c.worktrees()
	w.Launched = func(ctx context.Context, place worktree.Place) *worktree.Marks {
		grounds, err := site.GroundsAt(place.Root)
		if err != nil {
			return nil
		}
		return record.Open(c.openJournal, grounds.Key(), "", c.now, io.Discard).FirstMarks(ctx, grounds.Name(place))
	}
	return w
}

// sweep removes artifacts. What git does not ignore goes to the trash beside the journal.
func (c command) sweep(ctx context.Context, s cleanup.Sweeping) (artifact.Result, error) {
	return tidy.Sweeper{Env: c.environ, Trash: c.trash, Now: c.now}.Sweep(ctx, s)
}

// trash returns the folder of the trash beside the journal of key.
func (c command) trash(key string) (string, error) {
	book, err := c.bookOf(key)
	if err != nil {
		return "", err
	}
	if err := book.Private(); err != nil {
		return "", err
	}
	return filepath.Join(book.Folder(), "trash"), nil
}

// printable writes text without what is not printable: a log quotes errors of the system, which have names of files as they are.
type printable struct{ io.Writer }

func (p printable) Write(text []byte) (int, error) {
	if _, err := io.WriteString(p.Writer, quote.Lines(string(text))); err != nil {
		return 0, err
	}
	return len(text), nil
}
