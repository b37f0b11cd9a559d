package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"stopgate/schema"
)

// The default table is a configuration file like any other: valid under the schema, and read as itself.
func TestDefault(t *testing.T) {
	var doc any
	if err := json.Unmarshal(defaults, &doc); err != nil {
		t.Fatal(err)
	}
	violations, err := schema.Validate("config", doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range violations {
		t.Errorf("%+v", v)
	}
	c, problems := Parse("default.json", defaults)
	for _, p := range problems {
		t.Error(p)
	}
	if !reflect.DeepEqual(c, Default()) {
		t.Errorf("read as a file it is %+v", c)
	}
	wantComplete(t, c)
}

// wantComplete holds what every configuration promises.
func wantComplete(t *testing.T, c Config) {
	t.Helper()
	if c.Mode != Enforce && c.Mode != Observe {
		t.Errorf("mode %q", c.Mode)
	}
	if len(c.Agents.Coding) == 0 || len(c.Agents.Gate) == 0 {
		t.Errorf("agents %+v", c.Agents)
	}
	if m := c.Caps; min(m.TestRunner, m.Reviewer, m.SecurityAuditor, m.Total, m.Attempts) < 1 {
		t.Errorf("caps %+v", m)
	}
	for _, root := range c.Worktrees.Roots {
		if wrong, _ := checkRoot(root); wrong == "" {
			continue
		}
		t.Errorf("the root %q is wrong", root)
	}
	names := map[string]bool{}
	for _, k := range c.Kinds {
		if names[k.Name] || k.Tests == "" {
			t.Errorf("the kind %+v", k)
		}
		names[k.Name] = true
		for _, pattern := range k.Files {
			if wrong, _ := checkGlob(pattern); wrong != "" {
				t.Errorf("%s: the pattern %s %s", k.Name, pattern, wrong)
			}
		}
	}
	for _, k := range Default().Kinds {
		if !names[k.Name] {
			t.Errorf("no kind %s", k.Name)
		}
	}
}

func TestDefaultIsACopy(t *testing.T) {
	c := Default()
	c.Agents.Coding[0], c.Kinds[0].Files[0] = "x", "x"
	if again := Default(); again.Agents.Coding[0] == "x" || again.Kinds[0].Files[0] == "x" {
		t.Error("a change to one default configuration shows in the next")
	}
}

func TestParse(t *testing.T) {
	with := func(change func(*Config)) Config {
		c := Default()
		change(&c)
		return c
	}
	tests := []struct {
		name, text string
		want       Config
	}{
		{"empty", "", Default()},
		{"comments", "# nothing\n\n# at all\n", Default()},
		{"a mark alone", "\ufeff---\n...\n", Default()},
		{"null", "null\n", Default()},
		{"an empty mapping", "{}", Default()},
		{"observe", "\ufeffmode: observe\r\n", with(func(c *Config) { c.Mode = Observe })},
		{"a list takes the place of the default one", "agents:\n  coding:\n  - web-*\n  - \"acme:dev\"\n", with(func(c *Config) { c.Agents.Coding = []string{"web-*", "acme:dev"} })},
		{"an empty list is one", "agents: {ops: []}", with(func(c *Config) { c.Agents.Ops = []string{} })},
		{"one cap", "caps: {total: 0x0A, attempts: 2.0}", with(func(c *Config) { c.Caps.Total, c.Caps.Attempts = 10, 2 })},
		{"a root of two folders", "worktrees: {roots: [.work/trees]}", with(func(c *Config) { c.Worktrees.Roots = []string{".work/trees"} })},
		{"no roots", "worktrees: {roots: [], anywhere: true, main: true}", with(func(c *Config) { c.Worktrees = Worktrees{Roots: []string{}, Anywhere: true, Main: true} })},
		{"a scope that blocks", "scope: block", with(func(c *Config) { c.Scope = ScopeBlock })},
		{"commits by the gates", "authorise: {commit: gates}", with(func(c *Config) { c.Authorise.Commit = ByGates })},
		{"commands", "commands: {test: npm test -- --coverage, lint: 'ruff check . && black --check .'}\ncoverage: 80\n", with(func(c *Config) {
			c.Commands, c.Coverage = Commands{Test: "npm test -- --coverage", Lint: "ruff check . && black --check ."}, 80
		})},
		{"no commands", "commands: {test: '', lint: \"\"}\ncoverage: 0\n", Default()},
		{"artifacts", "artifacts:\n  add:\n    - name: '*.prof'\n    - {name: .turbo, dir: true}\n  protect: ['docs/**/coverage']\n", with(func(c *Config) {
			c.Artifacts = Artifacts{Add: []Artifact{{Name: "*.prof"}, {Name: ".turbo", Dir: true}}, Protect: []string{"docs/**/coverage"}}
		})},
		{"JSON", `{"mode":"observe","caps":{"total":5}}`, with(func(c *Config) { c.Mode, c.Caps.Total = Observe, 5 })},
		{"a block of text", "mode: >-\n  observe\n", with(func(c *Config) { c.Mode = Observe })},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, problems := Parse(FileName, []byte(tt.text))
			for _, p := range problems {
				t.Error(p)
			}
			if !reflect.DeepEqual(c, tt.want) {
				t.Errorf("got  %+v\nwant %+v", c, tt.want)
			}
		})
	}
}

