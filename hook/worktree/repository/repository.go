// Package repository answers what needs no look at files: where HEAD is, which tree a revision has, what it holds, what was committed since,
// and which paths the index tracks. It reads the repository itself where it can, and asks git where it cannot.
package repository

import (
	"context"
	"fmt"

	"stopgate/hook/worktree/gitcmd"
	"stopgate/hook/worktree/gitconfig"
	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/refs"
)

// CountsMode reports whether the executable bit counts (core.fileMode).
func (t *Repository) CountsMode(ctx context.Context) bool {
	if t.Refusal == nil {
		return t.Settings.FileMode
	}
	value, err := t.Git.Line(ctx, "config", "--type=bool", "core.fileMode")
	return err != nil || value != "false"
}

// Readable fails where only git knows what an object stands for, or anything at
// all of the repository.
func (t *Repository) Readable() error {
	if t.Refusal != nil {
		return t.Refusal
	}
	replaced, err := refs.HasReplacements(t.Place)
	if err == nil && replaced {
		err = fmt.Errorf("refs/replace/ is not empty")
	}
	return err
}

// Options say what surrounds the repository. The zero value takes it from the
// process.
type Options struct {
	// Git is the absolute path of the git binary to ask; "" looks in PATH and
	// does without if it is not there.
	Git string
	// Env is the environment, in the form of os.Environ, by which configuration
	// is found and git is run; nil is that of the process. Of git's own variables
	// only those count that say where configuration stands.
	Env []string
	// WithoutGit is why git must not be run, "" where it may. What only git can tell is then unknown, for that reason.
	WithoutGit string
}

// A Repository is what surrounds an open work tree: where it is, what is configured, and the git to ask.
type Repository struct {
	Place    gitdir.Place
	Git      gitcmd.Git
	Settings gitconfig.Settings
	// Refusal is why git has to be asked about everything; nil where this package
	// reads the repository itself.
	Refusal error
}

// Open reads the configuration. It does not fail: what keeps this program from reading the repository is in Refusal.
func Open(p gitdir.Place, o Options) *Repository {
	r := &Repository{Place: p, Git: gitcmd.New(p.Root, o.Git, o.Env)}
	r.Git.Forbidden = o.WithoutGit
	if r.Refusal = r.ownership(); r.Refusal == nil {
		r.Settings, r.Refusal = gitconfig.Load(p, r.Git)
	}
	return r
}
