package config

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"stopgate/schema"
)

// maxProblems bounds the problems that are told of one file.
const maxProblems = 20

// Problem is one thing that is wrong with a configuration file.
type Problem struct {
	// File is the name that Parse was given.
	File string
	// Line and Column are where it stands, in characters, from 1; both 0 for the file as a whole.
	Line, Column int
	// Message is one line in lower case: what is wrong, and what to write instead. Values in it are quoted and bounded.
	Message string
}

// String is the problem as compilers write it: ".stopgate.yml:3:7: …".
func (p Problem) String() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// Parse reads a configuration file. name is what problems call it. A file with a problem counts for nothing: the configuration is
// then the default one, never half of the file; it also is for an empty text. The problems are in the order of the text, and where
// there are more than 20 the last one counts the rest.
func Parse(name string, text []byte) (Config, []Problem) {
	c, flaws := read(string(text))
	if len(flaws) == 0 {
		return c, nil
	}
	slices.SortStableFunc(flaws, func(a, b flaw) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.column, b.column))
	})
	var problems []Problem
	for i, f := range flaws {
		if i == maxProblems-1 && len(flaws) > maxProblems {
			f.message = fmt.Sprintf("and %d more problems from here on", len(flaws)-i)
			problems = append(problems, Problem{name, f.line, f.column, f.message})
			break
		}
		problems = append(problems, Problem{name, f.line, f.column, f.message})
	}
	return Default(), problems
}

func read(text string) (Config, []flaw) {
	doc, root, flaws := readDocument(text)
	if doc == nil {
		return Default(), flaws
	}
	violations, err := schema.Validate("config", doc)
	if err != nil {
		return Config{}, []flaw{{message: fmt.Sprintf("it could not be checked: %v", err)}} // no value of the reader's leads here
	}
	for _, v := range violations {
		flaws = append(flaws, describe(v, root))
	}
	if len(flaws) > 0 {
		return Config{}, flaws
	}
	f, err := decode(doc)
	if err != nil {
		return Config{}, []flaw{{message: fmt.Sprintf("it could not be read: %v", err)}} // no valid value leads here
	}
	if flaws := f.check(root); len(flaws) > 0 {
		return Config{}, flaws
	}
	return f.over(Default()), nil
}

// file is what a configuration file says. What it leaves out is nil, "" or 0.
type file struct {
	Config
	Kinds []fileKind `json:"profiles"` // in place of Config's
}

type fileKind struct {
	Kind
	Security *bool `json:"security"` // in place of Kind's
}

// decode reads a document that is valid under the schema.
func decode(doc any) (file, error) {
	var f file
	text, err := json.Marshal(doc)
	if err != nil {
		return f, err
	}
	return f, json.Unmarshal(text, &f)
}

// over is the configuration that results where base holds for what the file leaves out.
func (f file) over(base Config) Config {
	c := Config{
		Mode: cmp.Or(f.Mode, base.Mode),
		Agents: Agents{
			Coding: given(f.Agents.Coding, base.Agents.Coding),
			Gate:   given(f.Agents.Gate, base.Agents.Gate),
			Ops:    given(f.Agents.Ops, base.Agents.Ops),
		},
		Caps: Caps{
			TestRunner:      cmp.Or(f.Caps.TestRunner, base.Caps.TestRunner),
			Reviewer:        cmp.Or(f.Caps.Reviewer, base.Caps.Reviewer),
			SecurityAuditor: cmp.Or(f.Caps.SecurityAuditor, base.Caps.SecurityAuditor),
			Total:           cmp.Or(f.Caps.Total, base.Caps.Total),
			Attempts:        cmp.Or(f.Caps.Attempts, base.Caps.Attempts),
		},
		WorktreeRoot: cmp.Or(f.WorktreeRoot, base.WorktreeRoot),
		Artifacts: Artifacts{
			Add:     given(f.Artifacts.Add, base.Artifacts.Add),
			Protect: given(f.Artifacts.Protect, base.Artifacts.Protect),
		},
	}
	known, added := slices.Clone(base.Kinds), []Kind(nil)
	application := known[kindIndex(known, Application)]
	for _, k := range f.Kinds {
		if i := kindIndex(known, k.Name); i >= 0 {
			known[i] = k.over(known[i])
		} else {
			added = append(added, k.over(application))
		}
	}
	c.Kinds = slices.Concat(added, known)
	return c
}

