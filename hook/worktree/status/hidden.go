package status

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/worktree/ignore"
	"stopgate/hook/worktree/object"
)

// A RuleFile is an ignore file outside of the work tree as it was when a snapshot was taken. An absent one has no text.
type RuleFile struct {
	Path object.Name `json:"path"`
	// Text is the content; "" if that is longer than maxRuleText. Print identifies it.
	Text  object.Name `json:"text,omitempty"`
	Print string      `json:"print"`
	// Unread is why the file could not be read; "" if it could.
	Unread string `json:"unread,omitempty"`
}

// maxRuleText is how much of an ignore file a snapshot keeps, in bytes. People's own files have a few hundred.
const maxRuleText = 32 << 10

// A Hidden is a file, or a directory with a slash at the end of its name, that git does not show because of a rule that was not there when the
// snapshot was taken.
type Hidden struct {
	Name string
	// Changed means that the file was there then and has other content now; else it is new.
	Changed bool
	// Source is the file of the rule, Line its line there, from 1, Pattern the rule as it is written.
	Source  string
	Line    int
	Pattern string
}

// ignoreOptions returns where the ignore rules outside the work tree are.
func (t *Tree) ignoreOptions() ignore.Options {
	return ignore.Options{
		InfoExclude:  filepath.Join(t.Place.CommonDir, "info", "exclude"),
		ExcludesFile: t.Settings.ExcludesFile,
		IgnoreCase:   t.Settings.IgnoreCase,
	}
}

// excludes returns the ignore rules outside of the work tree as they are now.
func (t *Tree) excludes() []RuleFile {
	o := t.ignoreOptions()
	files, err := o.Outside()
	if err != nil {
		return []RuleFile{{Path: object.Name(o.InfoExclude), Unread: err.Error()}, {Path: object.Name(o.ExcludesFile)}}
	}
	list := make([]RuleFile, len(files))
	for i, f := range files {
		list[i] = ruleFile(f)
	}
	return list
}

func ruleFile(f ignore.File) RuleFile {
	r := RuleFile{Path: object.Name(f.Path), Text: object.Name(f.Content), Print: digestOf(f.Content)}
	if len(f.Content) > maxRuleText {
		r.Text = ""
	}
	return r
}

func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:16])
}

// whole reports whether the text of the rule file is known.
func (r RuleFile) whole() bool { return r.Unread == "" && r.Print == digestOf([]byte(r.Text)) }

// withHost returns the rule file with the lines that the host has added to it since: they are rules that were not there, and no agent wrote them.
func (r RuleFile) withHost(now []byte) RuleFile {
	text := []byte(r.Text)
	for line := range bytes.Lines(now) {
		if ignore.OfHost(string(line)) && !bytes.Contains(append([]byte("\n"), text...), append([]byte("\n"), line...)) {
			if len(text) > 0 && text[len(text)-1] != '\n' {
				text = append(text, '\n')
			}
			text = append(text, line...)
		}
	}
	r.Text, r.Print = object.Name(text), digestOf(text)
	return r
}

// findHidden sets Survey.Hidden if the ignore rules outside the work tree have changed since the snapshot. shown are the changes by the present
// rules. A candidate that contains a hidden file was not ignored then.
func (t *Tree) findHidden(ctx context.Context, since *Snapshot, shown []ScanChange, s *Survey) {
	if since == nil || since.Excludes == nil {
		return
	}
	o := t.ignoreOptions()
	now, err := o.Outside()
	if err != nil {
		if since.Excludes[0].Unread == "" {
			s.HiddenUnseen = err.Error()
		}
		return
	}
	then := slices.Clone(since.Excludes)
	same := len(then) == len(now)
	for i := 0; same && i < len(now); i++ {
		same = then[i].Unread == "" && string(then[i].Path) == now[i].Path && then[i].Print == digestOf(now[i].Content)
	}
	if same {
		return
	}
	given := make([]ignore.File, len(then))
	for i := range then {
		if !then[i].whole() {
			s.HiddenUnseen = fmt.Sprintf("%q has changed, and what it said is not known: %s", then[i].Path, cmp.Or(then[i].Unread, "it was too long to be kept"))
			return
		}
		if i == 0 { // info/exclude
			then[i] = then[i].withHost(now[0].Content)
		}
		given[i] = ignore.File{Path: string(then[i].Path), Content: []byte(then[i].Text)}
	}
	names, err := t.shownBy(ctx, given, since, shown)
	if err != nil {
		s.HiddenUnseen = err.Error()
		return
	}
	t.explainHidden(now, names, s)
}

