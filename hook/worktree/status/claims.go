package status

import (
	"context"
	"fmt"
	"strings"

	"stopgate/hook/worktree/disk"
	"stopgate/hook/worktree/gitcmd"
	"stopgate/hook/worktree/object"
)

// A look is what was found out about one name.
type Look struct {
	Name   string
	xy     string // git's status
	head   object.File
	index  object.File
	now    object.File
	entry  bool // the index or HEAD has the name
	viaGit bool

	// ask is why git has to be asked; the rest means nothing then. suspect says
	// that it is known to differ from the index: git's silence proves nothing.
	ask     string
	suspect bool

	outside string // why the name is none of this work tree
	unknown string // why nothing can be said
	remark  string // what else stands there
}

// Claims tells for each path how it differs from base, in order. It never fails:
// what cannot be checked, or not before ctx ends, is Unknown with the reason.
func (t *Tree) Claims(ctx context.Context, paths []string, base Base) []PathState {
	states := make([]PathState, len(paths))
	at := map[string]int{} // of a name in looks
	var looks []*Look
	for i, path := range paths {
		name, outside := GitName(path)
		states[i] = PathState{Path: path, Name: name, Change: Outside, Reason: outside}
		if _, known := at[name]; outside == "" && !known {
			at[name] = len(looks)
			looks = append(looks, &Look{Name: name})
		}
	}
	t.look(ctx, looks)
	judged := make([]PathState, len(looks))
	for i, l := range looks {
		judged[i] = l.Judge()
	}
	if base != (Base{}) {
		t.rebase(ctx, base, looks, judged)
	}
	t.findRenames(ctx, judged)
	for i, s := range states {
		if s.Name != "" {
			states[i] = judged[at[s.Name]]
			states[i].Path = s.Path
		}
	}
	return states
}

// look fills in every one of looks.
func (t *Tree) look(ctx context.Context, looks []*Look) {
	if t.Refusal == nil {
		t.lookNatively(ctx, looks)
	}
	var open []*Look
	for _, l := range looks {
		if t.Refusal != nil {
			l.ask = t.Refusal.Error()
		}
		if l.ask != "" {
			open = append(open, l)
		}
	}
	if len(open) > 0 {
		t.askAbout(ctx, open)
	}
}

// Judge puts what was found into words, compared with HEAD.
func (l *Look) Judge() PathState {
	s := PathState{Name: l.Name, ViaGit: l.viaGit}
	switch {
	case l.unknown != "":
		s.Change, s.Reason = Unknown, l.unknown
		return s
	case l.outside != "":
		s.Change, s.Reason = Outside, l.outside
		return s
	}
	s.Status, s.Base, s.Now = l.xy, l.head, l.now
	s.BaseEqual = l.head == l.now && (l.head.Blob != "" || !l.head.Present())
	switch {
	case l.xy == "!!":
		s.Change = Ignored
	case l.xy == "" && l.entry:
		s.Change, s.BaseEqual = Unchanged, true
	case l.xy == "":
		s.Change, s.Reason = Missing, l.remark
	default:
		if s.Change = word(l.head, l.now); s.Change == Unchanged {
			s.Change = Modified // in the index
		}
	}
	return s
}

// askAbout lets git say what there is to say of looks.
func (t *Tree) askAbout(ctx context.Context, looks []*Look) {
	names := make([]string, len(looks))
	for i, l := range looks {
		names[i] = l.Name
	}
	records, broken, err := t.Git.StatusOf(ctx, names)
	var through map[string]string
	if err == nil {
		through, err = broken.Through(ctx, t.Git, names)
	}
	var silent []string
	for _, l := range looks {
		if _, found := records[l.Name]; !found {
			silent = append(silent, l.Name)
		}
	}
	var tracked map[string]object.File
	if err == nil && len(silent) > 0 {
		tracked, err = t.Git.Tracked(ctx, silent)
	}
	for _, l := range looks {
		*l = Look{Name: l.Name, ask: l.ask, suspect: l.suspect, viaGit: err == nil}
		if err != nil {
			l.unknown = fmt.Sprintf("%s, and %s", l.ask, err)
			continue
		}
		if filter := through[l.Name]; filter != "" && (l.suspect || strings.HasSuffix(records[l.Name].XY, "M")) {
			l.unknown = gitcmd.FilterFails(filter)
			continue
		}
		t.take(ctx, l, records, tracked[l.Name])
	}
}

// take reads git's answer about l.
func (t *Tree) take(ctx context.Context, l *Look, records map[string]gitcmd.Record, tracked object.File) {
	e, err := t.Disk.Entry(l.Name)
	if err != nil {
		l.unknown = fmt.Sprintf("looking at the file: %s", err)
		return
	}
	r, found := records[l.Name]
	// An ignored directory is of no interest, another repository is.
	nested := records[l.Name+"/"].XY == "??"
	if nested {
		r.XY, found = r.XY+"??", true
	}
	if r.XY == "D " && e.Mode() != 0 {
		if _, whole := coveredBy(l.Name, records); whole == "!!" {
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
		l.now = object.File{Mode: r.Mode}
		switch {
		case r.Mode == 0:
		case r.XY[1] == ' ':
			l.now = r.Index
		case e.Mode() != 0 && r.Index.Mode != r.Mode: // is it more than the mode?
			if same, err := t.storesAs(ctx, l.Name, r.Index.Blob); err == nil && same {
				l.now.Blob = r.Index.Blob
			}
		}
	case tracked.Present() && l.suspect:
		l.unknown = l.ask
	case tracked.Present():
		l.head, l.index, l.now = tracked, tracked, tracked
		if err := t.canLook(l.Name); err != nil {
			l.unknown = err.Error()
		}
	default:
		t.takeUntracked(l, e, records)
	}
}

// takeUntracked explains why git is silent about a name that it does not track.
func (t *Tree) takeUntracked(l *Look, e disk.Entry, records map[string]gitcmd.Record) {
	switch dir, whole := coveredBy(l.Name, records); {
	case whole == "!!" && e.Mode() != 0:
		l.xy = "!!"
		l.now = object.File{Mode: e.Mode()}
		return
	case whole == "??":
		l.outside = fmt.Sprintf("it lies in %q, another repository", dir)
		return
	}
	switch {
	case e.Link != "":
		l.outside = fmt.Sprintf("it lies behind the symbolic link %q", e.Link)
	case e.Info == nil:
	case e.Mode() != 0:
		l.outside = "it lies in another repository"
	default:
		l.remark = fmt.Sprintf("%s stands there", e.Describe())
	}
}

// coveredBy returns the directory above name for which git gave one record for all
// that is in it, and that record.
func coveredBy(name string, records map[string]gitcmd.Record) (dir, xy string) {
	for dir := range object.Parents(name) {
		if r, found := records[dir+"/"]; found {
			return dir, r.XY
		}
	}
	return "", ""
}