func (k fileKind) over(base Kind) Kind {
	result := Kind{
		Name:      k.Name,
		Files:     given(k.Files, base.Files),
		Tests:     cmp.Or(k.Tests, base.Tests),
		Reviewers: given(k.Reviewers, base.Reviewers),
		Security:  base.Security,
	}
	if k.Security != nil {
		result.Security = *k.Security
	}
	return result
}

// given is the list, empty or not, or base where there is none.
func given[T any](list, base []T) []T {
	if list == nil {
		return slices.Clone(base)
	}
	return list
}

func kindIndex(kinds []Kind, name string) int {
	return slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == name })
}

// check finds what the schema has no words for.
func (f file) check(root *place) []flaw {
	var flaws []flaw
	add := func(message string, tokens ...string) {
		flaws = append(flaws, flaw{root.find(tokens).value, message})
	}
	globs := func(patterns []string, tokens ...string) {
		for i, pattern := range patterns {
			if wrong, instead := checkGlob(pattern); wrong != "" {
				add(fmt.Sprintf("the pattern %s %s; write %s", schema.Quote(pattern), wrong, instead), append(tokens, strconv.Itoa(i))...)
			}
		}
	}
	known, first := Default().Kinds, map[string]int{}
	for i, k := range f.Kinds {
		n := strconv.Itoa(i)
		if j, again := first[k.Name]; again {
			add(fmt.Sprintf("the kind %s stands twice, first in line %d; write it once", schema.Quote(k.Name), root.find([]string{"profiles", strconv.Itoa(j), "kind"}).value.line), "profiles", n, "kind")
		} else {
			first[k.Name] = i
		}
		if k.Files == nil && kindIndex(known, k.Name) < 0 {
			instead := "files: [...], or one of " + strings.Join(kindNames(known), ", ")
			if near, ok := nearest(k.Name, kindNames(known)); ok {
				instead = schema.Quote(near) + ", or give it files"
			}
			add(fmt.Sprintf("the kind %s is none of the default ones and has no files; write %s", schema.Quote(k.Name), instead), "profiles", n, "kind")
		}
		globs(k.Files, "profiles", n, "files")
	}
	globs(f.Artifacts.Protect, "artifacts", "protect")
	for i, a := range f.Artifacts.Add {
		if wrong, instead := checkArtifact(a.Name); wrong != "" {
			add(fmt.Sprintf("the artifact %s %s; write %s", schema.Quote(a.Name), wrong, instead), "artifacts", "add", strconv.Itoa(i), "name")
		}
	}
	if root := f.WorktreeRoot; root != "" {
		if wrong, instead := checkRoot(root); wrong != "" {
			add(fmt.Sprintf("worktree_root is %s, which %s; write %s", schema.Quote(root), wrong, instead), "worktree_root")
		}
	}
	return flaws
}

func kindNames(kinds []Kind) []string {
	var list []string
	for _, k := range kinds {
		list = append(list, k.Name)
	}
	return list
}

