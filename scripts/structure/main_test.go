package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestMeasure(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"cmd/x/main.go":         "// Comment.\npackage main\n\nfunc main() {}\n",
		"hook/a/t.go":           "package a\n\ntype T struct{}\n\nfunc (T) near() {}\n\ntype G[K, V any] struct{}\n",
		"hook/a/m.go":           "package a\n\nfunc (*T) far() {}\n\n// Far.\nfunc (*G[K, V]) far() {}\n",
		"hook/a/t_test.go":      "package a\n\nfunc (T) test() {}\n",
		"hook/a/testdata/no.go": "none",
		"schema/s.go":           "package schema\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	packages, err := measure(dir)
	if want := (pkg{files: 2, lines: 7, methods: 3, apart: 2}); err != nil || len(packages) != 3 || packages["hook/a"] != want {
		t.Errorf("measured %+v, %v", packages, err)
	}
	if packages["cmd/x"].lines != 2 {
		t.Errorf("a comment and a blank line count: %+v", packages["cmd/x"])
	}
}

func TestSwitches(t *testing.T) {
	const trace = "7 schema/init.go\n7 cmd/stopgate/main.go\n8 schema/init.go\n8 cmd/stopgate/main.go\n8 hook/a.go\n8 hook/a.go\n7 hook/b.go\n8 hook/b.go\n8 hook/a.go\n"
	entered, err := readTrace(strings.NewReader(trace), 2)
	if want := []string{"cmd/stopgate/main.go", "hook/a.go", "hook/a.go", "hook/b.go", "hook/a.go"}; err != nil || !slices.Equal(entered, want) {
		t.Fatalf("read %q, %v", entered, err)
	}
	if different, changes := switches(entered); different != 3 || changes != 3 {
		t.Errorf("%d names, %d switches", different, changes)
	}
	if _, err := readTrace(strings.NewReader(trace), 3); err == nil {
		t.Error("a process that was not traced is found")
	}
}

func TestTraced(t *testing.T) {
	const text = "package a\n\nfunc f() { go func() {}() }\n"
	const want = "package a\n\nfunc f() { traceEnter(\"a.go\"); go func() { traceEnter(\"a.go\");}() }\n"
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "hook"), 0o750); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"cmd", "schema"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o750); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "hook", "a.go"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	scratch := t.TempDir()
	if _, err := instrument(dir, scratch); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(scratch, "0.go"))
	if err != nil || string(got) != strings.ReplaceAll(want, "a.go", "hook/a.go") {
		t.Errorf("instrumented: %s, %v", got, err)
	}
}
