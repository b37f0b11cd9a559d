// Package repository answers questions that need no files of the work tree: where HEAD is, the tree of a revision, its content, the commits since a
// time, and which paths the index tracks. It reads the repository itself if it can, and otherwise asks git.
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

// Readable fails if only git can read the repository or its objects.
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

// Options have the environment of the repository. The zero value takes it from the process.
type Options struct {
	// Git is the absolute path of the git binary; "" looks in PATH and works without git if it is not there.
	Git string
	// Env is the environment, in the form of os.Environ, for finding configuration and running git; nil means that of the process. Of git's own
	// variables, only those that say where configuration is have an effect.
	Env []string
	// WithoutGit is the reason why git must not be run; "" if it may. Without git, answers that need it are unknown.
	WithoutGit string
}

// A Repository is the repository of an open work tree: its place, its configuration, and the git to ask.
type Repository struct {
	Place    gitdir.Place
	Git      gitcmd.Git
	Settings gitconfig.Settings
	// Refusal is the reason why git has to be asked about everything; nil if this package reads the repository itself.
	Refusal error
}

// Open reads the configuration. It does not fail: a reason why this program cannot read the repository is in Refusal.
func Open(p gitdir.Place, o Options) *Repository {
	r := &Repository{Place: p, Git: gitcmd.New(p.Root, o.Git, o.Env)}
	r.Git.Forbidden = o.WithoutGit
	if r.Refusal = r.ownership(); r.Refusal == nil {
		r.Settings, r.Refusal = gitconfig.Load(p, r.Git)
	}
	return r
}
