package worktree

import (
	"context"
	"fmt"
	"strings"
)

// A look is what was found out about one name.
type look struct {
	name   string
	xy     string // git's status
	head   File
	index  File
	now    File
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
	var looks []*look
	for i, path := range paths {
		name, outside := gitName(path)
		states[i] = PathState{Path: path, Name: name, Change: Outside, Reason: outside}
		if _, known := at[name]; outside == "" && !known {
			at[name] = len(looks)
			looks = append(looks, &look{name: name})
		}
	}
	t.look(ctx, looks)
	judged := make([]PathState, len(looks))
	for i, l := range looks {
		judged[i] = l.judge()
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
func (t *Tree) look(ctx context.Context, looks []*look) {
	if t.refusal == nil {
		t.lookNatively(ctx, looks)
	}
	var open []*look
	for _, l := range looks {
		if t.refusal != nil {
			l.ask = t.refusal.Error()
		}
		if l.ask != "" {
			open = append(open, l)
		}
	}
	if len(open) > 0 {
		t.askAbout(ctx, open)
	}
}

// judge puts what was found into words, compared with HEAD.
func (l *look) judge() PathState {
	s := PathState{Name: l.name, ViaGit: l.viaGit}
	switch {
	case l.unknown != "":
		s.Change, s.Reason = Unknown, l.unknown
		return s
	case l.outside != "":
		s.Change, s.Reason = Outside, l.outside
		return s
	}
	s.Status, s.Base, s.Now = l.xy, l.head, l.now
	s.BaseEqual = l.head == l.now && (l.head.Blob != "" || !l.head.present())
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
func (t *Tree) askAbout(ctx context.Context, looks []*look) {
	names := make([]string, len(looks))
	for i, l := range looks {
		names[i] = l.name
	}
	records, broken, err := t.env.askStatus(ctx, names)
	var through map[string]string
	if err == nil {
		through, err = broken.through(ctx, t.env, names)
	}
	var silent []string
	for _, l := range looks {
		if _, found := records[l.name]; !found {
			silent = append(silent, l.name)
		}
	}
	var tracked map[string]File
	if err == nil && len(silent) > 0 {
		tracked, err = t.env.askTracked(ctx, silent)
	}
	for _, l := range looks {
		*l = look{name: l.name, ask: l.ask, suspect: l.suspect, viaGit: err == nil}
		if err != nil {
			l.unknown = fmt.Sprintf("%s, and %s", l.ask, err)
			continue
		}
		if filter := through[l.name]; filter != "" && (l.suspect || strings.HasSuffix(records[l.name].xy, "M")) {
			l.unknown = filterFails(filter)
			continue
		}
		t.take(ctx, l, records, tracked[l.name])
	}
}

// take reads git's answer about l.
func (t *Tree) take(ctx context.Context, l *look, records map[string]record, tracked File) {
	e, err := t.disk.entry(l.name)
	if err != nil {
		l.unknown = fmt.Sprintf("looking at the file: %s", err)
		return
	}
	r, found := records[l.name]
	// An ignored directory is of no interest, another repository is.
	nested := records[l.name+"/"].xy == "??"
	if nested {
		r.xy, found = r.xy+"??", true
	}
	if r.xy == "D " && e.mode() != 0 {
		if _, whole := coveredBy(l.name, records); whole == "!!" {
			r.xy += whole
		}
	}
	l.xy, l.head, l.index = r.xy, r.head, r.index
	l.entry = tracked.present() || r.head.present() || r.index.present()
	switch {
	case nested:
		l.now = File{Mode: modeSubmodule}
	case found && strings.ContainsAny(r.xy, "?!"):
		l.now = File{Mode: e.mode()}
	case found:
		l.now = File{Mode: r.mode}
		switch {
		case r.mode == 0:
		case r.xy[1] == ' ':
			l.now = r.index
		case e.mode() != 0 && r.index.Mode != r.mode: // is it more than the mode?
			if same, err := t.storesAs(ctx, l.name, r.index.Blob); err == nil && same {
				l.now.Blob = r.index.Blob
			}
		}
	case tracked.present() && l.suspect:
		l.unknown = l.ask
	case tracked.present():
		l.head, l.index, l.now = tracked, tracked, tracked
		if err := t.canLook(l.name); err != nil {
			l.unknown = err.Error()
		}
	default:
		t.takeUntracked(l, e, records)
	}
}

// takeUntracked explains why git is silent about a name that it does not track.
func (t *Tree) takeUntracked(l *look, e entry, records map[string]record) {
	switch dir, whole := coveredBy(l.name, records); {
	case whole == "!!" && e.mode() != 0:
		l.xy = "!!"
		l.now = File{Mode: e.mode()}
		return
	case whole == "??":
		l.outside = fmt.Sprintf("it lies in %q, another repository", dir)
		return
	}
	switch {
	case e.link != "":
		l.outside = fmt.Sprintf("it lies behind the symbolic link %q", e.link)
	case e.info == nil:
	case e.mode() != 0:
		l.outside = "it lies in another repository"
	default:
		l.remark = fmt.Sprintf("%s stands there", e.kind())
	}
}

// coveredBy returns the directory above name for which git gave one record for all
// that is in it, and that record.
func coveredBy(name string, records map[string]record) (dir, xy string) {
	for dir := range parents(name) {
		if r, found := records[dir+"/"]; found {
			return dir, r.xy
		}
	}
	return "", ""
}
