package scope

import (
	"slices"
	"strings"
)

// The text after a label is read sentence by sentence. Filler words are dropped, and each other word becomes a sign:
//
//	P  paths, one or several
//	N  a word that forbids: do not, never, off limits
//	O  a word that excepts: outside, except, other
//	Y  only
//	U  any other word
//
// A sentence is understood if its signs are among those in shapes. So "do not touch tests/ or docs/" is NP, and "nothing outside src/" is NOP.

// part is the role of a group of paths in a sentence.
type part int

const (
	allowed part = iota
	excluded
	excepted
)

// reading is the meaning of one text.
type reading struct {
	paths   [3][]entry // by their part
	unclear bool
}

// entry is a path in a text.
type entry struct {
	text     string
	doubtful bool
}

func (r *reading) add(other reading) {
	for i, paths := range other.paths {
		r.paths[i] = slices.Concat(r.paths[i], paths)
	}
	r.unclear = r.unclear || other.unclear
}

// partsOf returns the roles of the groups of paths in a sentence after a label of that kind; false if they are uncertain.
func partsOf(k kind, signs string) ([]part, bool) {
	switch {
	case k == forbids && signs == "P":
		return []part{excluded}, true
	case k == forbids && signs == "POP":
		return []part{excluded, excepted}, true
	case k == forbids && strings.ContainsAny(signs, "NYO"):
		return nil, false // "out of scope: nothing but src/"
	case k == allows && signs == "P":
		return []part{allowed}, true
	case k == allows && signs == "OP": // "everything except docs/"
		return []part{excluded}, true
	}
	parts, ok := shapes[signs]
	return parts, ok
}

// read reads the text behind a label.
func read(v value) reading {
	if v.broken || v.size() > maxValue {
		return reading{unclear: true}
	}
	var r reading
	leads := sentences(v.lead)
	opened := ""
	if n := len(leads); n > 0 && strings.HasSuffix(strings.TrimSpace(leads[n-1]), ":") && len(v.items) > 0 {
		if s := parse(leads[n-1]); !strings.Contains(s.signs, "P") { // it announces the list
			opened, leads = withoutWords(s.signs), leads[:n-1]
			if s.widens || s.broken || opened != "" && strings.Contains(s.signs, "U") && strings.ContainsAny(opened, "NO") {
				return reading{unclear: true}
			}
		}
	}
	for _, text := range leads {
		r.add(say(v.kind, parse(text), ""))
	}
	var listed sentence // the items that are no more than a path
	for _, item := range v.items {
		for _, text := range sentences(item) {
			s := parse(text)
			if s.signs != "P" {
				r.add(say(v.kind, s, ""))
				continue
			}
			if listed.signs = "P"; listed.groups == nil {
				listed.groups = [][]entry{nil}
			}
			listed.groups[0] = append(listed.groups[0], s.groups[0]...)
			listed.remarks = append(listed.remarks, s.remarks...)
			listed.broken, listed.widens = listed.broken || s.broken, listed.widens || s.widens
		}
	}
	if listed.signs != "" {
		r.add(say(v.kind, listed, opened))
	}
	if r.unclear {
		return reading{unclear: true}
	}
	return r
}

// say returns the meaning of a sentence after a label. opened are the signs of the words that announced it.
func say(k kind, s sentence, opened string) reading {
	if s.broken {
		return reading{unclear: true}
	}
	if !strings.Contains(s.signs, "P") { // it is about no path
		return reading{unclear: s.widens && k != forbids}
	}
	if s.widens || strings.Contains(s.signs, "U") {
		return reading{unclear: true}
	}
	parts, ok := partsOf(k, opened+s.signs)
	undecided := !ok && k == either && opened+s.signs == "P" // a restriction to those files, or from them, but for what is remarked
	if undecided {
		parts, ok = []part{allowed}, true
	}
	if !ok || len(parts) != len(s.groups) {
		return reading{unclear: true}
	}
	var r reading
	for i, group := range s.groups {
		r.paths[parts[i]] = append(r.paths[parts[i]], group...)
	}
	for _, m := range s.remarks {
		r.remark(m)
	}
	if undecided {
		r.paths[allowed] = nil
	}
	return r
}

// remark adds a remark beside a path: "(read-only)", "- the handler", "(not src/auth/legacy)".
func (r *reading) remark(m remark) {
	s := parse(m.text)
	signs := withoutWords(s.signs)
	limits := slices.Contains(r.paths[allowed], m.about)
	switch {
	case s.widens || s.broken:
		r.unclear = true
	case s.signs == "N" && limits: // the file is there to be read
		r.paths[allowed] = slices.DeleteFunc(slices.Clone(r.paths[allowed]), func(p entry) bool { return p == m.about })
		r.paths[excluded] = append(r.paths[excluded], m.about)
	case !strings.Contains(signs, "P"):
	case (signs == "NP" || signs == "OP") && signs == s.signs:
		if limits {
			r.paths[excluded] = append(r.paths[excluded], s.groups[0]...)
		} else if signs == "OP" {
			r.paths[excepted] = append(r.paths[excepted], s.groups[0]...)
		}
	case strings.ContainsAny(signs, "NO"):
		r.unclear = true
	case limits: // it is not certain that the other path is meant too, so it may be
		for _, group := range s.groups {
			r.paths[allowed] = append(r.paths[allowed], group...)
		}
	}
}

// withoutWords returns the signs without those for other words.
func withoutWords(signs string) string { return strings.ReplaceAll(signs, "U", "") }
