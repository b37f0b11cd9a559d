// Package repository answers questions that need no files of the worktree: where HEAD is, which files a revision has and their content, how two
// revisions differ, and which paths the index tracks. It reads the repository itself if it can. Otherwise it asks git.
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

// CountsMode reports whether git compares the executable bit (core.fileMode).
func (t *Repository) CountsMode(ctx context.Context) bool {
	if t.Refusal == nil {
		return t.Settings.FileMode
	}
	value, err := t.Git.Line(ctx, "config", "--type=bool", "core.fileMode")
	return err != nil || value != "false"
}

// Readable returns nil if this package can read the repository and its objects. Otherwise it returns the reason why only git can.
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

// Options tell how a repository is opened. The zero value uses the environment of the process.
type Options struct {
	// Git is the absolute path of the git binary. If it is "", git is looked up in PATH. There need not be one.
	Git string
	// Env is the environment in which configuration is found and git runs, in the form of os.Environ; nil means that of the process. Of git's own
	// variables only those that tell where configuration is have an effect.
	Env []string
	// WithoutGit is the reason why git must not run; "" if it may run. What only git can answer is then unknown.
	WithoutGit string
	// Distrust returns such a reason, or "". It is called once, before git runs for the first time, by any goroutine. It may be nil.
	Distrust func() string
}

// A Repository is the repository of a worktree: its place, its configuration, and the git to ask.
type Repository struct {
	Place    gitdir.Place
	Git      gitcmd.Git
	Settings gitconfig.Settings
	// Refusal is the reason why only git can read the repository; nil if this package can.
	Refusal error
}

// Open reads the configuration of the repository. It does not fail: if this package cannot read the repository, Refusal has the reason.
func Open(p gitdir.Place, o Options) *Repository {
	r := &Repository{Place: p, Git: gitcmd.New(p.Root, o.Git, o.Env)}
	r.Git.Forbidden = o.WithoutGit
	if o.Distrust != nil {
		r.Git.Distrust = sync.OnceValue(o.Distrust)
	}
	if r.Refusal = ownership(r); r.Refusal == nil {
		r.Settings, r.Refusal = gitconfig.Load(p, r.Git)
	}
	if r.Git.Forbidden == "" {
		r.Git.Forbidden = r.waits()
	}
	return r
}

// The sizes in bytes up to which git may be asked to read its own files. Git reads most of them completely for each answer.
const (
	maxRefFile  = 1 << 20
	maxRules    = ignore.MaxForGit
	maxSettings = 4 << 20
	maxPacked   = 64 << 20
)

// waits returns a reason why git might never end, or "". There is a reason if one of git's own files is a named pipe, a socket or a device: git
// would wait for a writer. There is also one if such a file is larger than any real one.
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
	if files, err := gitconfig.ConfigFiles(t.Git); err == nil { // otherwise only git knows these files
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
