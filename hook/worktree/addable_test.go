package worktree

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestClaimsThatGitRefusesToAdd: a changed file that `git add` refuses has git's reason in Refused. A file that `git add` takes under the same
// settings has none. Git itself is the oracle.
func TestClaimsThatGitRefusesToAdd(t *testing.T) {
	t.Parallel()
	utf16 := "\xff\xfeh\x00\n\x00"
	for name, c := range map[string]struct {
		config     []string // names and values
		attributes string
		file       string // "" is "new.txt"
		before     string // the committed content of file; "" if it is not committed
		content    string
		refused    bool
	}{
		"line endings by attribute":       {config: []string{"core.safecrlf", "true"}, attributes: "* text", content: "a\r\n", refused: true},
		"line endings by eol":             {config: []string{"core.safecrlf", "true"}, attributes: "*.txt text eol=crlf", content: "a\n", refused: true},
		"line endings by autocrlf":        {config: []string{"core.safecrlf", "on", "core.autocrlf", "input"}, content: "a\r\n", refused: true},
		"line endings of an edit":         {config: []string{"core.safecrlf", "1", "core.autocrlf", "input"}, before: "a\n", content: "a\r\nb\n", refused: true},
		"line endings that the index has": {config: []string{"core.safecrlf", "true", "core.autocrlf", "true"}, before: "a\r\nb\r\n", content: "a\r\nc\r\nb\r\n"},
		"line endings, only a warning":    {config: []string{"core.safecrlf", "warn"}, attributes: "* text", content: "a\r\n"},
		"line endings, not converted":     {config: []string{"core.safecrlf", "true"}, content: "a\r\nb\n"},
		"filter not found":                {config: []string{"filter.enc.clean", "/nowhere/enc", "filter.enc.required", "true"}, attributes: "*.txt filter=enc", content: "a\n", refused: true},
		"filter of an edit":               {config: []string{"filter.enc.clean", "exit 3", "filter.enc.required", "true"}, attributes: "new.txt filter=enc", before: "a\n", content: "longer\n", refused: true},
		"filter process not found":        {config: []string{"filter.enc.process", "/nowhere/enc", "filter.enc.required", "true"}, attributes: "*.txt filter=enc", content: "a\n", refused: true},
		"filter without a command":        {config: []string{"filter.enc.smudge", "cat", "filter.enc.required", "true"}, attributes: "*.txt filter=enc", content: "a\n", refused: true},
		"filter that may fail":            {config: []string{"filter.enc.clean", "exit 3"}, attributes: "*.txt filter=enc", content: "a\n"},
		"filter that works":               {config: []string{"filter.enc.clean", "tr a-z A-Z", "filter.enc.required", "true"}, attributes: "*.txt filter=enc", content: "a\n"},
		"filter that nobody set up":       {attributes: "*.txt filter=enc", content: "a\n"},
		"encoding without a mark":         {attributes: "*.txt working-tree-encoding=UTF-16", content: "abc", refused: true},
		"encoding that is none":           {attributes: "*.txt working-tree-encoding=nonesuch", content: "abc", refused: true},
		"encoding of an edit":             {attributes: "*.txt working-tree-encoding=UTF-16", before: utf16, content: "abcd", refused: true},
		"encoding that fits":              {attributes: "*.txt working-tree-encoding=UTF-16", content: utf16},
		"short name of .git":              {file: "sub/git~1/x.txt", content: "a\n", refused: true},
		"name that ends in a space":       {file: "sub/.git /x.txt", content: "a\n", refused: true},
		"name with a stream":              {file: ".GIT::$INDEX_ALLOCATION/x.txt", content: "a\n", refused: true},
		"name that HFS+ shortens":         {config: []string{"core.protectHFS", "true"}, file: "sub/.g\u200cit/x.txt", content: "a\n", refused: true},
		"name that HFS+ shortens ahead":   {config: []string{"core.protectHFS", "true"}, file: "sub/\u200d.git/x.txt", content: "a\n", refused: true},
		"name that is allowed":            {config: []string{"core.protectNTFS", "false"}, file: "sub/git~1/x.txt", content: "a\n"},
		"modules":                         {file: ".gitmodules", content: "-> new.txt", refused: true},
		"other files of git":              {file: ".gitlab-ci.yml", content: "a\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			main, w := base(t)
			file := c.file
			if file == "" {
				file = "new.txt"
			}
			if c.attributes != "" {
				w.write(".gitattributes", c.attributes+"\n")
			}
			if c.before != "" {
				w.write(file, c.before)
			}
			w.run("add", "-A")
			w.run("commit", "-q", "--allow-empty", "-m", "before")
			for i := 0; i < len(c.config); i += 2 {
				main.run("config", c.config[i], c.config[i+1])
			}
			if target, link := strings.CutPrefix(c.content, "-> "); link {
				if err := os.Symlink(target, filepath.Join(w.dir, file)); err != nil {
					t.Skip(err)
				}
			} else {
				w.write(file, c.content)
			}
			index, err := os.ReadFile(w.tree().IndexPath())
			if err != nil {
				t.Fatal(err)
			}
			got := w.tree().Claims(t.Context(), []string{file, "keep.txt"}, Base{})
			if again, err := os.ReadFile(w.tree().IndexPath()); err != nil || string(again) != string(index) {
				t.Error("the index was written")
			}
			refused := got[0].Refused
			if got[0].Change == Unknown { // git cannot find out whether the file differs
				refused = got[0].Reason
			}
			if (refused != "") != c.refused || c.refused != strings.Contains(refused, "git refused: ") || !c.refused && !got[0].Change.Made() {
				t.Errorf("%s, refused: %q", got[0].Change, refused)
			}
			if got[1].Change != Unchanged {
				t.Errorf("another file is %s (%s)", got[1].Change, got[1].Reason)
			}
			if out, err := w.try("add", "--", file); (err != nil) != c.refused {
				t.Errorf("git add: %v: %s", err, out)
			}
		})
	}
}

