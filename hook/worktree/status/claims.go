package status

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"

	"stopgate/hook/worktree/disk"
	"stopgate/hook/worktree/gitcmd"
	"stopgate/hook/worktree/index"
	"stopgate/hook/worktree/object"
)

// A look is what was found out about one path.
type look struct {
	name    string
	outcome outcome
	// reason explains every outcome other than seen. For a seen path without a file it says what exists there instead. For a tracked file that git
	// was told to disregard it says by what.
	reason string
	// suspect means that the content is known to differ from the index entry although its stat data may not. If git reports no change then, that
	// proves nothing.
	suspect bool
	viaGit  bool   // the git binary was asked
	claimed bool   // ask also whether `git add` would store the file
	perhaps bool   // `git add` may refuse the file
	refused string // why `git add` refuses the file; "" if it does not, or was not asked

	xy    string // PathState.Status
	head  object.File
	index object.File
	now   object.File
	entry bool // HEAD or the index has the path
}

// An outcome says whether the state of a path is known, and otherwise who can find it out.
type outcome int

const (
	seen      outcome = iota // the fields of the look have what git would show
	undecided                // only git can find it out
	unseen                   // neither this package nor git can find it out
	outside                  // the path is not in this worktree
)

// end sets an outcome and its reason.
func (l *look) end(o outcome, format string, args ...any) {
	l.outcome, l.reason = o, fmt.Sprintf(format, args...)
}

// Claims returns how each path differs from base, in the order of paths. It never fails: what cannot be checked, or not before ctx ends, is Unknown
// with the reason.
func (t *Tree) Claims(ctx context.Context, paths []string, base Base) []PathState {
	return t.compare(ctx, paths, base, true)
}

// compare is Claims. Only if claimed is true, it also finds out which files `git add` refuses.
func (t *Tree) compare(ctx context.Context, paths []string, base Base, claimed bool) []PathState {
	states := make([]PathState, len(paths))
	at := map[string]int{} // positions in looks, by name
	var looks []*look
	spelled := inCaseOfIndex(ctx, t, paths)
	for i, path := range paths {
		name, why := gitName(path)
		name = cmp.Or(spelled[name], name)
		states[i] = PathState{Path: path, Name: name, Change: Outside, Reason: why}
		if _, known := at[name]; why == "" && !known {
			at[name] = len(looks)
			looks = append(looks, &look{name: name, claimed: claimed})
		}
	}
	t.look(ctx, looks)
	judged := make([]PathState, len(looks))
	for i, l := range looks {
		judged[i] = l.judge()
	}
	if base != (Base{}) {
		compareWithBase(ctx, t, base, looks, judged)
	}
	findRenames(ctx, t, judged)
	for i, s := range states {
		if s.Name != "" {
			states[i] = judged[at[s.Name]]
			states[i].Path = s.Path
		}
	}
	return states
}

// inCaseOfIndex returns, by claimed path, the tracked name that differs from it only in the case of ASCII letters: if core.ignoreCase is true, git
// takes both for the same file. It leaves out paths that are tracked exactly as they are spelled, and paths with more than one such name. It returns
// nil if core.ignoreCase is false or the index cannot be opened.
func inCaseOfIndex(ctx context.Context, t *Tree, paths []string) map[string]string {
	if !t.Settings.IgnoreCase {
		return nil
	}
	asked, lengths := map[string][]string{}, map[int]bool{} // asked has the names by folded name
	for _, path := range paths {
		if name, why := gitName(path); why == "" {
			asked[foldASCII(name)] = append(asked[foldASCII(name)], name)
			lengths[len(name)] = true
		}
	}
	x, err := index.Open(t.IndexPath())
	if err != nil {
		return nil // the next reader of the index reports the reason
	}
	defer func() { _ = x.Close() }() // only read
	spelled, exact := map[string]string{}, map[string]bool{}
	_, _ = x.Each(func(e *index.Entry) bool { // the next reader of the index reports an error
		if lengths[len(e.Name)] {
			for _, name := range asked[foldASCII(string(e.Name))] {
				exact[name] = exact[name] || name == string(e.Name) || spelled[name] != "" && spelled[name] != string(e.Name)
				spelled[name] = string(e.Name)
			}
		}
		return ctx.Err() == nil
	})
	maps.DeleteFunc(spelled, func(name, _ string) bool { return exact[name] })
	return spelled
}

// foldASCII returns a name with its ASCII letters in lower case. Git compares names in this form if core.ignoreCase is true.
func foldASCII(name string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, name)
}

// look completes all looks: natively if it can, otherwise with git.
func (t *Tree) look(ctx context.Context, looks []*look) {
	if t.Refusal == nil {
		lookNatively(ctx, t, looks)
	}
	var open []*look
	for _, l := range looks {
		if t.Refusal != nil {
			l.setError(t.Refusal)
		}
		if l.outcome == undecided {
			open = append(open, l)
		}
	}
	if len(open) > 0 {
		askAbout(ctx, t, open)
		askStored(ctx, t, open)
	}
	askAdded(ctx, t, looks)
}

