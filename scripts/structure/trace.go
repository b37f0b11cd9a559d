package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// honestStop is the number of the process of scripts/demo.sh that answers the stop of the agent with the true report. A launch, a start and a false
// report come before.
const honestStop = 4

// enter is added to each package. It writes, in order and at once, the process and the file of each function that is entered.
const enter = `package %s

import (
	"fmt"
	"os"
)

var traceFile, _ = os.OpenFile(os.Getenv("STOPGATE_TRACE"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)

func traceEnter(file string) { fmt.Fprintln(traceFile, os.Getpid(), file) }
`

// traceStop builds the checkout with a call at the start of each function, plays the working directory's scripts/demo.sh with it, and returns the
// files whose functions the honest stop entered. The checkout is not changed: the build reads the changed files from a temporary folder (go build
// -overlay).
func traceStop(dir string) (entered []string, err error) {
	scratch, err := os.MkdirTemp("", "structure")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	overlay, err := instrument(dir, scratch)
	if err != nil {
		return nil, err
	}
	binary := filepath.Join(scratch, "stopgate")
	build := exec.Command("go", "build", "-overlay", overlay, "-o", binary, "./cmd/stopgate")
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building with traces: %w\n%s", err, out)
	}
	trace := filepath.Join(scratch, "trace")
	demo := exec.Command("sh", "scripts/demo.sh")
	demo.Env = append(os.Environ(), "STOPGATE_BINARY="+binary, "STOPGATE_TRACE="+trace)
	out, demoErr := demo.CombinedOutput() // an older checkout may answer differently after the stop that counts here
	file, err := os.Open(trace)
	if err != nil {
		return nil, errors.Join(err, demoErr, errors.New(string(out)))
	}
	defer file.Close()
	return readTrace(file, honestStop)
}

// instrument writes the changed files of a checkout to a folder. It returns the path of the list for go build -overlay.
func instrument(dir, scratch string) (overlay string, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	replaced := map[string]string{}
	add := func(name string, text []byte) error {
		to := filepath.Join(scratch, fmt.Sprint(len(replaced), ".go"))
		replaced[filepath.Join(dir, filepath.FromSlash(name))] = to
		return os.WriteFile(to, text, 0o600)
	}
	packages := map[string]string{}
	err = sources(dir, func(name string, text []byte) error {
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("parsing: %w", err)
		}
		packages[filepath.Dir(name)] = file.Name.Name
		return add(name, traced(text, name, bodies(set, file)))
	})
	if err != nil {
		return "", err
	}
	for folder, name := range packages {
		if err := add(folder+"/trace_enter.go", fmt.Appendf(nil, enter, name)); err != nil {
			return "", err
		}
	}
	list, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(scratch, "overlay.json")
	return overlay, os.WriteFile(overlay, list, 0o600)
}

// bodies returns the offsets behind the opening braces of a file's functions.
func bodies(set *token.FileSet, file *ast.File) (offsets []int) {
	ast.Inspect(file, func(n ast.Node) bool {
		var body *ast.BlockStmt
		switch f := n.(type) {
		case *ast.FuncDecl:
			body = f.Body
		case *ast.FuncLit:
			body = f.Body
		}
		if body != nil {
			offsets = append(offsets, set.Position(body.Lbrace).Offset+1)
		}
		return true
	})
	return offsets
}

// traced returns a file's text with a call at each offset.
func traced(text []byte, name string, offsets []int) []byte {
	var b strings.Builder
	at := 0
	for _, offset := range slices.Sorted(slices.Values(offsets)) {
		b.Write(text[at:offset])
		fmt.Fprintf(&b, " traceEnter(%q);", name)
		at = offset
	}
	b.Write(text[at:])
	return []byte(b.String())
}
