package setup_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stopgate/hook/config"
	"stopgate/hook/setup"
)

// lay writes files below dir.
func lay(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
}

func agent(name, description string) string {
	return "---\nname: " + name + "\ndescription: " + description + "\n---\n\nDo it.\n"
}

// TestFile: the files of a repository decide what the configuration sets. It sets nothing that equals the default.
func TestFile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		repo, plugin map[string]string
		trees        []string // linked worktrees, relative to the main one
		want         []string // lines of the file
		not          []string
		needed       bool
	}{
		"nothing": {nil, nil, nil, nil, []string{"agents:", "profiles:", "worktrees:", "authorise:"}, false},
		"default agents": {map[string]string{
			".claude/agents/bug-fixer.md": agent("bug-fixer", "fixes bugs"), ".claude/agents/code-reviewer.md": agent("code-reviewer", "reviews"),
		}, nil, []string{"trees/A-1"}, []string{"# Found as well, and nothing has to be set for it:", "#   agents with their default roles: bug-fixer, code-reviewer"}, []string{"agents:", "profiles:", "worktrees:"}, false},
		"a coder of its own": {map[string]string{
			".claude/agents/rust-developer.md": agent("rust-developer", "writes Rust"), ".claude/agents/planner.md": agent("planner", "plans"), ".claude/agents/README.md": "# Agents\n",
		}, nil, nil, []string{"  coding: [feature-developer, bug-fixer, refactoring-dev, integration-engineer, rust-developer]"}, []string{"planner"}, true},
		"named otherwise than its file": {map[string]string{".claude/agents/a.md": agent("\"web-coder\"", "x")}, nil, nil, []string{"web-coder]"}, nil, true},
		"an engineer who codes":         {map[string]string{".claude/agents/e.md": agent("payments-engineer", "Implements payments")}, nil, nil, []string{"payments-engineer]"}, nil, true},
		"an engineer who does not":      {map[string]string{".claude/agents/e.md": agent("sales-engineer", "Answers questions")}, nil, nil, nil, []string{"agents:"}, false},
		"a developer who only reads":    {map[string]string{".claude/agents/e.md": "---\nname: senior-developer\ntools: Read, Grep\n---\n"}, nil, nil, nil, []string{"agents:"}, false},
		"in a folder of the folder": {
			map[string]string{".claude/agents/engineering/web/api-builder.md": agent("api-builder", "x")},
			nil, nil,
			[]string{"api-builder]"},
			nil, true,
		},
		"named after a language": {map[string]string{".claude/agents/g.md": agent("golang-pro", "Use when building Go services with much concurrency")}, nil, nil, []string{"golang-pro]"}, nil, true},
		"an expert who does not": {map[string]string{".claude/agents/e.md": agent("tax-expert", "Builds tax forecasts")}, nil, nil, nil, []string{"agents:"}, false},
		"a coder who commits": {
			map[string]string{".claude/agents/f.md": agent("plan-fixer", "Fixes what a review found, and commits each fix atomically")},
			nil, nil,
			[]string{"# Not among the coding agents, because their definitions have them commit, which is refused to those: plan-fixer"},
			[]string{"agents:"},
			false,
		},
		"another reviewer": {
			map[string]string{".claude/agents/r.md": agent("peer-reviewer", "reviews code")},
			nil, nil,
			[]string{"  - kind: application", "    reviewers: [peer-reviewer]"},
			nil, true,
		},
		"hostile names": {map[string]string{
			".claude/agents/x.md": agent("evil: [coder]", "x"), ".claude/agents/y.md": "---\nname: \"*dev\"\n---\n", ".claude/agents/true.md": "---\nname: x-dev\ndescription: a # b: c\n---\n",
		}, nil, nil, []string{"x-dev]"}, []string{"evil", "*dev"}, true},
		"a plugin": {nil, map[string]string{
			".claude-plugin/plugin.json": `{"name": "crew"}`, "agents/vue-dev.md": agent("vue-dev", "x"),
		}, nil, []string{"# Their reports are verified. The first 4 are the default ones. Also found: crew/agents/vue-dev.md."}, nil, true},
		"worktrees elsewhere": {
			nil, nil,
			[]string{"wt/a", "wt/b", "trees/c", ".claude/worktrees/d", ".worktrees/e"},
			[]string{"  roots: [trees, .claude/worktrees, .worktrees, wt]"},
			[]string{"anywhere"},
			true,
		},
		"worktrees outside": {nil, nil, []string{"../repo-trees/a"}, []string{"  anywhere: true"}, []string{"roots:"}, true},
		"reaper by its file": {map[string]string{
			".reaper.yml":  "version: 1\ntest:\n  cmd: npm run test:coverage\nlint:\n  cmd: npm run lint\ncoverage:\n  threshold: 80\nworktrees:\n  base_path: ./work/trees/\n  naming_pattern: '{task_id}-{slug}'\nworkflow:\n  require_security_gate: false\n",
			"package.json": `{"scripts": {"test": "jest"}}`,
		}, nil, nil, []string{
			"  commit: gates", "  roots: [trees, .claude/worktrees, .worktrees, work/trees]", "commands:", "  test: npm run test:coverage   # .reaper.yml", "  lint: npm run lint   # .reaper.yml", "coverage: 80   # .reaper.yml",
			"    reviewers: [feature-developer]", "    reviewers: [principal-engineer]", "    security: false   # .reaper.yml: workflow.require_security_gate",
		}, nil, true},
		"reaper by its plugin": {nil, map[string]string{
			".claude-plugin/plugin.json": `{"name": "reaper"}`, "agents/feature-developer.md": agent("feature-developer", "x"), "agents/data-engineer.md": agent("data-engineer", "Implements pipelines"),
		}, nil, []string{"  commit: gates", "    reviewers: [feature-developer]", "  - kind: architecture-review", "  - kind: tool-configuration", "  - kind: migration", "  main: true"}, []string{"data-engineer", "require_security_gate"}, true},
		"npm":                {map[string]string{"package.json": `{"scripts": {"test": "vitest", "lint": "eslint ."}}`}, nil, nil, []string{"commands:", "  test: npm test   # package.json", "  lint: npm run lint   # package.json"}, []string{"coverage"}, true},
		"npm without tests":  {map[string]string{"package.json": `{"scripts": {"test": "echo \"Error: no test specified\" && exit 1"}}`, "go.mod": "module x\n"}, nil, nil, []string{`  test: "go test ./..."   # go.mod`}, []string{"npm"}, true},
		"make":               {map[string]string{"Makefile": "lint:\n\tx\ntest: build\n\ty\n", "go.mod": "module x\n"}, nil, nil, []string{"  test: make test   # Makefile", "  lint: make lint   # Makefile"}, nil, true},
		"a variable of make": {map[string]string{"Makefile": "test := 1\n"}, nil, nil, nil, []string{"make test"}, false},
		"python":             {map[string]string{"pyproject.toml": "[tool.pytest.ini_options]\n[tool.ruff]\n"}, nil, nil, []string{"  test: pytest   # pyproject.toml", "  lint: ruff check   # pyproject.toml"}, nil, true},
		"odd commands": {
			map[string]string{".reaper.yml": "test:\n  cmd: \"true\"\nlint:\n  cmd: 'a: b # c && \"d\" | e'\ncoverage:\n  threshold: 180\n"},
			nil, nil,
			[]string{`  test: "true"   # .reaper.yml`, `  lint: "a: b # c && \"d\" | e"   # .reaper.yml`},
			[]string{"coverage:"},
			true,
		},
		"a command of two lines": {map[string]string{".reaper.yml": "test:\n  cmd: |\n    a\n    b\nlint:\n  cmd: make lint\n"}, nil, nil, []string{
			"# The command for test in .reaper.yml is left out: it is not one line of at most 300 characters.", "commands:", "  lint: make lint   # .reaper.yml",
		}, []string{"test:"}, true},
		"a manifest in pieces": {map[string]string{"package.json": `{"scripts": `}, nil, nil, nil, []string{"npm"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			top, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			p := setup.Places{Root: filepath.Join(top, "repo"), CommonDir: filepath.Join(top, "repo", ".git")}
			lay(t, p.Root, map[string]string{".git/HEAD": "ref: refs/heads/main\n"})
			lay(t, p.Root, c.repo)
			if c.plugin != nil {
				p.Plugins = []string{filepath.Join(top, "plugin")}
				lay(t, p.Plugins[0], c.plugin)
			}
			for _, tree := range c.trees {
				path := filepath.Join(p.Root, filepath.FromSlash(tree), ".git")
				lay(t, "", map[string]string{path: "gitdir: x\n", filepath.Join(p.CommonDir, "worktrees", filepath.Base(tree), "gitdir"): path + "\n"})
			}
			text, needed, err := setup.Look(p).File()
			if err != nil {
				t.Fatal(err)
			}
			if _, problems := config.Parse(config.FileName, text); len(problems) > 0 {
				t.Errorf("it is not valid: %v", problems)
			}
			if needed != c.needed {
				t.Errorf("needed is %t", needed)
			}
			lines := strings.Split(string(text), "\n")
			for _, want := range c.want {
				if !slices.Contains(lines, want) && !(strings.HasSuffix(want, "]") && strings.Contains(string(text), want+"\n")) {
					t.Errorf("no line %q", want)
				}
			}
			for _, not := range c.not {
				if strings.Contains(string(text), not) {
					t.Errorf("it has %q", not)
				}
			}
			if t.Failed() {
				t.Logf("%s", text)
			}
		})
	}
}

