package artifact

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"

	"stopgate/hook/artifact/safedir"
	"stopgate/hook/artifact/trash"
)

// Options control a sweep.
type Options struct {
	// DryRun skips only the removal itself: the Result is the one that a real sweep would have right afterwards. It differs only for reasons that
	// cannot be seen before (an immutable flag, a sticky bit, somebody who changes files meanwhile).
	DryRun bool
	// Tracked reports whether git tracks the path, or one below it, at this moment; true if that is unknown. It is called right before each
	// removal. Nil means that the plan's information is enough.
	Tracked func(path string) bool
	// Trash receives what git does not ignore, and what git ignores but no known tool writes. What it cannot take stays. If nil, what git does not
	// ignore stays, as a Failure, and everything that git ignores is deleted.
	Trash *trash.Folder

	// onOpen is called with each path right before it is opened as a directory, so that tests can change files during the sweep.
	onOpen func(path string)
	// apart makes tests copy into the trash, as on another file system.
	apart bool
}

// Result is the result of a plan. What is in none of the lists was gone already. All lists are sorted by path.
type Result struct {
	Removed []Removal
	// Kept are the plan's, and those that the second check kept.
	Kept []Kept
	// Failed are the artifacts that are still there, at least in part.
	Failed []Failure
}

// Failure is an artifact that could not be removed completely. The rest of it is removed, or would be.
type Failure struct {
	Path string
	// At is the path of the first failure: the artifact itself, or something in it.
	At string
	// Err is the bare cause. It is the context's error if time ran out; then the rest was not visited.
	Err error
	// Left is how many files and directories remain, including the artifact itself, as far as they were counted.
	Left int
}

const (
	// maxDepth limits the depth of an artifact, and of directories in it: each level holds two descriptors.
	maxDepth = 128
	// batch is how many names of a directory are in memory at a time, on each level.
	batch = 512
	// maxPasses limits how often a directory is read again while somebody keeps filling it.
	maxPasses = 64
)

// Sweep carries out a plan in the work tree that root is open on. It never follows a symbolic link, never enters a mounted file system or a nested
// repository, and removes only what matches the patterns. No change of the work tree meanwhile leads it out of root. It continues after a failure
// and stops when ctx is done. The caller keeps root open.
func Sweep(ctx context.Context, root *os.Root, plan Plan, o Options) Result {
	s := sweeper{ctx: ctx, root: root, Options: o, rules: plan.Rules, done: map[string]bool{}}
	s.Kept = slices.Clone(plan.Kept)
	top, err := s.openTop(root)
	if err == nil {
		defer top.Close()
	}
	for _, r := range slices.SortedFunc(slices.Values(plan.Remove), func(a, b Removal) int { return cmp.Compare(a.Path, b.Path) }) {
		if s.withOuter(r.Path) {
			continue
		}
		p := &pass{sweeper: &s}
		if err == nil {
			s.settle(r, p, p.artifact(top, r, true))
		} else {
			s.settle(r, p, err)
		}
	}
	Plan{Remove: s.Removed, Kept: s.Kept}.sort()
	slices.SortFunc(s.Failed, func(a, b Failure) int { return cmp.Compare(a.Path, b.Path) })
	return s.Result
}

// refusal is an error that says to keep an artifact.
type refusal Reason

func (r refusal) Error() string { return Reason(r).Explain() }

// reasoned returns the refusal that an error of another package stands for, else the error.
func reasoned(err error) error {
	switch {
	case errors.Is(err, safedir.ErrChanged):
		return refusal(ReasonChanged)
	case errors.Is(err, safedir.ErrLink):
		return refusal(ReasonSymlink)
	case errors.Is(err, safedir.ErrMount):
		return refusal(ReasonMount)
	case errors.Is(err, trash.ErrSpecial):
		return refusal(ReasonUnmarked)
	}
	return err
}

type sweeper struct {
	ctx  context.Context
	root *os.Root // of the work tree
	Options
	Result
	rules Rules
	done  map[string]bool // artifacts that are removed as far as possible
}

// withOuter reports whether a path was removed with an artifact that contains it.
func (s *sweeper) withOuter(p string) bool {
	for i := range len(p) {
		if p[i] == '/' && s.done[p[:i]] {
			return true
		}
	}
	return false
}

// settle records the result for one artifact. The error ended the pass.
func (s *sweeper) settle(r Removal, p *pass, err error) {
	no, refused := errors.AsType[refusal](err)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return // somebody else has removed it
	case refused && p.removed == 0:
		s.Kept = append(s.Kept, Kept{Path: r.Path, Reason: Reason(no)})
		return
	case err != nil:
		s.Failed = append(s.Failed, Failure{r.Path, cmp.Or(p.at, r.Path), safedir.Cause(err), max(p.total-p.removed, 1)})
	case p.left > 0:
		s.Failed = append(s.Failed, Failure{r.Path, p.at, p.err, p.left})
	default:
		s.Removed = append(s.Removed, Removal{Path: r.Path, Dir: r.Dir, Ignored: r.Ignored && !p.trashed, Files: p.files, Bytes: p.bytes})
	}
	s.done[r.Path] = true
}

// openTop opens the work tree.
func (s *sweeper) openTop(root *os.Root) (safedir.Dir, error) {
	if err := s.ctx.Err(); err != nil {
		return safedir.Dir{}, err
	}
	own, err := root.OpenRoot(".")
	if err != nil {
		return safedir.Dir{}, err
	}
	top, err := safedir.New(own)
	return top, reasoned(err)
}

// open opens the directory name, one element, in dir.
func (s *sweeper) open(dir safedir.Dir, name, at string) (safedir.Dir, error) {
	inner, err := dir.Open(name, func() {
		if s.onOpen != nil {
			s.onOpen(at)
		}
	})
	return inner, reasoned(err)
}