// Every problem says where it is, what is wrong and what to write instead.
func TestProblems(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"not the right words", `mode: strict
agent: {coding: [x]}
agents:
  coding: x
  gate: []
  ops:
  opps: 1
caps: {total: 0, attempts: 99, reviewer: two, test_runner: 3, security-auditor: 1.5, 5: 2}
profiles:
  - kind: Foo
  - files: [x]
  - kind: documentation
    tests: yes
    security: yes
    reviewers: [a, a]
`, []string{
			`1:7: mode is "strict"; write one of "enforce", "observe"`,
			`2:1: unknown key "agent"; write "agents"`,
			`4:11: agents.coding is "x"; write a list of strings`,
			`5:9: agents.gate is a list of 0 items; write at least 1 item`,
			`6:7: agents.ops is empty; write a list of strings`,
			`7:3: unknown key "opps"; write "ops"`,
			`8:15: caps.total is 0; write at least 1`,
			`8:28: caps.attempts is 99; write at most 20`,
			`8:42: caps.reviewer is "two"; write an integer`,
			`8:47: unknown key "test_runner"; write "test-runner"`,
			`8:81: caps.security-auditor is 1.5; write an integer`,
			`8:86: the key "5" is not text; put it in quotes`,
			`10:11: profiles[0].kind is "Foo"; write a name of lower-case words joined by hyphens`,
			`11:5: profiles[1].kind is missing; write it`,
			`13:12: profiles[2].tests is "yes"; write one of "none", "advisory", "blocking"`,
			`14:15: profiles[2].security is "yes"; write true or false`,
			`15:20: profiles[2].reviewers[1] is in its list already; write it once`,
		}},
		{"keys nobody knows", "work-trees: x\nartefacts: []\ncolour: x\nprofiles: [{kind: ci, file: [x]}]\nartifacts: {add: [{name: x, directory: true}]}\n", []string{
			`1:1: unknown key "work-trees"; write "worktrees"`,
			`2:1: unknown key "artefacts"; write "artifacts"`,
			`3:1: unknown key "colour"; write one of agents, artifacts, authorise, caps, commands, coverage, evidence, mode, profiles, scope, worktrees`,
			`4:23: unknown key "file"; write "files"`,
			`5:29: unknown key "directory"; write "dir"`,
		}},
		{"commands", "commands:\n  test: |\n    a\n    b\n  lint: ' x'\n  build: make\ncoverage: 101\n", []string{
			`2:9: commands.test is "a\nb\n"; write a command on one line, such as npm test`,
			`5:9: commands.lint is " x"; write a command on one line, such as npm run lint`,
			`6:3: unknown key "build"; write one of lint, test`,
			`7:11: coverage is 101; write at most 100`,
		}},
		{"the share of lines by another name", "coverage: {threshold: 80}\ncommands: npm test\n", []string{
			`1:11: coverage is keys with values of 1 key; write an integer`,
			`2:11: commands is "npm test"; write keys with values`,
		}},
		{"agents", "agents: {coding: ['*', 'a b', 'dev:*'], gate: [1]}\nprofiles: [{kind: ci, reviewers: ['*']}]\n", []string{
			`1:19: agents.coding[0] is "*"; write the name of an agent, with * for any characters in it`,
			`1:24: agents.coding[1] is "a b"; write the name of an agent, with * for any characters in it`,
			`1:48: agents.gate[0] is 1; write a string`,
			`2:35: profiles[0].reviewers[0] is "*"; write the name of an agent, such as code-reviewer`,
		}},
		{"kinds", "profiles:\n  - kind: handbook\n  - kind: documentaton\n  - kind: ci\n  - kind: ci\n", []string{
			`2:11: the kind "handbook" is not a default kind and has no files; write files: [...], or one of agent-prompt, ci, test, infrastructure, migration, api-specification, documentation, application, configuration`,
			`3:11: the kind "documentaton" is not a default kind and has no files; write "documentation", or give it files`,
			`5:11: the kind "ci" is there twice, first in line 4; write it once`,
		}},
		{"patterns", `profiles:
- kind: x
  files:
  - docs/
  - /x
  - ./y
  - ../z
  - a\b
  - '**.md'
  - src/**.md
  - foo**
  - '!x'
  - a//b
  - '{a,{b}}'
  - '[a'
  - '{a,b,c,d,e,f,g,h}{a,b,c,d,e,f,g,h}{a,b,c,d,e}'
artifacts: {protect: [x/]}
`, []string{
			`4:5: the pattern "docs/" is a folder, not a file; write "docs/**"`,
			`5:5: the pattern "/x" is not a path below the repository's root; write "x"`,
			`6:5: the pattern "./y" has . or .. as a folder; write the path from the repository's root, without them`,
			`7:5: the pattern "../z" has . or .. as a folder; write the path from the repository's root, without them`,
			`8:5: the pattern "a\\b" has a backslash; write "a/b"`,
			`9:5: the pattern "**.md" has ** next to other characters, where it means *; write "**/*.md"`,
			`10:5: the pattern "src/**.md" has ** next to other characters, where it means *; write "src/**/*.md"`,
			`11:5: the pattern "foo**" has ** next to other characters, where it means *; write "**/foo*"`,
			`12:5: the pattern "!x" is an exclusion, which is not supported; write patterns for the files that you mean`,
			`13:5: the pattern "a//b" has two slashes in a row; write "a/b"`,
			`14:5: the pattern "{a,{b}}" has alternatives within alternatives, or too many; write several patterns`,
			`15:5: the pattern "[a" has an open [ or {; write it with every [ and { closed`,
			`16:5: the pattern "{a,b,c,d,e,f,g,h}{a,b,c,d,e,f,g,h}{a,b,c,d,e}" has alternatives within alternatives, or too many; write several patterns`,
			`17:23: the pattern "x/" is a folder, not a file; write "x/**"`,
		}},
		{"artifacts", "artifacts:\n  add:\n  - name: x/\n  - name: a/b\n  - name: '*'\n  - name: '**.x'\n  - {name: .git, dir: true}\n  - name: 'a?'\n  - dir: true\n", []string{
			`9:5: artifacts.add[6].name is missing; write it`,
		}},
		{"names of artifacts", "artifacts:\n  add:\n  - name: x/\n  - name: a/b\n  - name: '*'\n  - name: '**.x'\n  - {name: .git, dir: true}\n  - name: 'a?'\n", []string{
			`3:11: the artifact "x/" ends in a slash; write the name alone, and dir: true`,
			`4:11: the artifact "a/b" is a path; write the name alone`,
			`5:11: the artifact "*" matches nearly everything; write more of the name`,
			`6:11: the artifact "**.x" has more than one *; write one at most`,
			`7:12: the artifact ".git" is not an artifact; write the name of a file or folder that a tool leaves`,
			`8:11: the artifact "a?" has a character of patterns other than *; write the name with at most one * in it`,
		}},
		{"a root outside", "worktrees: {roots: [../x]}", []string{`1:21: the root "../x" is not a folder below the repository's root; write one, such as "trees"`}},
		{"an absolute root", "worktrees: {roots: [/x]}", []string{`1:21: the root "/x" is not a folder below the repository's root; write one, such as "trees"`}},
		{"git's own folder", "worktrees: {roots: [.git/x]}", []string{`1:21: the root ".git/x" is not a folder below the repository's root; write one, such as "trees"`}},
		{"a root with marks", "worktrees: {roots: [./trees/]}", []string{`1:21: the root "./trees/" is not in its plain form; write "trees"`}},
		{"the old key", "worktree_root: trees", []string{`1:1: the key "worktree_root" has another name now; write worktrees: {roots: [trees]}, with your own folder`}},
		{"a scope of another kind", "scope: warn", []string{`1:8: scope is "warn"; write one of "note", "block", "off"`}},
		{"a merge by the gates", "authorise: {merge: gates}", []string{`1:20: authorise.merge is "gates"; write one of "person"`}},

		{"a key twice", "mode: enforce\ncaps: {total: 1, total: 2}\nmode: observe\n", []string{
			`2:18: the key "total" is there twice, first in line 2; write it once`,
			`3:1: the key "mode" is there twice, first in line 1; write it once`,
		}},
		{"a list", "- a\n", []string{`1:1: the file is a list of 1 item; write keys with values`}},
		{"prose", "just text\n", []string{`1:1: the file is "just text"; write keys with values`}},
		{"patterns without quotes", "profiles:\n- kind: x\n  files: [**/*.md]\n  reviewers: *x\n", []string{
			`3:11: an alias (*); write the value itself, or put a pattern in quotes: "*.md"`,
			`4:14: an alias (*); write the value itself, or put a pattern in quotes: "*.md"`,
		}},
		{"an anchor", "mode: &m observe\n", []string{`1:7: an anchor (&); write the value itself, or put it in quotes`}},
		{"a merge key", "<<: {}\n", []string{`1:1: a merge key (<<); write the keys themselves`}},
		{"a tag", "mode: !!str observe\n", []string{`1:7: a tag (!); write the value itself, or put it in quotes`}},
		{"a complex key", "? mode\n: observe\n", []string{`1:1: a complex key (?); write key: value, or put the value in quotes`}},
		{"a directive", "%YAML 1.1\n---\nmode: observe\n", []string{`1:1: a directive (%); leave it out, or put the value in quotes`}},
		{"two documents", "---\nmode: observe\n---\nmode: enforce\n", []string{`3:1: a second document (---); write one`}},
		{"no number", "caps: {total: .nan, attempts: .inf}", []string{`1:15: not a number; write a whole number`}},
		{"a tight colon", "agents: {coding: [dev:editor]}", []string{`1:22: a colon without a space behind it; write a space, or put the value in quotes`}},
		{"a tab", "caps:\n\ttotal: 1\n", []string{`2:1: not YAML: a tab; write spaces`}},
		{"two colons", "mode: enforce: x\n", []string{`1:7: not YAML: a second colon on the line, or a wrong indentation; write one key: value on a line`}},
		{"an open quote", "mode: 'enforce\n", []string{`1:7: not YAML: a quote that is never closed; close it`}},
		{"a reserved character", "mode: @enforce\n", []string{`1:7: not YAML: a value that begins with "@"; put it in quotes`}},
		{"an open list", "agents: {coding: [\n", []string{`1:18: not YAML: sequence end token ']' not found; look at the indentation and the brackets there`}},
		{"a wrong indentation", "caps:\n  total: 1\n attempts: 2\n", []string{`3:2: not YAML: value is not allowed in this context; look at the indentation and the brackets there`}},

		{"not UTF-8", "mode: é\xff", []string{`1:8: the file is not UTF-8; save it as UTF-8`}},
		{"UTF-16", "\xff\xfem\x00", []string{`1:1: the file is not UTF-8; save it as UTF-8`}},
		{"a control character", "mode: x\n# \x1b[31m", []string{`2:3: a control character, U+001B; remove it`}},
		{"too long", "# " + strings.Repeat("x", MaxBytes), []string{`the file has 65538 bytes; write at most 65536`}},
		{"too many keys", strings.Repeat("a: b\n", 3000), []string{`2001:2: more than 2000 keys; write fewer`}},
		{"too deep in brackets", "a: " + strings.Repeat("[", 20_000), []string{`1:13: nested deeper than 10 levels; write less deeply`}},
		{"too deep in braces", strings.Repeat("{a: ", 15_000), []string{`1:41: nested deeper than 10 levels; write less deeply`}},
		{"too deep in dashes", strings.Repeat("- ", 30_000), []string{`1:21: nested deeper than 10 levels; write less deeply`}},
		{"too deep in lines", nested(40), []string{`11:11: nested deeper than 10 levels; write less deeply`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, problems := Parse(FileName, []byte(tt.text))
			if !reflect.DeepEqual(c, Default()) {
				t.Error("half of the file counts")
			}
			var got, want []string
			for _, p := range problems {
				got = append(got, p.String())
			}
			for _, w := range tt.want {
				sep := ":"
				if w[0] < '0' || w[0] > '9' {
					sep = ": "
				}
				want = append(want, FileName+sep+w)
			}
			if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
				t.Errorf("got\n%s\nwant\n%s", g, w)
			}
		})
	}
}