// Nothing is read through a link that leads out of the repository.
func TestLinks(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	lay(t, top, map[string]string{"outside/coder.md": agent("stray-coder", "x"), "repo/x": ""})
	if err := os.Mkdir(filepath.Join(top, "repo", ".claude"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(top, "outside"), filepath.Join(top, "repo", ".claude", "agents")); err != nil {
		t.Skipf("no links here: %v", err)
	}
	found := setup.Look(setup.Places{Root: filepath.Join(top, "repo"), CommonDir: filepath.Join(top, "repo", ".git")})
	if len(found.Agents) > 0 || len(found.Problems) == 0 {
		t.Errorf("found %+v", found)
	}
}

// TestOwnAgents: a person's agents are used in every project. Where a project has one of the same name, that is the one which is launched.
func TestOwnAgents(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	lay(t, top, map[string]string{
		"repo/.git/HEAD": "ref: refs/heads/main\n", "repo/.claude/agents/a.md": agent("web-coder", "x"),
		"client/agents/languages/go.md": agent("go-coder", "x"), "client/agents/web.md": agent("web-coder", "x"),
	})
	found := setup.Look(setup.Places{Root: filepath.Join(top, "repo"), Client: filepath.Join(top, "client")})
	var from []string
	for _, a := range found.Agents {
		from = append(from, a.From)
	}
	if want := []string{"~/.claude/agents/languages/go.md", ".claude/agents/a.md"}; !slices.Equal(from, want) || len(found.Problems) > 0 {
		t.Errorf("found %q, %v", from, found.Problems)
	}
	if found = setup.Look(setup.Places{Root: filepath.Join(top, "repo"), Client: filepath.Join(top, "none")}); len(found.Problems) > 0 {
		t.Errorf("without a folder of settings: %v", found.Problems)
	}
}
