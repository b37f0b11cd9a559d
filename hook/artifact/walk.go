package artifact

import (
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"

	"stopgate/hook/artifact/safedir"
	"stopgate/hook/artifact/trash"
)

// below returns a path in the artifact relative to it; "." is the artifact itself.
func (p *pass) below(at string) string {
	if at == p.top {
		return "."
	}
	return at[len(p.top)+1:]
}

func (p *pass) stuck(at string, err error) {
	if p.err == nil {
		p.at, p.err = at, safedir.Cause(err)
	}
}

// entry removes one entry of a directory, with everything in it, and returns how many entries remain. denied is the reason why nothing can be
// removed from dir. An error that is not about this entry ends the pass.
func (p *pass) entry(dir safedir.Dir, denied error, name string, info fs.FileInfo, at string, depth int) (left int, err error) {
	if err := p.ctx.Err(); err != nil && !p.finishing {
		p.at = at
		return 0, err
	}
	if p.step == looking {
		if err := p.look(dir, name, info, at); err != nil {
			return 0, err
		}
	}
	if p.bin != nil && p.step != removing {
		if err := reasoned(p.bin.Put(dir, name, p.below(at), info)); err != nil {
			return 0, err
		}
	}
	if info.IsDir() {
		left, err = p.content(dir, name, at, depth)
		if err != nil {
			return left, err
		}
		if left > 0 {
			return left + 1, nil
		}
	}
	if denied != nil {
		p.stuck(at, denied)
		return 1, nil
	}
	if p.step == removing {
		err := reasoned(p.bin.Holds(p.below(at), info))
		if err == nil {
			err = p.remove(dir, name, info)
		}
		if err != nil {
			p.stuck(at, err)
			return 1, nil
		}
		p.removed++
	}
	if !info.IsDir() {
		p.files++
		if info.Mode().IsRegular() {
			p.bytes += info.Size()
		}
	}
	return 0, nil
}

// look takes in one entry before anything is removed. It fails if the entry is a reason against the removal of the artifact.
func (p *pass) look(dir safedir.Dir, name string, info fs.FileInfo, at string) error {
	p.total++
	if p.rules.Protect != nil && p.rules.Protect(at) {
		return refusal(ReasonProtected)
	}
	if !info.IsDir() {
		if p.trusting && strings.EqualFold(name, ".gitignore") {
			return errOwnRules
		}
		if p.mark != nil {
			if err := p.mark.take(dir, name, p.below(at), info); err != nil {
				return err
			}
		}
		if p.trial != nil && p.trial.take(dir, name, p.below(at), info) != nil {
			p.trial = nil
		}
	}
	if len(p.entries) < trash.MaxEntries {
		if e, err := trash.EntryOf(dir, name, p.below(at), info); err == nil {
			p.entries = append(p.entries, e)
		}
	}
	return nil
}

// remove removes a file, a link or an empty directory; a directory only if it is still the one that was checked.
func (p *pass) remove(dir safedir.Dir, name string, info fs.FileInfo) error {
	if info.IsDir() {
		if now, err := dir.Root.Lstat(name); err == nil && !safedir.SameDir(info, now) {
			return refusal(ReasonChanged)
		}
	}
	if err := dir.Root.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// content removes the content of the directory name in dir.
func (p *pass) content(dir safedir.Dir, name, at string, depth int) (left int, err error) {
	if depth == maxDepth {
		return 0, refusal(ReasonTooDeep)
	}
	inner, err := p.open(dir, name, at)
	if err == nil {
		defer func() { inner.Close() }()
		err = notRepository(inner)
	}
	var no refusal
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, nil
	case errors.As(err, &no):
		p.at = at
		return 0, err
	case err != nil:
		p.stuck(at, err)
		return 1, nil
	}
	for _, m := range []*marking{p.mark, p.trial} {
		if m != nil {
			m.enter(inner, p.below(at))
		}
	}
	// A directory that changes while it is read may hide entries (go.dev/issue/20841), so it is read until nothing is left to do. It is opened anew
	// each time, because a system may keep the names that an open directory had at first, as Wine does.
	for range maxPasses {
		before := p.removed
		left, err = p.names(inner, at, depth)
		if err != nil || p.step != removing || p.removed == before {
			break
		}
		again, err := inner.Root.Open(".")
		if err != nil {
			p.stuck(at, err)
			return left + 1, nil
		}
		_ = inner.File.Close() // opened only for reading
		inner.File = again
	}
	return left, err
}

// names processes each name in a directory once. Those that are read together are processed in order, so that file systems agree about what failed
// first.
func (p *pass) names(dir safedir.Dir, at string, depth int) (left int, err error) {
	denied := safedir.Writable(dir.File)
	var bare int
	for {
		names, err := dir.File.Readdirnames(batch)
		slices.Sort(names)
		for _, name := range names {
			switch {
			case strings.EqualFold(name, ".git"):
				return left, refusal(ReasonRepository)
			case name == "HEAD", name == "objects", name == "refs":
				if bare++; bare == 3 && p.step == looking {
					return left, refusal(ReasonRepository)
				}
			}
			inside := at + "/" + name
			info, err := dir.Root.Lstat(name)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			n := 1
			if err != nil {
				p.stuck(inside, err)
			} else if n, err = p.entry(dir, denied, name, info, inside, depth+1); err != nil {
				return left + n, err
			}
			left += n
		}
		if errors.Is(err, io.EOF) {
			return left, nil
		}
		if err != nil {
			p.stuck(at, err)
			return left + 1, nil
		}
	}
}

// notRepository returns an error if git would take dir for the top of a work tree, or if that is unknown.
func notRepository(dir safedir.Dir) error {
	_, err := dir.Root.Lstat(".git")
	switch {
	case err == nil:
		return refusal(ReasonRepository)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return err
}
