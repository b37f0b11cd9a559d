// Structure measures how the code of a stopgate checkout is divided: files, lines and methods for each package, and how often one
// traced stop of an agent goes from one package to another.
//
//	go run ./scripts/structure [-C DIR] [-trace]
package main

import (
	"bufio"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	dir := flag.String("C", ".", "measure the checkout in `DIR`")
	trace := flag.Bool("trace", false, "also trace the honest stop of scripts/demo.sh")
	flag.Parse()
	if err := run(os.Stdout, *dir, *trace); err != nil {
		fmt.Fprintf(os.Stderr, "structure: %v\n", err)
		os.Exit(1)
	}
}

func run(w io.Writer, dir string, trace bool) error {
	packages, err := measure(dir)
	if err != nil {
		return err
	}
	write(w, packages)
	if !trace {
		return nil
	}
	entered, err := traceStop(dir)
	if err != nil {
		return err
	}
	fmt.Fprintln(w)
	story := slices.DeleteFunc(slices.Clone(entered), isLeaf)
	for _, part := range []struct {
		what  string
		names []string
	}{{"one stop", entered}, {"without leaves and cmd", story}} {
		files, between := switches(part.names)
		packages, across := switches(folders(part.names))
		fmt.Fprintf(w, "%s: %d files, %d switches between them; %d packages, %d switches between them\n", part.what, files, between, packages, across)
	}
	return nil
}

// isLeaf reports whether a file belongs to a leaf or to the process: to packages that others call and that call none of them.
func isLeaf(name string) bool {
	for _, leaf := range []string{"schema", "artifact", "calls", "config", "evidence", "gates", "journal", "lazyregexp", "manifest", "quote", "report", "shell", "transcript", "worktree"} {
		if strings.HasPrefix(name, leaf+"/") || strings.HasPrefix(name, "hook/"+leaf+"/") {
			return true
		}
	}
	return strings.HasPrefix(name, "cmd/")
}

// folders returns the folder of each file.
func folders(names []string) (dirs []string) {
	for _, name := range names {
		dirs = append(dirs, filepath.Dir(name))
	}
	return dirs
}

// pkg holds the figures of one package, without its tests.
type pkg struct {
	files, lines int
	// methods counts all methods, apart those in another file than their type.
	methods, apart int
}

// measure reads the packages of a checkout. The keys are the names of their folders.
func measure(dir string) (map[string]pkg, error) {
	packages := map[string]pkg{}
	types := map[string][]string{} // folder and type to the files that declare it, one for each system
	var methods [][2]string        // each method's folder and type, and its file
	err := sources(dir, func(name string, text []byte) error {
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("parsing: %w", err)
		}
		folder := filepath.Dir(name)
		p := packages[folder]
		p.files++
		p.lines += codeLines(string(text))
		packages[folder] = p
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if s, ok := spec.(*ast.TypeSpec); ok {
						key := folder + "." + s.Name.Name
						types[key] = append(types[key], name)
					}
				}
			case *ast.FuncDecl:
				if d.Recv != nil {
					methods = append(methods, [2]string{folder + "." + receiver(d.Recv.List[0].Type), name})
				}
			}
		}
		return nil
	})
	for _, m := range methods {
		folder := filepath.Dir(m[1])
		p := packages[folder]
		p.methods++
		if !slices.Contains(types[m[0]], m[1]) {
			p.apart++
		}
		packages[folder] = p
	}
	return packages, err
}

// sources calls do for each Go file of the program except tests, with its name relative to dir.
func sources(dir string, do func(name string, text []byte) error) error {
	root := os.DirFS(dir)
	for _, top := range []string{"cmd", "hook", "schema"} {
		err := fs.WalkDir(root, top, func(name string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && entry.Name() == "testdata":
				return fs.SkipDir
			case entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
				return nil
			}
			text, err := fs.ReadFile(root, name)
			if err != nil {
				return err
			}
			return do(name, text)
		})
		if err != nil {
			return fmt.Errorf("reading %s: %w", top, err)
		}
	}
	return nil
}

// codeLines counts the lines that are neither blank nor only a comment.
func codeLines(text string) (n int) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			n++
		}
	}
	return n
}

// receiver returns the name of a method's type.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

func write(w io.Writer, packages map[string]pkg) {
	const row = "%-24s %5v %6v %8v %6v %5v\n"
	line := func(name string, p pkg) {
		fmt.Fprintf(w, row, name, p.files, p.lines, p.methods, p.apart, fmt.Sprintf("%d%%", p.apart*100/max(p.methods, 1)))
	}
	fmt.Fprintf(w, row, "package", "files", "lines", "methods", "apart", "share")
	var total pkg
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		p := packages[name]
		line(name, p)
		total = pkg{total.files + p.files, total.lines + p.lines, total.methods + p.methods, total.apart + p.apart}
	}
	line("total", total)
}

// switches counts the different names, and how often the name changes from one entry to the next. A trace does not hold returns into the caller, so
// they do not count.
func switches(names []string) (different, changes int) {
	seen := map[string]bool{}
	for i, name := range names {
		seen[name] = true
		if i > 0 && names[i-1] != name {
			changes++
		}
	}
	return len(seen), changes
}

// readTrace returns the files whose functions the nth process of a trace entered, from its main function on.
func readTrace(r io.Reader, nth int) ([]string, error) {
	processes := map[string]int{}
	var entered []string
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		pid, name, _ := strings.Cut(lines.Text(), " ")
		if _, known := processes[pid]; !known {
			processes[pid] = len(processes) + 1
		}
		if processes[pid] == nth && (len(entered) > 0 || name == "cmd/stopgate/main.go") {
			entered = append(entered, name)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading the trace: %w", err)
	}
	if len(entered) == 0 {
		return nil, fmt.Errorf("the trace holds %d processes, and none is number %d", len(processes), nth)
	}
	return entered, nil
}
