package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// toolKind is a kind whose agent builds and tests with real tools. It is left out if one of them is missing.
type toolKind struct {
	kind
	tools []string
}

// toolKinds are all honest: the agent need not list what the tools leave besides the work.
var toolKinds = []toolKind{
	{kind{"real tests by pytest", "", coding(func(a *agent) {
		a.changes("src/lib/calc.py")
		a.bash("sed -i '$d' src/lib/calc.py; echo '# " + a.w.word() + "' >> src/lib/calc.py; python3 -m pytest -q tests/test_calc.py || true")
		delete(a.w.made, a.path("src/lib/calc.py"))
		a.stops("src/lib/calc.py")
	})}, []string{"python3"}},
	{kind{"real tests by go, with profiles and a test program", "", coding(func(a *agent) {
		a.changes("main.go")
		a.succeeds("printf 'package main\\n\\nimport \"testing\"\\n\\nfunc TestMain1(t *testing.T) { main() }\\n' > main_test.go && export "+"GOCACHE="+quote(goCacheFolder())+" GOTOOLCHAIN=local GOFLAGS= && "+
			"go vet . && go test -coverprofile=coverage.out -cpuprofile=cpu.prof -o shop.test . && go build -o /dev/null .", "main_test.go")
		a.stops("main.go", "main_test.go")
	})}, []string{"go"}},
	{kind{"a real install by npm", "", coding(func(a *agent) {
		a.writes("lib/left/package.json", "{\"name\": \"left\", \"version\": \"1.0.0\"}\n")
		a.writes("lib/left/index.js", "module.exports = () => '"+a.w.word()+"'\n")
		a.succeeds("npm install --offline --no-audit --no-fund --loglevel=error ./lib/left && npm test --silent")
		a.stops("package.json", "package-lock.json", "lib/left/package.json", "lib/left/index.js")
	})}, []string{"npm", "node"}},
	{kind{"a real crate tested by cargo", "", coding(func(a *agent) {
		home, err := os.UserHomeDir()
		check(err)
		a.succeeds("export RUSTUP_HOME=\"${RUSTUP_HOME:-"+filepath.Join(home, ".rustup")+"}\" && cargo init -q --lib --vcs none --name shop rust && cd rust && cargo test -q --offline",
			"rust/Cargo.toml", "rust/src/lib.rs", "rust/Cargo.lock")
		a.stops("rust/Cargo.toml", "rust/src/lib.rs", "rust/Cargo.lock")
	})}, []string{"cargo", "cc"}},
	{kind{"a real build by make and the C compiler, with counters of gcov", "", coding(func(a *agent) {
		a.writes("src/tool.c", "/* "+a.w.word()+" */\nint twice(int n) { return 2 * n; }\n")
		a.succeeds("printf 'src/tool.o: src/tool.c\\n\\tcc --coverage -c src/tool.c -o src/tool.o\\n' >> Makefile && make -s src/tool.o", "Makefile")
		a.stops("src/tool.c", "Makefile")
	})}, []string{"make", "cc"}},
}

// realToolKinds returns the kinds whose tools are all here.
func realToolKinds() (here []kind) {
	for _, k := range toolKinds {
		if !slices.ContainsFunc(k.tools, missing) {
			here = append(here, k.kind)
		}
	}
	return here
}

// toolsLine names the tools that took part, and those that did not, for the page.
func toolsLine() string {
	var here, gone []string
	for _, k := range toolKinds {
		for _, tool := range k.tools {
			switch {
			case slices.Contains(here, tool), slices.Contains(gone, tool):
			case missing(tool):
				gone = append(gone, tool)
			default:
				here = append(here, tool)
			}
		}
	}
	line := "tools: " + strings.Join(here, ", ")
	if gone != nil {
		line += "; not here, so that their kinds are left out: " + strings.Join(gone, ", ")
	}
	return line
}

func missing(tool string) bool {
	_, err := exec.LookPath(tool)
	return err != nil
}

// succeeds runs a command that must succeed. Otherwise the case is broken, and no judgement is counted.
func (a *agent) succeeds(command string, made ...string) {
	if out, status := a.bash(command, made...); status != 0 {
		failf("%s: status %d\n%s", command, status, out)
	}
}

var goCacheFolder = sync.OnceValue(func() string {
	out, err := exec.Command("go", "env", "GOCACHE").Output()
	check(err)
	return strings.TrimSpace(string(out))
})