// nested returns a mapping in a mapping, n times.
func nested(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%sa:\n", strings.Repeat(" ", i))
	}
	return b.String()
}

func TestManyProblems(t *testing.T) {
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&text, "k%d: 1\n", i)
	}
	_, problems := Parse(FileName, []byte(text.String()))
	if len(problems) != maxProblems {
		t.Fatalf("%d problems", len(problems))
	}
	const want = ".stopgate.yml:20:1: and 981 more problems from here on"
	if last := problems[maxProblems-1].String(); last != want {
		t.Errorf("got %s, want %s", last, want)
	}
}

// Every pattern of agents that a person may write means what it looks like.
func TestAgents(t *testing.T) {
	c, problems := Parse(FileName, []byte("agents:\n  coding: [bug-fixer, web-*, 'acme:*', dev?]\n  gate: [review-*]\n  ops: ['ops:*']\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	tests := []struct {
		agent             string
		coding, gate, ops bool
	}{
		{agent: "bug-fixer", coding: true},
		{agent: "stopgate:bug-fixer", coding: true},
		{agent: "bug-fixers"},
		{agent: "Bug-fixer"},
		{agent: "web-ui", coding: true},
		{agent: "any:web-ui", coding: true},
		{agent: "acme:anything", coding: true},
		{agent: "anything"},
		{agent: "acme"},
		{agent: "dev1", coding: true},
		{agent: "dev"},
		{agent: "x:review-go", gate: true},
		{agent: "ops:review-go", gate: true, ops: true},
		{agent: "feature-developer"},
		{agent: ""},
	}
	for _, tt := range tests {
		if coding, gate, ops := c.IsCoding(tt.agent), c.IsGate(tt.agent), c.IsOps(tt.agent); coding != tt.coding || gate != tt.gate || ops != tt.ops {
			t.Errorf("%q: coding %v, gate %v, ops %v; want %v, %v, %v", tt.agent, coding, gate, ops, tt.coding, tt.gate, tt.ops)
		}
	}
}

func TestProtects(t *testing.T) {
	a := Artifacts{Protect: []string{"docs/coverage", "**/keep.*", "golden/**"}}
	for name, want := range map[string]bool{
		"docs/coverage":        true,
		"docs/coverage/a/b.js": true,
		"docs/coverages":       false,
		"coverage":             false,
		"a/b/keep.json":        true,
		"keep.d/x":             true,
		"golden/x/y":           true,
		"golden":               true,
		"":                     false,
		"/":                    false,
	} {
		if got := a.Protects(name); got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
	if (Artifacts{}).Protects("a") {
		t.Error("nothing protects everything")
	}
}

var seeds = []string{
	"", "mode: observe\n", "agents:\n  coding: [a, 'b:*']\n", "profiles:\n- kind: docs\n  files: ['**/*.{md,txt}']\n  tests: none\n",
	"caps: {total: 1, attempts: 0x2}\n", "artifacts:\n  add: [{name: '*.x', dir: true}]\n  protect: [a/**]\n", "worktrees: {roots: [trees]}\n", "authorise: {commit: gates}\n",
	"a: &x [*x]\n", "<<: *x", "? a\n: b\n", "%YAML 1.2\n---\n", "a: |\n  b\n", "a: >-\n  b\n", "- - - -", "{a:b}", "[a, b: c]", "a: 'b''c'", "a: \"\\x41\"",
	"\ufeffa: 1", "a:\r\n  b: 1\r\n", "a: 1_000", "a: .inf", "a: 0o7", "a: 1e400", "a: ~", "...", "---\n---\n", "#", ":", "-", "a: @", "\t", "é: ü\n", "a: !!binary x",
}

// FuzzParse: a text is a configuration that keeps every promise, or it is the default one with problems that say where.
func FuzzParse(f *testing.F) {
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Add(string(defaults))
	f.Fuzz(func(t *testing.T, text string) {
		c, problems := Parse(FileName, []byte(text))
		wantComplete(t, c)
		if len(problems) > 0 && !reflect.DeepEqual(c, Default()) {
			t.Error("half of the file counts")
		}
		if len(problems) > maxProblems {
			t.Errorf("%d problems", len(problems))
		}
		lines := strings.Count(text, "\n") + strings.Count(text, "\r") + 1
		for i, p := range problems {
			if p.Line < 0 || p.Column < 0 || p.Line > lines || (p.Line == 0) != (p.Column == 0) {
				t.Errorf("%q is said to stand in line %d, column %d of %d lines", p.Message, p.Line, p.Column, lines)
			}
			if i > 0 && (p.Line < problems[i-1].Line || p.Line == problems[i-1].Line && p.Column < problems[i-1].Column) {
				t.Errorf("%s stands behind %s", p, problems[i-1])
			}
			first, _ := utf8.DecodeRuneInString(p.Message)
			if unicode.IsUpper(first) || len(p.Message) > 1000 || strings.ContainsFunc(p.Message, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("not one plain line: %q", p.Message)
			}
		}
		c.Profile([]string{"a/b.go"})
	})
}

func BenchmarkDefault(b *testing.B) {
	for b.Loop() {
		Default()
	}
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		Parse(FileName, []byte("mode: observe\ncaps: {total: 2}\n"))
	}
}