// checkArtifact says what is wrong with the name of an artifact. It is the name of something that will be deleted: a pattern that
// fits nearly everything is refused.
func checkArtifact(name string) (wrong, instead string) {
	switch {
	case len(strings.TrimRight(name, `/\`)) < len(name):
		return "ends in a slash", "the name alone, and dir: true"
	case strings.ContainsAny(name, `/\`):
		return "is a path", "the name alone"
	case name == "." || name == ".." || strings.EqualFold(name, ".git"):
		return "is no artifact", "the name of what a tool leaves behind"
	case strings.Count(name, "*") > 1:
		return "has more than one *", "one at most"
	case strings.ContainsAny(name, "?[]{}"):
		return "has a character of patterns other than *", "the name with at most one * in it"
	case strings.Contains(name, "*") && len(name) < len("*.x"):
		return "fits nearly everything", "more of the name"
	}
	return "", ""
}

// checkRoot says what is wrong with the folder of the worktrees.
func checkRoot(root string) (wrong, instead string) {
	clean := path.Clean(strings.ReplaceAll(root, `\`, "/"))
	usable := fs.ValidPath(clean) && clean != "." && !strings.EqualFold(strings.Split(clean, "/")[0], ".git")
	switch {
	case !usable:
		return "is no folder below the repository's root", `one, such as "trees"`
	case clean != root:
		return "is not its plain form", schema.Quote(clean)
	}
	return "", ""
}

// describe puts a violation into the words of a person who writes YAML.
func describe(v schema.Violation, root *place) flaw {
	tokens := v.Tokens()
	at := root.find(tokens)
	name := display(tokens)
	switch v.Keyword {
	case "additionalProperties":
		key, parent := tokens[len(tokens)-1], tokens[:len(tokens)-1]
		keys := keysOf(parent)
		instead := "one of " + strings.Join(keys, ", ")
		if near, ok := nearest(key, keys); ok {
			instead = schema.Quote(near)
		}
		return flaw{at.key, fmt.Sprintf("unknown key %s; write %s", schema.Quote(key), instead)}
	case "required":
		return flaw{at.value, fmt.Sprintf("%s is missing; write it", name)}
	case "uniqueItems":
		return flaw{at.value, fmt.Sprintf("%s stands in its list before; write it once", name)}
	}
	got, want := v.Got, inYAML.Replace(v.Want)
	if !strings.HasPrefix(got, `"`) {
		got = inYAML.Replace(got)
	}
	if name == "" {
		name = "the file"
	}
	return flaw{at.value, fmt.Sprintf("%s is %s; write %s", name, got, want)}
}

// inYAML says in YAML's words what a schema says in JSON's.
var inYAML = strings.NewReplacer("an array", "a list", "an object", "keys with values", " fields", " keys", " field", " key", "null", "empty")

// keysOf are the keys that the schema knows in the mapping that the tokens of a pointer lead to.
func keysOf(tokens []string) []string {
	source, err := schema.Source("config")
	if err != nil {
		return nil
	}
	type rule struct {
		Properties map[string]json.RawMessage `json:"properties"`
		Items      json.RawMessage            `json:"items"`
	}
	var keys []string
	for i := 0; ; i++ {
		var r rule
		if json.Unmarshal(source, &r) != nil {
			return nil
		}
		if i == len(tokens) {
			for key := range r.Properties {
				keys = append(keys, key)
			}
			slices.Sort(keys)
			return keys
		}
		if source = r.Properties[tokens[i]]; source == nil {
			source = r.Items
		}
	}
}

// nearest is the one of names that key was likely meant to be.
func nearest(key string, names []string) (string, bool) {
	key = strings.ToLower(key)
	if len(key) > 40 {
		return "", false
	}
	best, least := "", 3
	for _, name := range names {
		d := distance(key, name)
		if strings.Contains(key, name) || len(key) > 2 && strings.Contains(name, key) {
			d = min(d, 2)
		}
		if d < least && d < len(name) {
			best, least = name, d
		}
	}
	return best, best != ""
}

// distance is how many letters must be put in, taken out or changed to make a of b (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal, row[j+1] = row[j+1], min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// display writes the tokens of a pointer as people do: "profiles[0].files".
func display(tokens []string) string {
	var b strings.Builder
	for _, t := range tokens {
		if _, ok := index(t); ok {
			fmt.Fprintf(&b, "[%s]", t)
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(t)
	}
	return b.String()
}

func index(token string) (int, bool) {
	i, err := strconv.Atoi(token)
	return i, err == nil && i >= 0
}