// judge returns the state of the path compared with HEAD.
func (l *look) judge() PathState {
	s := PathState{Name: l.name, ViaGit: l.viaGit}
	switch l.outcome {
	case unseen, undecided:
		s.Change, s.Reason = Unknown, l.reason
		return s
	case outside:
		s.Change, s.Reason = Outside, l.reason
		return s
	case seen:
	}
	s.Status, s.Base, s.Now, s.Refused = l.xy, l.head, l.now, l.refused
	s.BaseEqual = l.head == l.now && (l.head.Blob != "" || !l.head.Present())
	switch {
	case l.xy == "!!":
		s.Change = Ignored
	case l.xy == "" && l.entry:
		s.Change, s.BaseEqual, s.Reason = Unchanged, true, l.reason
	case l.xy == "":
		s.Change, s.Reason = Missing, l.reason
	default:
		if s.Change = Compare(l.head, l.now); s.Change == Unchanged {
			s.Change = Modified // only the index differs from HEAD
		}
	}
	return s
}

// askAbout asks git for the status of the paths.
func askAbout(ctx context.Context, t *Tree, looks []*look) {
	names := make([]string, len(looks))
	for i, l := range looks {
		names[i] = l.name
	}
	records, broken, err := t.Git.StatusOf(ctx, names)
	var through map[string]string
	if err == nil {
		through, err = broken.Through(ctx, t.Git, names)
	}
	var silent []string
	for _, l := range looks {
		if _, found := records[l.name]; !found {
			silent = append(silent, l.name)
		}
	}
	var tracked map[string]object.File
	if err == nil && len(silent) > 0 {
		tracked, err = t.Git.Tracked(ctx, silent)
	}
	for _, l := range looks {
		why := l.reason
		*l = look{name: l.name, suspect: l.suspect, viaGit: err == nil, claimed: l.claimed}
		if err != nil {
			l.end(unseen, "%s, and %s", why, err)
			continue
		}
		if filter := through[l.name]; filter != "" && (l.suspect || strings.HasSuffix(records[l.name].XY, "M")) {
			l.end(unseen, "%s", gitcmd.FilterFails(filter))
			continue
		}
		take(ctx, t, l, why, records, tracked[l.name])
	}
}

// askStored asks git for the blob that it would store of each file that it shows as only modified, with filters, line endings and ident applied. Git
// status shows a file of another size as modified even if a commit of it would change nothing. Filters may be slow, so this may use half of the time
// that ctx has left. A file without an answer becomes unseen.
func askStored(ctx context.Context, t *Tree, looks []*look) {
	asking, enough := halfOf(ctx)
	defer enough()
	open := perhapsAsIndexed(asking, t, looks)
	if len(open) == 0 {
		return
	}
	absent, err := attributesNotCheckedOut(asking, t, open)
	known := storedTogether(asking, t, open)
	for _, l := range open {
		if err == nil && slices.ContainsFunc(absent, func(file string) bool { return strings.HasPrefix(l.name, strings.TrimSuffix(file, gitattributes)) }) {
			l.end(unseen, "git converts its content by a .gitattributes that is not checked out")
			continue
		}
		stored, lost := known[l.name], err
		if stored == "" && lost == nil {
			var e disk.Entry
			if e, lost = t.Disk.Entry(l.name); lost == nil {
				stored, lost = storedAs(asking, t, e, "--path="+l.name)
			}
		}
		if l.now.Blob = stored; lost != nil {
			if _, ran := errors.AsType[*exec.ExitError](lost); l.claimed && ran && asking.Err() == nil {
				l.refused = lost.Error()
			}
			l.end(unseen, "asking git what it would store: %s", lost)
		}
	}
}

// storedTogether asks git which blobs it would store of many files, with one process for each maxTogether of them. It leaves out the files of a
// process that failed: askStored asks about each of them alone, to learn which of them git refuses and why.
func storedTogether(ctx context.Context, t *Tree, looks []*look) map[string]string {
	stored := map[string]string{}
	for batch := range slices.Chunk(looks, maxTogether) {
		var names []string
		for _, l := range batch {
			if e, err := t.Disk.Entry(l.name); err == nil && e.Link == "" && e.Mode() == l.now.Mode && !strings.ContainsAny(l.name, "\"\n") {
				names = append(names, l.name)
			}
		}
		if len(names) < 2 {
			continue
		}
		out, err := t.Git.RunReading(ctx, strings.NewReader(strings.Join(names, "\n")+"\n"), "hash-object", "--stdin-paths")
		if blobs := strings.Fields(string(out)); err == nil && len(blobs) == len(names) {
			for i, name := range names {
				stored[name] = blobs[i]
			}
		}
	}
	return stored
}

// maxTogether is the number of files that storedTogether hands to one process.
const maxTogether = 200

