package hook_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// goPackage is what `go list -json` says of a package.
type goPackage struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func listPackages(t *testing.T, patterns ...string) []goPackage {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list", "-json=ImportPath,Imports,Deps"}, patterns...)...).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []goPackage
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	return packages
}

// layers are the program's packages from the bottom to the top. A package imports only packages of lower layers, so data flows in one direction:
// the event, the records, the evidence, the verdict, the answer.
var layers = [][]string{
	{"hook/lazyregexp", "cmd/stopgate/hugepages", "hook/artifact/safedir"},
	{"hook/shell/argv", "hook/artifact/trash"},
	{"schema", "hook/quote", "hook/gates", "hook/journal", "hook/calls", "hook/transcript", "hook/shell", "hook/shell/gitop", "hook/reportname", "hook/manifest", "hook/speaker", "hook/worktree/gitdir", "hook/worktree/ignore"},
	{"hook/worktree/object", "hook/shell/screen", "hook/report/document"},
	{"hook/worktree/refs", "hook/worktree/gitcmd", "hook/worktree/disk", "hook/worktree/index"},
	{"hook/worktree/gitconfig"},
	{"hook/worktree/repository"},
	{"hook/worktree/status", "hook/worktree/marks"},
	{"hook/worktree/history"},
	{"hook/worktree"},
	{"hook/report", "hook/evidence", "hook/config", "hook/artifact", "hook/host", "hook/rule"},
	{"hook/launch", "hook/sarif", "hook/style"},
	{"hook/site", "hook/scope", "hook/cleanup", "hook/submission"},
	{"hook/trace"},
	{"hook/repochange", "hook/suite", "hook/conduct", "hook/guard"},
	{"hook/inspect", "hook/integration"},
	{"hook/judge", "hook/observe"},
	{"hook/step"},
	{"hook/record"},
	{"hook/scene"},
	{"hook/session", "hook/look", "hook/isolation", "hook/clientsettings"},
	{"hook/actor"},
	{"hook/crosscheck", "hook/gateresult", "hook/target", "hook/tidy", "hook/afterstop"},
	{"hook/delivery", "hook/merging"},
	{"hook", "hook/gitcommand", "hook/view", "hook/figures", "hook/check"},
	{"hook/replay", "hook/doctor", "hook/setup", "hook/manual", "hook/page", "hook/serve"},
	{"scripts/client"},
	{"cmd/stopgate/bench", "scripts/month", "scripts/structure", "scripts/dist", "scripts/eval", "scripts/soak", "scripts/wine", "scripts/wine/git"},
	{"cmd/stopgate", "scripts"},
}

// leaves own an untrusted format, an outside module or an effect. They report facts, and import no more of the program than this and hook/lazyregexp.
var leaves = map[string][]string{
	"schema":                nil,
	"hook/evidence":         {"hook/shell", "hook/shell/argv"},
	"hook/gates":            nil,
	"hook/journal":          nil,
	"hook/calls":            nil,
	"hook/transcript":       nil,
	"hook/shell":            {"hook/shell/argv"},
	"hook/shell/argv":       nil,
	"hook/shell/gitop":      {"hook/shell/argv"},
	"hook/shell/screen":     {"hook/shell", "hook/shell/argv", "hook/shell/gitop"},
	"hook/artifact":         {"hook/artifact/safedir", "hook/artifact/trash"},
	"hook/artifact/safedir": nil,
	"hook/artifact/trash":   {"hook/artifact/safedir"},
	"hook/manifest":         nil,
	"hook/speaker":          nil,
	"hook/worktree/ignore":  nil,
	"hook/worktree/gitdir":  nil,
	"hook/worktree/object":  {"hook/worktree/gitdir"},
	"hook/worktree/refs":    {"hook/worktree/gitdir", "hook/worktree/object"},
	"hook/worktree/gitcmd":  {"hook/worktree/object"},
	"hook/worktree/disk":    {"hook/worktree/gitdir", "hook/worktree/object"},
	"hook/worktree/index":   {"hook/worktree/gitdir", "hook/worktree/object"},
	"hook/worktree/gitconfig": {
		"hook/worktree/gitcmd", "hook/worktree/gitdir", "hook/worktree/ignore", "hook/worktree/refs",
	},
	"hook/worktree/repository": {
		"hook/worktree/gitcmd", "hook/worktree/gitconfig", "hook/worktree/gitdir", "hook/worktree/ignore", "hook/worktree/index", "hook/worktree/object",
		"hook/worktree/refs",
	},
	"hook/worktree/status": {
		"hook/worktree/disk", "hook/worktree/gitcmd", "hook/worktree/gitconfig", "hook/worktree/gitdir", "hook/worktree/ignore",
		"hook/worktree/index", "hook/worktree/object", "hook/worktree/refs", "hook/worktree/repository",
	},
	"hook/worktree/marks": {
		"hook/worktree/disk", "hook/worktree/gitcmd", "hook/worktree/gitconfig", "hook/worktree/gitdir", "hook/worktree/ignore", "hook/worktree/index",
		"hook/worktree/object", "hook/worktree/refs", "hook/worktree/repository",
	},
	"hook/worktree/history": {
		"hook/worktree/gitdir", "hook/worktree/object", "hook/worktree/refs", "hook/worktree/repository", "hook/worktree/status",
	},
	"hook/worktree": {
		"hook/worktree/gitdir", "hook/worktree/history", "hook/worktree/marks", "hook/worktree/object", "hook/worktree/refs", "hook/worktree/repository",
		"hook/worktree/status",
	},
	"hook/report":          {"schema", "hook/quote", "hook/report/document"},
	"hook/report/document": {"hook/quote"},
	"hook/config":          {"schema"},
}

