package status

import (
	"time"

	"stopgate/hook/worktree/disk"
)

// A Candidate is an untracked file or a directory that may be a leftover of a tool.
type Candidate struct {
	Path    string
	Dir     bool
	Symlink bool // a symbolic link; it is not followed, and Dir is false
	Special bool // a named pipe, a socket or a device
	// Files is the number of files in a directory, not counting directories; 1 for anything else. Size is the sum of their sizes in bytes. Both are 0
	// for a directory that is not measured: one that is Tracked, or on which something is mounted.
	Files int
	Size  int64
	// Oldest is the status change time (ctime) of the file whose status changed longest ago. Creating, writing or moving a file sets that time to the
	// present, so a file that was created or written since some moment is not older than that moment. It is zero if the system does not report ctime,
	// or if nothing was measured.
	Oldest time.Time
	// Newest is the status change time of the file whose status changed last; zero like Oldest.
	Newest time.Time
	// Tracked means that git tracks something below the directory.
	Tracked bool
	// Staged means that the index differs from HEAD at the path or below it. A path that was only removed from the index is Staged, and no longer
	// Tracked.
	Staged bool
	// Ignored means that git's ignore rules cover everything in it that git does not track.
	Ignored bool
	// Marked means that a known tool wrote its content. Package artifact sets it; a Scan does not.
	Marked bool
	// Mount means that something is mounted on it or below it, or that this is unknown. What is mounted there is not measured.
	Mount bool
	// Unseen means that a part of it could not be read.
	Unseen bool
	// Repository means that it, or a directory below it, is the top of another repository. Other repositories are not read.
	Repository bool
}

// add adds to the candidate what was measured of a part of it.
func (c *Candidate) add(o Candidate) {
	c.Files += o.Files
	c.Size += o.Size
	c.Oldest, c.Newest = earlier(c.Oldest, o.Oldest), later(c.Newest, o.Newest)
	c.Mount, c.Repository, c.Unseen = c.Mount || o.Mount, c.Repository || o.Repository, c.Unseen || o.Unseen
}

// accept makes the directory of sub a candidate. The visits of sub and of the directories below it measure it.
func (v *visit) accept(f disk.Folder, sub *job) {
	m, err := f.Mount()
	c := &Candidate{Path: sub.path, Dir: true, Mount: err != nil, Ignored: v.manifest.Full && sub.silent}
	v.own.candidates = append(v.own.candidates, c)
	sub.candidate, sub.mount = c, m
}

// offerFile adds an untracked entry that is not a directory if it is a candidate. A symbolic link is offered as a file and then as a directory.
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
	v.own.candidates = append(v.own.candidates, c)
}

// earlier returns the earlier of two times. A zero time counts as none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// later returns the later of two times. A zero time counts as none.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// offerAll offers the direct entries of an excluded directory in which nothing can be a change.
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

// sameMount reports whether the directory is on the same mount as its candidate. It returns false if that is unknown.
func (v *visit) sameMount(f disk.Folder) bool {
	m, err := f.Mount()
	v.measured.Mount = err != nil || m != v.mount
	return !v.measured.Mount
}
