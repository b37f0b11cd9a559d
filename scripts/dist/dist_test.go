package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// TestRun makes a release for this platform twice. The bytes are the same, the bundles hold exactly the files that an install needs, and the
// checksums are right.
func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("making releases takes its time")
	}
	platform := runtime.GOOS + "/" + runtime.GOARCH
	first, second := t.TempDir(), t.TempDir()
	for _, dir := range []string{first, second} {
		if err := run(dir, []string{platform}, "https://example.org/v1/"); err != nil {
			t.Fatal(err)
		}
	}
	sums, err := os.ReadFile(filepath.Join(first, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(sums)), "\n")
	if len(lines) != 4 { // this platform's bundle, the one with all, the bill, the marketplace
		t.Errorf("checksums of %q", lines)
	}
	for _, line := range lines {
		sum, name, _ := strings.Cut(line, "  ")
		a, err := os.ReadFile(filepath.Join(first, name))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(second, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs from one run to the next", name)
		}
		if fmt.Sprintf("%x", sha256.Sum256(a)) != sum {
			t.Errorf("the checksum of %s is wrong", name)
		}
		switch {
		case strings.HasSuffix(name, ".zip"):
			checkBundle(t, name, a)
		case name == "marketplace.json":
			checkMarketplace(t, a, string(sums))
		case strings.HasSuffix(name, ".cdx.json"):
			checkBill(t, a)
		default:
			t.Errorf("%s was made", name)
		}
	}
}

// checkMarketplace compares the entry of a release with the form that Claude Code 2.1.330 accepts for an archive (cmd/stopgate/hosttest,
// TestArchive).
func checkMarketplace(t *testing.T, data []byte, sums string) {
	t.Helper()
	var market struct {
		Name    string
		Plugins []struct {
			Name   string
			Source struct{ Source, URL, SHA256 string }
		}
	}
	if err := json.Unmarshal(data, &market); err != nil || market.Name != "stopgate" || len(market.Plugins) != 1 {
		t.Fatalf("%v in %s", err, data)
	}
	p := market.Plugins[0]
	bundle, ok := strings.CutPrefix(p.Source.URL, "https://example.org/v1/")
	if !ok || p.Name != "stopgate" || p.Source.Source != "archive" || !strings.HasSuffix(bundle, "-all.zip") || !strings.Contains(sums, p.Source.SHA256+"  "+bundle+"\n") {
		t.Errorf("the plugin is %+v", p)
	}
}

func checkBundle(t *testing.T, name string, data []byte) {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]*zip.File{}
	for _, file := range archive.File {
		files[file.Name] = file
		if regexp.MustCompile(`testdata|_test\.|\.go$|/tools/`).MatchString(file.Name) {
			t.Errorf("%s holds %s", name, file.Name)
		}
	}
	program := "bin/stopgate"
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	for _, wanted := range []string{
		".claude-plugin/plugin.json", "hook/hooks.json", "agents/integration-engineer.md", "agents/test-runner.md", "agents/branch-manager.md", "scripts/ensure-binary.sh", "scripts/binary.sh", "scripts/build.sh",
		"LICENSE", "NOTICE", "README.md", "bin/SHA256SUMS", program,
	} {
		file := files[wanted]
		if file == nil {
			t.Errorf("%s does not hold %s", name, wanted)
			continue
		}
		if runs := strings.HasSuffix(wanted, ".sh") || wanted == program; wanted != "scripts/binary.sh" && runs != (file.Mode()&0o111 != 0) {
			t.Errorf("%s: %s has mode %o", name, wanted, file.Mode())
		}
	}
	sums := content(t, files["bin/SHA256SUMS"])
	for line := range strings.Lines(sums) {
		sum, base, _ := strings.Cut(strings.TrimSpace(line), "  ")
		if got := fmt.Sprintf("%x", sha256.Sum256([]byte(content(t, files["bin/"+base])))); got != sum {
			t.Errorf("%s: the checksum of bin/%s is wrong", name, base)
		}
	}
}

func content(t *testing.T, file *zip.File) string {
	t.Helper()
	r, err := file.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func checkBill(t *testing.T, data []byte) {
	t.Helper()
	var b bill
	if err := json.Unmarshal(data, &b); err != nil {
		t.Fatal(err)
	}
	if b.Format != "CycloneDX" || !regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(b.Serial) {
		t.Errorf("it is %s, %s", b.Format, b.Serial)
	}
	seen := map[string]bool{}
	for _, c := range b.Components {
		seen[c.Name] = true
		if c.Version == "" || len(c.Licenses) != 1 || !strings.HasPrefix(c.URL, "pkg:golang/") {
			t.Errorf("%+v", c)
		}
	}
	for _, module := range []string{"std", "github.com/go-git/go-git/v5", "golang.org/x/sys", "mvdan.cc/sh/v3"} {
		if !seen[module] {
			t.Errorf("%s is missing", module)
		}
	}
}
