package scope_test

import (
	"slices"
	"strings"
	"testing"

	"stopgate/hook/launch"
	"stopgate/hook/scope"
)

// worktree has the files of the worktree of these tests.
var worktree = []string{
	"src/auth/login.js", "src/auth/legacy/old.js", "src/api/users.js", "src/index.js", "src/sub/deep/x.ts", "tests/auth/login.test.js", "docs/auth.md", "README.md", "Makefile",
	"package.json", "config/app.yml", "app/[id]/page.tsx", "app/(auth)/page.tsx", "main.go", "cmd/run/main.go", ".github/workflows/ci.yml", "über/größe.js", "my dir/a b.js", "web/admin/src/x.ts",
}

func exists(name string) bool {
	return slices.ContainsFunc(worktree, func(file string) bool { return file == name || strings.HasPrefix(file, name+"/") })
}

// roots are the names of the worktree.
var roots = []string{"/home/me/repo/trees/PROJ-1-auth", "./trees/PROJ-1-auth"}

const (
	head = "TASK: PROJ-1, DESCRIPTION: let people log in\nWORKTREE_PATH: ./trees/PROJ-1-auth\n"
	all  = "" // every file may be changed
)

// outside returns the files of the worktree that a prompt does not let its agent change.
func outside(prompt string) string {
	bounds := scope.Read(prompt).In(roots, exists)
	var list []string
	for _, name := range worktree {
		if _, out := bounds.Outside(name); out {
			list = append(list, name)
		}
	}
	return strings.Join(list, " ")
}

// but returns the files of the worktree without those that begin with one of the prefixes.
func but(prefixes ...string) string {
	var list []string
	for _, name := range worktree {
		if !slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) }) {
			list = append(list, name)
		}
	}
	return strings.Join(list, " ")
}

