package hook_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
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

// TestDependencyDirections holds the shape that ARCHITECTURE.md draws: the judge on top, leaves below it that know nothing of
// each other, and each outside module in the hands of one package.
func TestDependencyDirections(t *testing.T) {
	allowed := map[string][]string{ // what each package may import of this module
		"stopgate/schema":               nil,
		"stopgate/hook/report":          {"stopgate/schema"},
		"stopgate/hook/config":          {"stopgate/schema"},
		"stopgate/hook/transcript":      nil,
		"stopgate/hook/journal":         nil,
		"stopgate/hook/artifact":        nil,
		"stopgate/hook/gates":           nil,
		"stopgate/hook/shell":           nil,
		"stopgate/hook/worktree/ignore": nil,
		"stopgate/hook/worktree":        {"stopgate/hook/worktree/ignore"},
	}
	owner := map[string]string{ // who may import an outside module
		"github.com/santhosh-tekuri/jsonschema": "stopgate/schema",
		"github.com/go-git/":                    "stopgate/hook/worktree",
		"github.com/gofrs/flock":                "stopgate/hook/journal",
		"github.com/goccy/go-yaml":              "stopgate/hook/config",
		"github.com/bmatcuk/doublestar":         "stopgate/hook/config",
		"mvdan.cc/sh/":                          "stopgate/hook/shell",
	}
	packages := listPackages(t, "stopgate/...")
	if len(packages) < len(allowed) {
		t.Fatalf("go list found %d packages", len(packages))
	}
	for _, p := range packages {
		if p.ImportPath == "stopgate/cmd/stopgate/hosttest" {
			continue // a test's own tools are not the program's
		}
		if _, known := allowed[p.ImportPath]; !known && strings.HasPrefix(p.ImportPath, "stopgate/hook/") {
			t.Errorf("%s is a leaf that nobody has said the imports of", p.ImportPath)
		}
		for _, imported := range p.Imports {
			if may, leaf := allowed[p.ImportPath]; leaf && strings.HasPrefix(imported, "stopgate/") && !slices.Contains(may, imported) {
				t.Errorf("%s imports %s", p.ImportPath, imported)
			}
			for module, one := range owner {
				if strings.HasPrefix(imported, module) && p.ImportPath != one {
					t.Errorf("%s imports %s, which belongs to %s", p.ImportPath, imported, one)
				}
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
