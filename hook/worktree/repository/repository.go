// Package repository answers questions that need no files of the work tree: where HEAD is, the tree of a revision, its content, the commits since a
// time, and which paths the index tracks. It reads the repository itself if it can, and otherwise asks git.
package repository

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"stopgate/hook/worktree/gitcmd"
	"stopgate/hook/worktree/gitconfig"
	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/ignore"
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
	// Distrust returns such a reason when git is about to be run; nil for no reason. It is called once, by any goroutine.
	Distrust func() string
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
	if o.Distrust != nil {
		r.Git.Distrust = sync.OnceValue(o.Distrust)
	}
	if r.Refusal = r.ownership(); r.Refusal == nil {
		r.Settings, r.Refusal = gitconfig.Load(p, r.Git)
	}
	if r.Git.Forbidden == "" {
		r.Git.Forbidden = r.waits()
	}
	return r
}

// The sizes up to which git may be asked to read its own files, in bytes. It reads most of them whole for each answer.
const (
	maxRefFile  = 1 << 20
	maxRules    = ignore.MaxForGit
	maxSettings = 4 << 20
	maxPacked   = 64 << 20
)

// waits returns why git would wait or read without end: where git has one of its files stands something that is no file, such as a named pipe
// without a writer, or a file of a size that no such file has. It is "" if there is nothing like that.
func (t *Repository) waits() string {
	if errors.Is(t.Refusal, gitdir.ErrNotRegular) {
		return t.Refusal.Error()
	}
	common := func(name string) string { return filepath.Join(t.Place.CommonDir, filepath.FromSlash(name)) }
	own := func(name string) string { return filepath.Join(t.Place.GitDir, filepath.FromSlash(name)) }
	most := map[string]int64{
		common("config"): maxSettings, own("config.worktree"): maxSettings, own("HEAD"): maxRefFile, common("HEAD"): maxRefFile,
		own("commondir"): maxRefFile, own("index"): math.MaxInt64, common("packed-refs"): maxPacked,
		common("shallow"): maxRules, common("objects/info/alternates"): maxRules, common("info/grafts"): maxRules,
		common("info/exclude"): maxRules, common("info/attributes"): maxRules, own("info/sparse-checkout"): maxRules,
		t.Settings.ExcludesFile: maxRules, t.Settings.AttributesFile: maxRules,
		filepath.Join(t.Place.Root, ".gitignore"): maxRules, filepath.Join(t.Place.Root, ".gitattributes"): maxRules,
	}
	if branch := t.Place.Branch(); branch != "" {
		most[common("refs/heads/"+branch)] = maxRefFile
	}
	if files, err := gitconfig.ConfigFiles(t.Git); err == nil { // otherwise only git knows them
		for _, file := range files {
			most[file] = maxSettings
		}
	}
	for _, file := range slices.Sorted(maps.Keys(most)) {
		info, err := os.Stat(file)
		switch {
		case err != nil || file == os.DevNull:
		case info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket|fs.ModeDevice) != 0:
			return fmt.Sprintf("%q is no file, and git might wait for it without end", file)
		case info.Mode().IsRegular() && info.Size() > most[file]:
			return fmt.Sprintf("%q has %d bytes, which git would read for too long", file, info.Size())
		}
	}
	return ""
}