// owners are the packages that may import an outside module.
var owners = map[string]string{
	"github.com/santhosh-tekuri/jsonschema": "schema",
	"github.com/go-git/":                    "hook/worktree/object",
	"github.com/gofrs/flock":                "hook/journal",
	"github.com/goccy/go-yaml":              "hook/config",
	"github.com/bmatcuk/doublestar":         "hook/config",
	"mvdan.cc/sh/":                          "hook/shell",
	"golang.org/x/text":                     "hook/report",
}

// TestLayers holds the shape that ARCHITECTURE.md draws.
func TestLayers(t *testing.T) {
	layer := map[string]int{}
	for i, names := range layers {
		for _, name := range names {
			layer[name] = i
		}
	}
	seen := 0
	for _, p := range listPackages(t, "stopgate/...") {
		name := strings.TrimPrefix(p.ImportPath, "stopgate/")
		if name == "cmd/stopgate/hosttest" || name == "cmd/stopgate/browsertest" {
			continue // a test's own tools are not the program's
		}
		own, known := layer[name]
		if !known {
			t.Errorf("%s stands in no layer", name)
			continue
		}
		seen++
		allowed, leaf := leaves[name]
		for _, imported := range p.Imports {
			for module, owner := range owners {
				if strings.HasPrefix(imported, module) && name != owner && !strings.HasPrefix(name, owner+"/") {
					t.Errorf("%s imports %s, which belongs to %s", name, imported, owner)
				}
			}
			imported, ours := strings.CutPrefix(imported, "stopgate/")
			switch {
			case !ours:
			case leaf && imported != "hook/lazyregexp" && !slices.Contains(allowed, imported):
				t.Errorf("%s is a leaf and imports %s", name, imported)
			case layer[imported] >= own:
				t.Errorf("%s imports %s, which stands in no lower layer", name, imported)
			}
		}
	}
	if seen != len(layer) {
		t.Errorf("%d packages stand in a layer, and go list found %d of them", len(layer), seen)
	}
}

// TestDrawnLayers compares the table of layers in ARCHITECTURE.md with the imports: none leads to a package of a lower row.
func TestDrawnLayers(t *testing.T) {
	page, err := os.ReadFile("../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "| layer | packages |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	row := map[string]int{}
	for i, line := range strings.Split(table, "\n") {
		for _, match := range regexp.MustCompile("`([a-z/]+)`").FindAllStringSubmatch(line, -1) {
			row[match[1]] = i
		}
	}
	for _, p := range listPackages(t, "stopgate/schema", "stopgate/hook/...", "stopgate/cmd/stopgate") {
		name := strings.TrimPrefix(p.ImportPath, "stopgate/")
		if strings.HasPrefix(name, "hook/worktree/") || strings.HasPrefix(name, "hook/shell/") || strings.HasPrefix(name, "hook/report/") || strings.HasPrefix(name, "hook/artifact/") {
			continue // parts of a leaf
		}
		own, drawn := row[name]
		if !drawn {
			t.Errorf("ARCHITECTURE.md draws no layer for %s", name)
		}
		for _, imported := range p.Imports {
			if imported, ours := strings.CutPrefix(imported, "stopgate/"); ours && row[imported] > own {
				t.Errorf("%s imports %s, which ARCHITECTURE.md draws below it", name, imported)
			}
		}
	}
}

// TestBinaryStaysSmall keeps out of the program what starts slowly and is not needed: go-git's root package and the network.
func TestBinaryStaysSmall(t *testing.T) {
	packages := listPackages(t, "stopgate/cmd/stopgate")
	if len(packages) != 1 || len(packages[0].Deps) < 50 {
		t.Fatalf("go list found %+v", packages)
	}
	for _, dep := range packages[0].Deps {
		for _, unwanted := range []string{"github.com/go-git/go-git/v5", "net/http", "golang.org/x/crypto/ssh", "github.com/ProtonMail/go-crypto/openpgp", "testing"} {
			if dep == unwanted {
				t.Errorf("the program links %s", dep)
			}
		}
	}
}

// TestStartCompilesNothing: regular expressions are compiled when they are first needed. Most events need none, and each waits for the start.
func TestStartCompilesNothing(t *testing.T) {
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "../scripts/") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			if gen, isVar := decl.(*ast.GenDecl); isVar && gen.Tok == token.VAR {
				ast.Inspect(gen, func(n ast.Node) bool {
					if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "MustCompile" {
						t.Errorf("%s compiles a regular expression before main", path)
					}
					_, later := n.(*ast.FuncLit)
					return !later
				})
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