func TestScopes(t *testing.T) {
	t.Parallel()
	auth := but("src/auth/")
	both := but("src/auth/", "tests/")
	for _, tt := range []struct{ name, prompt, want string }{
		// One label, one line.
		{"a glob", "SCOPE: src/auth/**", auth},
		{"a folder with a slash", "SCOPE: src/auth/", auth},
		{"a folder without one", "SCOPE: src/auth", auth},
		{"a star", "SCOPE: src/auth/*", auth},
		{"a dot before", "SCOPE: ./src/auth/**", auth},
		{"a slash before", "SCOPE: /src/auth/", auth},
		{"an absolute path", "SCOPE: /home/me/repo/trees/PROJ-1-auth/src/auth/**", auth},
		{"with the worktree's path", "SCOPE: ./trees/PROJ-1-auth/src/auth/", auth},
		{"backslashes", `SCOPE: src\auth\login.js`, but("src/auth/login.js")},
		{"backslashes and stars", `SCOPE: src\auth\**`, auth},
		{"a list as in JSON", `FILES: ["src/auth/login.js", "src/index.js"]`, but("src/auth/login.js", "src/index.js")},
		{"an extension", "SCOPE: *.go", but("main.go", "cmd/")},
		{"glued stars", "SCOPE: src/**.js", but("src/auth", "src/api", "src/index")},
		{"braces", "SCOPE: src/{auth,api}/**", but("src/auth/", "src/api/")},
		{"a list with commas", "SCOPE: src/auth/**, tests/auth/**", both},
		{"a list with spaces", "SCOPE: src/auth/** tests/auth/**", both},
		{"a list with and", "SCOPE: src/auth/** and tests/auth/**", both},
		{"a list with semicolons", "FILES: src/auth/login.js; src/index.js", but("src/auth/login.js", "src/index.js")},
		{"ownership behind it", "TASK_ID: P-1, WORKTREE: ./trees/PROJ-1-auth, FILES: src/auth/login.js src/index.js, EXCLUSIVE ownership", but("src/auth/login.js", "src/index.js")},
		{"ownership in brackets", "SCOPE: src/auth/** (exclusive)", auth},
		{"backticks", "SCOPE: `src/auth/**`, `tests/auth/**`", both},
		{"quotes", `SCOPE: "src/auth/**", 'tests/'`, both},
		{"bold", "**SCOPE:** **src/auth/**", auth},
		{"a full stop", "SCOPE: src/auth/**.", auth},
		{"lower case", "scope: src/auth/**", auth},
		{"an equals sign", "SCOPE=src/auth/**", auth},
		{"a quotation", "> **Scope**: `src/auth/**`", auth},
		{"a numbered label", "3. SCOPE: src/auth/**", auth},
		{"in the middle of a line", "TASK: PROJ-1, DESCRIPTION: let people log in, SCOPE: src/auth/**", auth},
		{"before another label", "SCOPE: src/auth/** TEST_COMMAND: npm test -- tests/auth", auth},
		{"a table", "| label | value |\n|---|---|\n| SCOPE | `src/auth/**` |\n| TASK | PROJ-1 |", auth},
		{"a mention", "FILES: @src/auth/login.js", but("src/auth/login.js")},
		{"line numbers", "FILES: src/auth/login.js:10-20, src/index.js#L3-L9", but("src/auth/login.js", "src/index.js")},
		{"a space in a name", "FILES: `my dir/a b.js`", but("my dir")},
		{"a dotted folder", "SCOPE: .github/**", but(".github")},
		{"a known file", "FILES: Makefile, README.md", but("Makefile", "README.md")},
		{"brackets in a name", "FILES: app/[id]/page.tsx", but("app/[id]")},
		{"parentheses in a name", "FILES: app/(auth)/page.tsx", but("app/(auth)")},
		{"Unicode", "SCOPE: über/**", but("über")},
		{"Unicode, decomposed", "SCOPE: u\u0308ber/**", but("über")},
		{"another case", "SCOPE: SRC/Auth/**", auth},
		{"a folder that is further down", "SCOPE: admin/src/**", but("web/admin/")},
		{"a file that is further down", "FILES: login.test.js", but("tests/")},
		{"a new file", "FILES: src/auth/token.js", but()},
		{"CRLF", "SCOPE: src/auth/**\r\nFILES: tests/auth/login.test.js\r\n", both},
		{".. that stays inside", "SCOPE: src/api/../auth/**", auth},

		// Lists below the label.
		{"bullets", "SCOPE:\n- src/auth/**\n- tests/auth/**", both},
		{"bullets behind an empty line", "FILES:\n\n* `src/auth/login.js`\n* `src/index.js`\n\nRun the tests.", but("src/auth/login.js", "src/index.js")},
		{"a numbered list", "FILES:\n1. src/auth/login.js\n2) src/index.js", but("src/auth/login.js", "src/index.js")},
		{"a task list", "FILES:\n- [ ] src/auth/login.js\n- [x] src/index.js", but("src/auth/login.js", "src/index.js")},
		{"plain lines", "EXCLUSIVE_FILES:\nsrc/auth/login.js\nsrc/index.js\n\nREADME.md explains it.", but("src/auth/login.js", "src/index.js")},
		{"a code block", "SCOPE:\n```\nsrc/auth/**\ntests/auth/**\n```\nThen report.", both},
		{"an announced list", "SCOPE: You may change only these files:\n- src/auth/**", auth},
		{"a heading", "## Scope\n\n- `src/auth/**`\n\n## Notes\n- docs/auth.md explains the flow", auth},
		{"a heading with a colon", "### Exclusive files:\n- src/auth/login.js", but("src/auth/login.js")},
		{"files to modify", "**Files to modify:**\n- src/auth/login.js", but("src/auth/login.js")},
		{"your files", "YOUR FILES: src/auth/login.js", but("src/auth/login.js")},
		{"remarks", "FILES:\n- src/auth/login.js - the handler\n- src/index.js: wire it in\n- `docs/auth.md` (new section)", but("src/auth/login.js", "src/index.js", "docs/auth.md")},
		{"a remark with another path", "FILES:\n- src/auth/login.js (tested by tests/auth/login.test.js)", but("src/auth/login.js", "tests/")},
		{"a remark that is a ban", "FILES:\n- src/auth/login.js\n- docs/auth.md (read-only)", but("src/auth/login.js")},
		{"YAML", "scope:\n  - src/auth/**\n  - tests/auth/**\nrestriction: do not touch docs/", both},
		{"JSON", `{"task": "PROJ-1", "scope": ["src/auth/**", "tests/auth/**"], "description": "log in"}`, both},
		{"JSON, one string", "{\n  \"task\": \"PROJ-1\",\n  \"files\": \"src/auth/login.js, src/index.js\"\n}", but("src/auth/login.js", "src/index.js")},
		{"XML", "<task>PROJ-1</task>\n<scope>src/auth/**</scope>", auth},
		{"XML over lines", "<files>\n- src/auth/login.js\n- src/index.js\n</files>\nsrc/api is next.", but("src/auth/login.js", "src/index.js")},
		{"a list in the last line of the prompt", head + "FILES:\n- src/index.js", but("src/index.js")},
		{"two labels are one list", "SCOPE: src/auth/**\nFILES: tests/auth/login.test.js", both},

		// Words.
		{"only", "RESTRICTION: only files under src/auth", auth},
		{"only, behind", "RESTRICTION: src/auth only", auth},
		{"only, in a sentence", "RESTRICTIONS: You may only edit files in src/auth/ and tests/auth/.", both},
		{"limited to", "RESTRICTION: Changes are strictly limited to `src/auth/`", auth},
		{"do not touch", "RESTRICTION: do not touch tests/", "tests/auth/login.test.js"},
		{"don't", "RESTRICTION: Don’t modify docs/ or README.md", "docs/auth.md README.md"},
		{"never", "RESTRICTION: never edit package.json, config/app.yml", "package.json config/app.yml"},
		{"loud", "RESTRICTION: Do NOT modify src/api/**", "src/api/users.js"},
		{"off limits", "RESTRICTION: `docs/` is off-limits", "docs/auth.md"},
		{"leave alone", "RESTRICTION: Leave docs/ and config/ alone.", "docs/auth.md config/app.yml"},
		{"must not be changed", "RESTRICTION: README.md must not be changed", "README.md"},
		{"read-only", "RESTRICTION: docs/ is read-only", "docs/auth.md"},
		{"read-only, remarked", "RESTRICTION: docs/** (read-only), README.md (do not edit)", "docs/auth.md README.md"},
		{"remarked beside another", "RESTRICTION: src/auth/**, docs/** (read-only)", "docs/auth.md"},
		{"all but", "SCOPE: everything except docs/", "docs/auth.md"},
		{"all but, in other words", "SCOPE: all files other than `docs/` and README.md", "docs/auth.md README.md"},
		{"refrain", "RESTRICTION: Refrain from editing docs/** or README.md", "docs/auth.md README.md"},
		{"avoid", "RESTRICTION: avoid changing package.json", "package.json"},
		{"stay out of", "RESTRICTION: stay out of src/api", "src/api/users.js"},
		{"a folder by its name", "RESTRICTION: do not touch the docs folder", "docs/auth.md"},
		{"a list of bans", "RESTRICTION: Do not change:\n- docs/\n- README.md", "docs/auth.md README.md"},
		{"sentences in a list", "RESTRICTION:\n- Only edit src/\n- Do not touch src/api/", but("src/auth", "src/index", "src/sub")},
		{"outside", "RESTRICTION: do not change anything outside src/auth/", auth},
		{"outside is off limits", "RESTRICTION: everything outside of src/auth/ is off limits", auth},
		{"nothing except", "RESTRICTION: change nothing except src/auth/**", auth},
		{"and nothing else", "SCOPE: src/auth/** and nothing else", auth},
		{"except", "SCOPE: src/** except src/api/**", but("src/auth", "src/index", "src/sub")},
		{"but not", "SCOPE: src/auth/**, but not src/auth/legacy/", but("src/auth/login.js")},
		{"in parentheses", "SCOPE: src/auth/** (not src/auth/legacy/)", but("src/auth/login.js")},
		{"a ban with an exception", "RESTRICTION: do not touch src/ except for src/auth/", "src/api/users.js src/index.js src/sub/deep/x.ts"},
		{"a scope and a ban", "SCOPE: src/**\nRESTRICTION: do not touch src/api/", but("src/auth", "src/index", "src/sub")},
		{"only and not", "SCOPE: only src/auth/, do not touch src/auth/legacy/", but("src/auth/login.js")},
		{"out of scope", "OUT OF SCOPE: docs/, README.md", "docs/auth.md README.md"},
		{"others' files", "RESTRICTION: Do not edit other agents' files: src/api/users.js, src/index.js", "src/api/users.js src/index.js"},

		// Without a scope in the prompt, nothing certain follows from its paths.
		{"no label", head + "Only edit src/auth/login.js.", all},
		{"prose", "SCOPE: the login flow of the web application", all},
		{"prose with marks", "SCOPE: authentication (OAuth, SSO) and/or session handling; Node.js only", all},
		{"a ban on prose", "RESTRICTION: Do NOT modify the billing module", all},
		{"a ban on commits", "RESTRICTION: never run git commit, git push or npm publish", all},
		{"versions and hosts", "SCOPE: HTTP/2 and TLS 1.3 against api.example.com with v2.0", all},
		{"words with a slash", "SCOPE: login/logout", all},
		{"a route", "SCOPE: /api/v1/sessions", all},
		{"a link", "SCOPE: https://example.org/src/auth/plan.md", all},
		{"and whatever is needed", "SCOPE: src/auth/** and whatever tests are needed", all},
		{"an example", "SCOPE: e.g. src/auth/login.js", all},
		{"and so on", "FILES: src/auth/login.js, src/index.js, etc.", all},
		{"its tests", "FILES: src/auth/login.js and its tests", all},
		{"mainly", "SCOPE: mainly src/auth/", all},
		{"a sentence below", "SCOPE: src/auth/**\nAdd tests for the callers.", auth},
		{"a condition", "RESTRICTION: do not touch tests/ unless a test is wrong", all},
		{"a later sentence", "SCOPE: src/auth/**. Also fix the callers.", all},
		{"a later line", "SCOPE: src/auth/**\nalso whatever calls it", all},
		{"a list that goes on under a name", "FILES:\n- src/auth/login.js\nBackend:\n- src/api/users.js", all},
		{"a purpose", "SCOPE: make the parser that src/index.js uses faster", all},
		{"restricted to or from", "RESTRICTION: src/auth/**", all},
		{"a double negation", "RESTRICTION: it is not forbidden to edit docs/", all},
		{"not only", "RESTRICTION: do not only change src/auth/", all},
		{"another language", "SCOPE: nur Dateien unter src/auth/", all},
		{"everything", "SCOPE: **", all},
		{"a dot", "SCOPE: .", all},
		{"the worktree", "SCOPE: ./trees/PROJ-1-auth", all},
		{"the worktree, absolute", "SCOPE: /home/me/repo/trees/PROJ-1-auth/", all},
		{"none", "RESTRICTION: none", all},
		{"empty", "SCOPE:\n\nDo it.", all},
		{"files that were read", "Files reviewed: src/auth/login.js", all},
		{"key files", "Key files:\n- src/auth/login.js", all},
		{"a heading over files", "## Files\n- src/auth/login.js has the handler", all},
		{"the words of others", "SKILL_CONTENT: x\nSCOPE: src/auth/**", all},
		{"one of two labels is unclear", "SCOPE: src/auth/** and related code\nFILES: src/index.js", all},
		{"an unclear ban beside a scope", "SCOPE: src/auth/**\nRESTRICTION: do not touch docs/ if you can", auth},

		// Hostile.
		{"out of the worktree", "SCOPE: ../other/**", all},
		{"far out", "SCOPE: src/../../../etc/**", all},
		{"a wildcard before ..", "SCOPE: src/*/../../x", all},
		{"another absolute path", "SCOPE: /etc/passwd, /root/**", all},
		{"a home folder", "SCOPE: ~/src/**", all},
		{"an open bracket", "SCOPE: src/[auth/**", all},
		{"an open brace", "SCOPE: src/{auth,api/**", all},
		{"nested braces", "SCOPE: src/{a,{b,{c,d}}}/**", all},
		{"many alternatives", "SCOPE: " + strings.Repeat("{a,b,c,d}", 9) + "/**", all},
		{"a placeholder", "SCOPE: <path>/src/**, $ROOT/src", all},
		{"control characters", "SCOPE: src/\x00\x1b[31m/**", all},
		{"invalid UTF-8", "SCOPE: \xff\xfe/\xff**", all},
		{"a long path", "SCOPE: " + strings.Repeat("a/", 300) + "**", all},
		{"many paths", "FILES: " + strings.Repeat("src/x.js, ", 1500), all},
		{"a huge value", "SCOPE: src/auth/** " + strings.Repeat("x ", 20_000), all},
		{"a huge prompt", "SCOPE: src/auth/**\n" + strings.Repeat("x ", launch.MaxPromptRead), all},
		{"broken JSON", `{"scope": ["src/auth/**", `, all},
		{"JSON with an object", `{"scope": {"allow": ["src/auth/**"]}}`, all},
		{"open quotes", "SCOPE: `src/auth/**, \"tests/", both},
		{"not in scope", "NOT IN SCOPE: docs/", "docs/auth.md"},
		{"what is no label", "THIS IS NOT OUR SCOPE: docs/", all},
		{"deep JSON", `{"scope": ` + strings.Repeat("[", 20_000), all},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := outside(tt.prompt); got != tt.want {
				t.Errorf("%.300q\nlimits %q\n  want %q\nread as %+v", tt.prompt, got, tt.want, scope.Read(tt.prompt))
			}
		})
	}
}

// TestOwnership: SCOPE says where the work lies, and a remark behind the files deals them out.
func TestOwnership(t *testing.T) {
	t.Parallel()
	for prompt, want := range map[string]bool{
		"FILES: src/index.js":                             true,
		"FILES: src/index.js, EXCLUSIVE ownership":        true,
		"SCOPE: src/index.js - exclusive":                 true,
		"SCOPE: src/index.js (you have sole ownership)":   true,
		"SCOPE: src/index.js":                             false,
		"RESTRICTION: only src/index.js, exclusively":     false,
		"SCOPE: src/index.js, not exclusive to the login": false,
	} {
		if got := scope.Read(prompt).In(roots, exists).Owns("src/index.js"); got != want {
			t.Errorf("%s: owned is %t", prompt, got)
		}
	}
}
