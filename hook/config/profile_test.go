package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDefaultKinds compares the default table with a list of paths that was labelled by hand.
func TestDefaultKinds(t *testing.T) {
	list, err := os.ReadFile(filepath.Join("testdata", "kinds.txt"))
	if err != nil {
		t.Fatal(err)
	}
	c, perKind := Default(), map[string]int{}
	for line := range strings.Lines(string(list)) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] == "#" {
			continue
		}
		if len(fields) != 2 {
			t.Fatalf("not a path and a kind: %q", line)
		}
		perKind[fields[1]]++
		if got := c.kind(fields[0]).Name; got != fields[1] {
			t.Errorf("%s is of the kind %s, want %s", fields[0], got, fields[1])
		}
	}
	total := 0
	for _, k := range c.Kinds {
		if total += perKind[k.Name]; perKind[k.Name] < 10 {
			t.Errorf("%d paths of the kind %s", perKind[k.Name], k.Name)
		}
	}
	t.Logf("%d paths: %v", total, perKind)
	if total < 120 {
		t.Errorf("only %d paths", total)
	}
}

// summary writes a profile on one line: "test-runner! < a.go b.go; …", with a mark behind the gate that the others wait for.
func summary(p Profile) string {
	var gates []string
	for _, g := range p.Gates {
		s := g.Agent
		if g.Blocking {
			s += "!"
		}
		s += " <"
		for _, f := range g.AskedBy {
			s += " " + f.Path
		}
		gates = append(gates, s)
	}
	return strings.Join(gates, "; ")
}

func TestProfile(t *testing.T) {
	tests := []struct {
		name, config string
		paths        []string
		want         string
	}{
		{"nothing changed", "", nil, ""},
		{"application code", "", []string{"a.go"}, "test-runner! < a.go; code-reviewer < a.go; security-auditor < a.go"},
		{"test code", "", []string{"a_test.go"}, "test-runner! < a_test.go; code-reviewer < a_test.go"},
		{"infrastructure", "", []string{"main.tf"}, "cloud-architect < main.tf; security-auditor < main.tf"},
		{"a migration", "", []string{"db/migrate/1_a.rb"}, "test-runner! < db/migrate/1_a.rb; database-architect < db/migrate/1_a.rb"},
		{"an API specification", "", []string{"api.proto"}, "api-designer < api.proto"},
		{"an agent's prompt", "", []string{"agents/a.md"}, "ai-prompt-engineer < agents/a.md"},
		{"documentation", "", []string{"README.md"}, "technical-writer < README.md"},
		{"CI", "", []string{"Jenkinsfile"}, "deployment-engineer < Jenkinsfile; security-auditor < Jenkinsfile"},
		{"configuration", "", []string{"a.toml"}, "code-reviewer < a.toml; security-auditor < a.toml"},
		{
			"mixed", "",
			[]string{"README.md", "main.tf", "b.go", "a.proto", "a.go"},
			"test-runner! < b.go a.go; technical-writer < README.md; cloud-architect < main.tf; code-reviewer < b.go a.go; api-designer < a.proto; security-auditor < main.tf b.go a.go",
		},
		{"one reviewer for two kinds", "", []string{"a.toml", "a_test.go"}, "test-runner! < a_test.go; code-reviewer < a.toml a_test.go; security-auditor < a.toml"},
		{
			"tests that hold nothing up",
			"profiles: [{kind: configuration, tests: advisory, reviewers: [], security: false}]",
			[]string{"a.toml"},
			"test-runner < a.toml",
		},
		{
			"blocking if any kind asks for it",
			"profiles: [{kind: configuration, tests: advisory, reviewers: []}]",
			[]string{"a.toml", "a_test.go"},
			"test-runner! < a.toml a_test.go; code-reviewer < a_test.go; security-auditor < a.toml",
		},
		{
			"a default kind keeps what is left out of it",
			"profiles: [{kind: documentation, reviewers: ['dev:editor', technical-writer]}]",
			[]string{"README.md"},
			"dev:editor < README.md; technical-writer < README.md",
		},
		{
			"a kind's own files replace the default ones",
			"profiles: [{kind: documentation, files: ['handbook/**']}]",
			[]string{"handbook/a.md", "README.md"},
			"test-runner! < README.md; technical-writer < handbook/a.md; code-reviewer < README.md; security-auditor < README.md",
		},
		{
			"a new kind comes first and is strict where it does not say",
			"profiles: [{kind: site, files: ['site/**'], reviewers: [designer]}]",
			[]string{"site/README.md"},
			"test-runner! < site/README.md; designer < site/README.md; security-auditor < site/README.md",
		},
		{
			"the first of two new kinds wins",
			"profiles: [{kind: b, files: ['x/*'], reviewers: [b], tests: none, security: false}, {kind: a, files: ['x/**'], reviewers: [a], tests: none, security: false}]",
			[]string{"x/1", "x/y/2"},
			"b < x/1; a < x/y/2",
		},
		{
			"what nothing fits follows the kind application",
			"profiles: [{kind: application, reviewers: [architect], security: false}]",
			[]string{"a.go"},
			"test-runner! < a.go; architect < a.go",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, problems := Parse("x", []byte(tt.config))
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			p := c.Profile(tt.paths)
			if got := summary(p); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if len(p.Files) != len(tt.paths) {
				t.Errorf("%d files, want %d", len(p.Files), len(tt.paths))
			}
			for i, f := range p.Files {
				if f.Path != tt.paths[i] || f.Kind == "" {
					t.Errorf("file %d is %+v", i, f)
				}
			}
		})
	}
}

// A file name can be anything: each one has a kind, and only by its real form.
func TestProfileOfOddNames(t *testing.T) {
	odd := []string{"", ".", "/", "../README.md.go", "a\nb.go", "\xff\xfe.go", "**", "[", "{", "a\\b.go", strings.Repeat("a/", 5000) + "x.go"}
	p := Default().Profile(odd)
	for _, f := range p.Files {
		if f.Kind != Application {
			t.Errorf("%.40q is of the kind %s", f.Path, f.Kind)
		}
	}
	if len(p.Files) != len(odd) {
		t.Errorf("%d files, want %d", len(p.Files), len(odd))
	}
}

// A table without the kind that every other file falls under is still strict.
func TestProfileWithoutKinds(t *testing.T) {
	const want = "test-runner! < README.md; code-reviewer < README.md; security-auditor < README.md"
	if got := summary(Config{}.Profile([]string{"README.md"})); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func BenchmarkProfile(b *testing.B) {
	c, paths := Default(), []string{"src/payments/stripe-client.js", "tests/payments/stripe.test.js", "docs/guide/install.md", "config/settings.yaml"}
	for b.Loop() {
		c.Profile(paths)
	}
}