// shownBy returns the files that git would show as untracked by other rules but does not show now, if they are new or changed since the snapshot.
// The value reports whether the file existed then.
func (t *Tree) shownBy(ctx context.Context, given []ignore.File, since *Snapshot, shown []ScanChange) (map[string]bool, error) {
	known := map[string]bool{}
	for _, c := range shown {
		known[c.Name] = true
	}
	scan := t.Scan(ctx, ScanOptions{given: given})
	if scan.Incomplete != "" {
		if t.Refusal == nil && ctx.Err() != nil {
			return nil, fmt.Errorf("%s", scan.Incomplete)
		}
		return t.ignoredSince(ctx, given)
	}
	_, changes := t.borrowed(scan.Changes)
	scan.Changes = changes
	names := map[string]bool{}
	all := scan.leaveCrowds(since)
	for i := range scan.Changes {
		all = append(all, &scan.Changes[i])
	}
	for _, c := range all {
		then, dirty := since.wasDirty(c.Name)
		if !strings.HasSuffix(c.Status, "??") || known[c.Name] || dirty && then == c.Now {
			continue
		}
		name := c.Name
		if c.Repository {
			name += "/"
		}
		names[name] = dirty && then.Present()
	}
	return names, nil
}

// ignoredSince asks git what it ignores, for a work tree that only git can read, and returns what the given rules would not. Of a directory
// that is ignored as a whole it has the name, with a slash.
func (t *Tree) ignoredSince(ctx context.Context, given []ignore.File) (map[string]bool, error) {
	out, err := t.Git.Run(ctx, "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory")
	if err != nil {
		return nil, err
	}
	o := t.ignoreOptions()
	o.Given, o.Read = given, ignore.FromRoot(t.Disk.Root)
	rules, err := ignore.New(o)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for entry := range bytes.SplitSeq(out, []byte{0}) {
		name, isDir := strings.CutSuffix(string(entry), "/")
		if name == "" {
			continue
		}
		m, err := rules.Match(name, isDir)
		if err != nil {
			return nil, err
		}
		if !m.Ignored() {
			names[string(entry)] = false
		}
	}
	return names, nil
}

// doubtIgnored takes no candidate for one that git ignores if that may be by rules of the work tree that are newer than the base: whoever writes
// a file can write a rule that ignores it, or delete one that excepts it. A .gitignore that ignores itself counts as new, since no snapshot has it.
func (t *Tree) doubtIgnored(ctx context.Context, base Base, s *Survey) {
	there := map[string]bool{} // whether there is a file of that name
	look := func(dir string) {
		name := object.JoinName(dir, ignoreFile)
		if _, known := there[name]; !known {
			_, err := os.Lstat(filepath.Join(t.Place.Root, filepath.FromSlash(name)))
			there[name] = err == nil
		}
	}
	for _, c := range s.Candidates {
		if c.Ignored {
			look("")
			for dir := range object.Parents(c.Path) {
				look(dir)
			}
		}
	}
	if len(there) == 0 {
		return
	}
	doubted := map[string]bool{}
	doubt := func(state PathState) {
		doubted[strings.TrimSuffix(strings.TrimSuffix(state.Name, ignoreFile), "/")] = true
	}
	for _, state := range s.States { // the survey has those that were deleted
		if object.LastName(state.Name) == ignoreFile {
			doubt(state)
		}
	}
	maps.DeleteFunc(there, func(_ string, is bool) bool { return !is })
	if len(there) > 0 { // it has none that git ignores
		for _, state := range t.compare(ctx, slices.Sorted(maps.Keys(there)), base, false) {
			if state.Change != Unchanged && state.Change != Missing && !state.BaseEqual {
				doubt(state)
			}
		}
	}
	for i := range s.Candidates {
		c := &s.Candidates[i]
		c.Ignored = c.Ignored && !doubted[""]
		for dir := range object.Parents(c.Path) {
			c.Ignored = c.Ignored && !doubted[dir]
		}
	}
}

// ignoreFile is the name of a file with ignore rules in a work tree.
const ignoreFile = ".gitignore"

// explainHidden finds the rule that hides each of the names.
func (t *Tree) explainHidden(now []ignore.File, names map[string]bool, s *Survey) {
	if len(names) == 0 {
		return
	}
	o := t.ignoreOptions()
	o.Given, o.Read = now, ignore.FromRoot(t.Disk.Root)
	rules, err := ignore.New(o)
	if err != nil {
		s.HiddenUnseen = err.Error()
		return
	}
	for name, changed := range names {
		path, isDir := strings.CutSuffix(name, "/")
		m, err := rules.Match(path, isDir)
		if err != nil {
			s.HiddenUnseen = err.Error()
			return
		}
		if !m.Ignored() { // it is gone, or shown by now
			continue
		}
		s.Hidden = append(s.Hidden, Hidden{Name: name, Changed: changed, Source: m.Source(), Line: m.Line(), Pattern: m.Pattern()})
		for i := range s.Candidates {
			if object.IsWithin(path, s.Candidates[i].Path) {
				s.Candidates[i].Ignored = false
			}
		}
	}
	slices.SortFunc(s.Hidden, func(a, b Hidden) int { return strings.Compare(a.Name, b.Name) })
}