// TestClaimsBesideOneThatGitRefuses: `git add` stops at the first file that it refuses. The other files are then added one by one, so they are not
// refused.
func TestClaimsBesideOneThatGitRefuses(t *testing.T) {
	t.Parallel()
	_, w := base(t)
	w.write(".gitattributes", "*.txt working-tree-encoding=UTF-16\n")
	w.write("bad.txt", "abc")
	w.write("good.txt", "\xff\xfeh\x00\n\x00")
	got := w.tree().Claims(t.Context(), []string{"bad.txt", "good.txt"}, Base{})
	if got[0].Refused == "" || got[1].Refused != "" {
		t.Errorf("%q, %q", got[0].Refused, got[1].Refused)
	}
}

// TestClaimsThatGitRefusesOfAnOlderFile: a file that existed in the snapshot is refused after an edit, too.
func TestClaimsThatGitRefusesOfAnOlderFile(t *testing.T) {
	t.Parallel()
	_, w := base(t)
	w.write(".gitattributes", "*.txt working-tree-encoding=UTF-16\n")
	w.write("bad.txt", "abc")
	before, _, err := w.tree().Snapshot(t.Context(), ScanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	w.write("bad.txt", "abcd!")
	if got := w.tree().Claims(t.Context(), []string{"bad.txt"}, Base{Snapshot: &before})[0]; got.Change != Modified || got.Refused == "" {
		t.Errorf("%s (%s), refused: %q", got.Change, got.Reason, got.Refused)
	}
}

// TestClaimsWithSlowFilter: a filter that needs more time than is left does not count as a refusal. The change was seen without it.
func TestClaimsWithSlowFilter(t *testing.T) {
	t.Parallel()
	_, w := base(t)
	w.run("config", "filter.enc.clean", "cat && exec sleep 60")
	w.run("config", "filter.enc.required", "true")
	w.write(".gitattributes", "*.txt filter=enc\n")
	w.write("new.txt", "a\n")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if got := w.tree().Claims(ctx, []string{"new.txt"}, Base{})[0]; !got.Change.Made() || got.Refused != "" {
		t.Errorf("%s (%s), refused: %q", got.Change, got.Reason, got.Refused)
	}
}

// TestClaimsOfLargeFilesThatGitRefuses: git is not asked to store huge files, nor more than maxAdded bytes.
func TestClaimsOfLargeFilesThatGitRefuses(t *testing.T) {
	t.Parallel()
	_, w := base(t)
	w.write(".gitattributes", "*.bin filter=enc\n")
	w.run("config", "filter.enc.clean", "exit 3")
	w.run("config", "filter.enc.required", "true")
	var claims []string
	for i, size := range []int64{60, 60, 65, 60, 60, 60, 1} {
		name := fmt.Sprintf("%d.bin", i)
		w.write(name, "x")
		if err := os.Truncate(filepath.Join(w.dir, name), size<<20); err != nil {
			t.Fatal(err)
		}
		claims = append(claims, name)
	}
	var refused []string
	for _, s := range w.tree().Claims(t.Context(), claims, Base{}) {
		if s.Refused != "" {
			refused = append(refused, s.Name)
		}
	}
	if want := []string{"0.bin", "1.bin", "3.bin", "4.bin", "6.bin"}; !slices.Equal(refused, want) {
		t.Errorf("%q are tried, want %q", refused, want)
	}
}

// TestClaimsWithoutRoomForCopies: if git cannot store copies because there is no room for them, that does not count as a refusal of the files.
func TestClaimsWithoutRoomForCopies(t *testing.T) {
	_, w := base(t)
	w.write(".gitattributes", "*.txt working-tree-encoding=UTF-16\n")
	w.write("good.txt", "\xff\xfeh\x00\n\x00")
	t.Setenv("TMPDIR", filepath.Join(w.dir, "nowhere"))
	t.Setenv("TMP", filepath.Join(w.dir, "nowhere"))
	if got := w.tree().Claims(t.Context(), []string{"good.txt"}, Base{})[0]; got.Change != Added || got.Refused != "" {
		t.Errorf("%s (%s), refused: %q", got.Change, got.Reason, got.Refused)
	}
}
