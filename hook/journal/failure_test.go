package journal

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestUnusableFolders: a folder that cannot be written gives a one-line error that names it. No record that can still be read is lost.
func TestUnusableFolders(t *testing.T) {
	for _, tc := range []struct {
		name   string
		spoil  func(dir, folder string) error
		want   string // the path named in the error of Append
		intact bool   // records from before can be read
	}{
		{"a file in place of the folder", func(dir, _ string) error {
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
			return os.WriteFile(dir, nil, 0o600)
		}, "state", false},
		{"a file in place of the repository's folder", func(_, folder string) error {
			if err := os.RemoveAll(folder); err != nil {
				return err
			}
			return os.WriteFile(folder, nil, 0o600)
		}, "project-", false},
		{"a file in place of the locks", func(_, folder string) error {
			if err := os.RemoveAll(filepath.Join(folder, "locks")); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(folder, "locks"), nil, 0o600)
		}, "locks", true},
		{"a folder in place of the lock", func(_, folder string) error {
			lock := filepath.Join(folder, "locks", "journal")
			if err := os.Remove(lock); err != nil {
				return err
			}
			return os.Mkdir(lock, 0o700)
		}, "journal", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "state")
			j := open(t, dir)
			appendAll(t, j, Record{Kind: "k"})
			if err := tc.spoil(dir, j.Folder()); err != nil {
				t.Fatal(err)
			}
			for name, err := range map[string]error{
				"append": j.Append(context.Background(), Record{Kind: "k"}),
				"update": j.Update(context.Background(), Filter{}, func([]Record) ([]Record, error) {
					t.Error("a decision was asked for that cannot be recorded")
					return nil, nil
				}),
			} {
				if err == nil || !strings.HasPrefix(err.Error(), "append to journal: ") || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%s: %v", name, err)
				}
			}
			recs, _, err := j.Read(context.Background(), Filter{})
			switch {
			case tc.intact && (err != nil || len(recs) != 1):
				t.Errorf("read %d records, %v", len(recs), err)
			case !tc.intact && len(recs) != 0:
				t.Errorf("read %d records", len(recs))
			case !tc.intact && err != nil && !strings.HasPrefix(err.Error(), "read journal: "):
				t.Errorf("read: %v", err)
			}
		})
	}
}

// TestOddFolders holds that names matter as little as whether the folder is a link.
func TestOddFolders(t *testing.T) {
	names := []string{"with space", "ünï", strings.Repeat("long", 60)}
	if filepath.Separator == '/' {
		names = append(names, "line\nfeed", "\xff", `back\slash`, "$HOME")
	}
	for _, name := range names {
		parent := t.TempDir()
		dir := filepath.Join(parent, name)
		j := open(t, dir)
		appendAll(t, j, Record{Kind: "k"})
		if n := len(read(t, j, Filter{})); n != 1 {
			t.Errorf("%q: %d records", name, n)
		}
		link := filepath.Join(parent, "link")
		if err := os.Symlink(dir, link); err != nil {
			t.Logf("symbolic links cannot be made here: %v", err)
			continue
		}
		j = open(t, link)
		appendAll(t, j, Record{Kind: "k"})
		if n := len(read(t, j, Filter{})); n != 2 {
			t.Errorf("link to %q: %d records", name, n)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if n := len(read(t, j, Filter{})); n != 0 {
			t.Errorf("dangling link: %d records", n)
		}
		if err := j.Append(context.Background(), Record{Kind: "k"}); err == nil {
			t.Error("append through a dangling link did not fail")
		}
	}
}
