package status

import (
	"time"

	"stopgate/hook/worktree/disk"
)

// A Candidate is something that may be a leftover.
type Candidate struct {
	Path    string
	Dir     bool
	Symlink bool // then it is not followed, and Dir is false
	Special bool // a pipe, a socket or a device
	// Files counts what is in a directory, directories left aside, and is 1 for
	// anything else; Size is the sum of their sizes in bytes. Both are 0 for a
	// directory that is not measured: one that is Tracked or a Mount.
	Files int
	Size  int64
	// Oldest is the time of the last change or move of the file that changed longest ago: a file that is new or has new content is not older. It is
	// zero if the system does not tell, or if nothing was measured.
	Oldest time.Time
	// Newest is the same of the file that changed last.
	Newest time.Time
	// Tracked means that git tracks something below.
	Tracked bool
	// Staged means that the index differs from HEAD there or below: what was only
	// taken out of the index is not Tracked any more.
	Staged bool
	// Ignored means that git ignores everything in it that it does not track, by its
	// own rules.
	Ignored bool
	// Marked means that its content was written by a known tool. A Scan does not set
	// it; package artifact does.
	Marked bool
	// Mount means that something is mounted on it or below, or that this cannot be
	// told. What is mounted is not measured.
	Mount bool
	// Unseen means that part of it could not be looked at.
	Unseen bool
	// Repository means that it or a directory below is the top of another
	// repository, which is not looked into.
	Repository bool
}

// accept makes the directory of sub a candidate, to be measured on the way.
func (v *visit) accept(f disk.Folder, sub *job) {
	m, err := f.Mount()
	c := &Candidate{Path: sub.path, Dir: true, Mount: err != nil, Ignored: v.manifest.Full && sub.silent}
	v.candidates = append(v.candidates, c)
	sub.candidate, sub.mount = c, m
}

// offerFile asks whether an untracked entry that is no directory is a candidate. A
// symbolic link is offered as what it may pretend to be, too.
func (v *visit) offerFile(f disk.Folder, it disk.Item) {
	path := v.child(it.Name)
	if !v.offer(path, false) && (it.Kind != disk.Link || !v.offer(path, true)) {
		return
	}
	c := &Candidate{Path: path, Files: 1, Symlink: it.Kind == disk.Link, Special: it.Kind == disk.Other}
	c.Ignored = v.manifest.Full && (v.silent || v.rules.Match(it.Name, false).Ignored())
	if st, err := f.Stat(it); err == nil {
		c.Size, c.Oldest, c.Newest = st.Size, st.Changed(), st.Changed()
	}
	v.candidates = append(v.candidates, c)
}

// earlier returns the earlier time; zero means none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// later returns the later time; zero means none.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// offerAll offers the direct entries of an excluded directory in which nothing is a change.
func (v *visit) offerAll(f disk.Folder) {
	for _, it := range v.list.Items {
		v.offerFile(f, it)
	}
	for _, it := range v.dirs {
		sub := job{path: v.child(it.Name), dir: -1, silent: true}
		if v.offer(sub.path, true) {
			v.accept(f, &sub)
			v.next = append(v.next, sub)
		}
	}
}

// sameMount reports whether the directory is on the mount of its candidate.
func (v *visit) sameMount(f disk.Folder) bool {
	m, err := f.Mount()
	v.sawMount = err != nil || m != v.mount
	return !v.sawMount
}