// perhapsAsIndexed returns the files that git shows as only modified but may store as the blob in the index or in HEAD. It leaves out files that no
// conversion of their line endings turns into that blob.
func perhapsAsIndexed(ctx context.Context, t *Tree, looks []*look) []*look {
	var open []*look
	var names []string
	for _, l := range looks {
		plain := l.now.Mode == object.ModeRegular || l.now.Mode == object.ModeExecutable
		if l.outcome == seen && plain && strings.HasSuffix(l.xy, "M") && l.now.Mode == l.index.Mode && l.now.Blob == "" {
			open, names = append(open, l), append(names, l.name)
		}
	}
	driven, err := t.Git.Driven(ctx, names)
	return slices.DeleteFunc(open, func(l *look) bool {
		if err != nil || driven[l.name] || l.head != l.index || len(l.index.Blob) != len(object.EmptyBlob) {
			return false
		}
		e, err := t.Disk.Entry(l.name)
		if err != nil {
			return false
		}
		c, err := e.Read(ctx)
		if err != nil || c.ID {
			return false
		}
		if !c.Cr {
			return true
		}
		lines, err := e.ReadLines(ctx)
		return err == nil && lines.String() != l.index.Blob && c.Blob.String() != l.index.Blob
	})
}

// attributesNotCheckedOut returns the .gitattributes files above the looks that the index has and a sparse checkout leaves out of the worktree. Git
// status reads such a file from the index, and git hash-object does not.
func attributesNotCheckedOut(ctx context.Context, t *Tree, looks []*look) ([]string, error) {
	files := map[string]bool{}
	for _, l := range looks {
		files[gitattributes] = true
		for dir := range object.Parents(l.name) {
			files[object.JoinName(dir, gitattributes)] = true
		}
	}
	maps.DeleteFunc(files, func(name string, _ bool) bool {
		e, err := t.Disk.Entry(name)
		return err == nil && e.Info != nil
	})
	return t.Git.LeftOut(ctx, slices.Sorted(maps.Keys(files)))
}

const gitattributes = ".gitattributes"

// take sets the result of l from git's answer. why is the reason for which git was asked.
func take(ctx context.Context, t *Tree, l *look, why string, records map[string]gitcmd.Record, tracked object.File) {
	e, err := t.Disk.Entry(l.name)
	if err != nil {
		l.end(unseen, "looking at the file: %s", err)
		return
	}
	r, found := records[l.name]
	// The record of a directory has a slash at its end. If the directory is another repository, it counts; if it is ignored, it does not.
	nested := records[l.name+"/"].XY == "??"
	if nested {
		r.XY, found = r.XY+"??", true
	}
	if r.XY == "D " && e.Mode() != 0 {
		if _, whole := coveredBy(l.name, records); whole == "!!" {
			r.XY += whole
		}
	}
	l.xy, l.head, l.index = r.XY, r.Head, r.Index
	l.entry = tracked.Present() || r.Head.Present() || r.Index.Present()
	switch {
	case nested:
		l.now = object.File{Mode: object.ModeSubmodule}
	case found && strings.ContainsAny(r.XY, "?!"):
		l.now = object.File{Mode: e.Mode()}
	case found:
		l.now = nowBy(ctx, t, l.name, r, e.Mode() != 0)
	case tracked.Present() && l.suspect:
		l.end(unseen, "%s", why)
	case tracked.Present():
		l.head, l.index, l.now = tracked, tracked, tracked
		if err := canLook(t, l.name); err != nil {
			l.end(unseen, "%s", err)
		}
	default:
		takeUntracked(t, l, e, records)
	}
}

// nowBy returns the file in the worktree according to git's record r. stands means that something exists there that git would track.
func nowBy(ctx context.Context, t *Tree, name string, r gitcmd.Record, stands bool) object.File {
	if r.Mode != 0 && r.AsIndexed() {
		return r.Index
	}
	now := object.File{Mode: r.Mode}
	if r.Mode != 0 && r.Mode != r.Index.Mode && stands { // did the content change, too?
		if same, err := storesAs(ctx, t, name, r.Index.Blob); err == nil && same {
			now.Blob = r.Index.Blob
		}
	}
	return now
}

// takeUntracked sets the result for a path that git neither tracks nor reports.
func takeUntracked(t *Tree, l *look, e disk.Entry, records map[string]gitcmd.Record) {
	switch dir, whole := coveredBy(l.name, records); {
	case whole == "!!" && e.Mode() != 0:
		l.xy = "!!"
		l.now = object.File{Mode: e.Mode()}
		return
	case whole == "??":
		l.end(outside, "it lies in %q, another repository", dir)
		return
	}
	switch {
	case e.Link != "":
		l.end(outside, "it lies behind the symbolic link %q", e.Link)
	case e.Info == nil:
	case t.Settings.IgnoreCase && e.Mode() != 0:
		l.reason = "git has no file of this very name; compare upper and lower case"
	case e.Mode() != 0:
		l.end(outside, "it lies in another repository")
	default:
		l.reason = e.Describe() + " stands there"
	}
}

// coveredBy returns the directory above name for which git printed a single record, as for an ignored directory or another repository, and the status
// of that record; "" and "" if there is none.
func coveredBy(name string, records map[string]gitcmd.Record) (dir, xy string) {
	for dir := range object.Parents(name) {
		if r, found := records[dir+"/"]; found {
			return dir, r.XY
		}
	}
	return "", ""
}
