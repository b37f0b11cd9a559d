package status

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/worktree/ignore"
	"stopgate/hook/worktree/object"
)

// A RuleFile is an ignore file outside of the worktree as it was when a snapshot was taken. A file that did not exist has no text.
type RuleFile struct {
	Path object.Name `json:"path"`
	// Text is the content; "" if that is longer than maxRuleText. Print identifies the content.
	Text  object.Name `json:"text,omitempty"`
	Print string      `json:"print"`
	// Unread is the reason why the file could not be read; "" if it could.
	Unread string `json:"unread,omitempty"`
}

// maxRuleText is the largest ignore file whose content a snapshot keeps, in bytes. Such files usually have a few hundred bytes.
const maxRuleText = 32 << 10

// A Hidden is a file or directory that git does not show because of an ignore rule that did not exist when the snapshot was taken. The name of a
// directory ends in a slash.
type Hidden struct {
	Name string
	// Changed means that the file existed in the snapshot and has other content now. Otherwise it is new.
	Changed bool
	// Source is the file with the rule, Line the rule's line in it, counted from 1, and Pattern the rule as it is written there.
	Source  string
	Line    int
	Pattern string
}

// ignoreOptions returns where the ignore rules outside of the worktree are.
func ignoreOptions(t *Tree) ignore.Options {
	return ignore.Options{
		InfoExclude:  filepath.Join(t.Place.CommonDir, "info", "exclude"),
		ExcludesFile: t.Settings.ExcludesFile,
		IgnoreCase:   t.Settings.IgnoreCase,
	}
}

// excludes returns the ignore files outside of the worktree as they are now.
func excludes(t *Tree) []RuleFile {
	o := ignoreOptions(t)
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

// whole reports whether the content of the rule file is known.
func (r RuleFile) whole() bool { return r.Unread == "" && r.Print == digestOf([]byte(r.Text)) }

// withHost returns the rule file with the lines that the host has added to it since the snapshot. No agent wrote these lines, so they must not count
// as newer rules.
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

// findHidden sets Survey.Hidden if the ignore rules outside of the worktree have changed since the snapshot. shown are the changes by the present
// rules. A candidate that contains a hidden file is no longer Ignored.
func findHidden(ctx context.Context, t *Tree, since *Snapshot, shown []ScanChange, s *Survey) {
	if since == nil || since.Excludes == nil {
		return
	}
	o := ignoreOptions(t)
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
	names, err := shownBy(ctx, t, given, since, shown)
	if err != nil {
		s.HiddenUnseen = err.Error()
		return
	}
	explainHidden(t, now, names, s)
}

// shownBy returns the files that git would show as untracked by the given rules and does not show now, if they are new or changed since the snapshot.
// The name of a repository ends in a slash. The value is true for a file that existed in the snapshot.
func shownBy(ctx context.Context, t *Tree, given []ignore.File, since *Snapshot, shown []ScanChange) (map[string]bool, error) {
	known := map[string]bool{}
	for _, c := range shown {
		known[c.Name] = true
	}
	scan := t.Scan(ctx, ScanOptions{given: given})
	if scan.Incomplete != "" {
		if t.Refusal == nil && ctx.Err() != nil {
			return nil, fmt.Errorf("%s", scan.Incomplete)
		}
		return ignoredSince(ctx, t, given)
	}
	_, changes := borrowed(t, scan.Changes)
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

// ignoredSince returns what git ignores now and the given rules do not ignore. It asks git, for a worktree that only git can read. For a directory
// that git ignores as a whole it returns the directory's name, with a slash at the end. All values are false.
func ignoredSince(ctx context.Context, t *Tree, given []ignore.File) (map[string]bool, error) {
	out, err := t.Git.Run(ctx, "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory")
	if err != nil {
		return nil, err
	}
	o := ignoreOptions(t)
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

// doubtIgnored clears Ignored of candidates that git may ignore only because a .gitignore in the worktree has changed since the base. Whoever writes
// a file can also write a rule that ignores it, or delete a rule with "!" that kept it from being ignored. A .gitignore that ignores itself counts as
// new, since no snapshot has it. there are the files of that name in the worktree.
func doubtIgnored(ctx context.Context, t *Tree, base Base, there []string, s *Survey) {
	above := map[string]bool{} // the directories above ignored candidates
	for _, c := range s.Candidates {
		if c.Ignored {
			above[""] = true
			for dir := range object.Parents(c.Path) {
				above[dir] = true
			}
		}
	}
	if len(above) == 0 {
		return
	}
	doubted := map[string]bool{}
	doubt := func(state PathState) {
		doubted[rulesDir(state.Name)] = true
	}
	for _, state := range s.States { // they include the deleted ones
		if object.LastName(state.Name) == ignoreFile {
			doubt(state)
		}
	}
	there = slices.DeleteFunc(slices.Sorted(slices.Values(there)), func(name string) bool { return !above[rulesDir(name)] })
	if len(there) > 0 { // the states of the survey lack those that git ignores
		for _, state := range t.compare(ctx, there, base, false) {
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

// ignoreFile is the name of a file with ignore rules in a worktree.
const ignoreFile = ".gitignore"

// rulesDir returns the directory that the ignore file of that name is for.
func rulesDir(name string) string {
	return strings.TrimSuffix(strings.TrimSuffix(name, ignoreFile), "/")
}

// explainHidden adds the names to Survey.Hidden, each with the rule that hides it. now are the present ignore files outside of the worktree. The
// value of a name becomes Hidden.Changed.
func explainHidden(t *Tree, now []ignore.File, names map[string]bool, s *Survey) {
	if len(names) == 0 {
		return
	}
	o := ignoreOptions(t)
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
		if !m.Ignored() { // it is gone, or git shows it by now
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
