package worktree

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stopgate/hook/worktree/gitdir"
)

// configSeeds are configuration files in every form of the syntax, valid and invalid.
var configSeeds = []string{
	"[core]\n\tbare = false\n",
	"[core]\nbare\n",
	"[core] bare = true ; comment\n",
	"[core]\r\n\tbare = true\r\n",
	"\ufeff[core]\nx=1\n",
	"[CoRe]\nFileMode = TRUE\n",
	"[a \"B c\\\" \\\\ \\d\"]\nk = v\n",
	"[a.B]\nk = v\n",
	"[a \"\"]\nk = v\n",
	"[a]\nk = one \\\n two\n",
	"[a]\nk = \"  in quotes # ; \" tail  # comment\n",
	"[a]\nk = a \"b\" \"c\"  d\t e  \n",
	"[a]\nk = \\t\\n\\b\\\\\\\"\n",
	"[a]\nk = \\q\n",
	"[a]\nk = \"open\n",
	"[a]\nk =\n",
	"[a]\nk = #\n",
	"[a]\nk-1 = x\n",
	"[a]\n1k = x\n",
	"[a]\nk x = y\n",
	"k = v\n",
	"[a\nk = v\n",
	"[a]]\nk = v\n",
	"[a \"b]\nk = v\n",
	"[a b]\nk = v\n",
	"[a]k = v\n",
	"[a]\n\n# c\n; d\n   k   =   v   \n",
	"[a]\nk = last",
	"[a]\nk",
	"[a]\nk = x\\",
	"[a]\nk = \xff\xfe\n",
	"[a] [b] k = v\n[a]\n",
	"[a]\nk = v\rw\n",
	"[]\nk = v\n",
	"[a]\nk = v ; x \\\n y = z\n",
	"",
}

// gitReads returns the variables of a file as git prints them, and whether git accepts the file.
func (r *repo) gitReads(path string) (string, bool) {
	out, _, err := r.output("config", "--file", path, "--null", "--list")
	return out, err == nil
}

// weRead returns the variables as `git config --null --list` prints them, and whether the content is valid.
func weRead(content []byte) (string, bool) {
	var b strings.Builder
	err := gitdir.ParseConfig(content, func(name string, v gitdir.Value) error {
		b.WriteString(name)
		if v.Present {
			b.WriteString("\n" + v.Text)
		}
		b.WriteByte(0)
		return nil
	})
	return b.String(), err == nil
}

func TestConfigAgreesWithGit(t *testing.T) {
	r := newRepo(t)
	for i, seed := range configSeeds {
		path := filepath.Join(r.home, fmt.Sprintf("c%d", i))
		if err := os.WriteFile(path, []byte(seed), 0o644); err != nil {
			t.Fatal(err)
		}
		want, ok := r.gitReads(path)
		got, gotOK := weRead([]byte(seed))
		// Since git 2.45, git keeps white space within a value. Older versions replace each such character by a space.
		blank := strings.NewReplacer("\t", " ", "\r", " ")
		if ok != gotOK || ok && got != want && blank.Replace(got) != want {
			t.Errorf("%q is %q, %t; git reads %q, %t", seed, got, gotOK, want, ok)
		}
	}
}

func FuzzConfig(f *testing.F) {
	if len(configSeeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, seed := range configSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		text, ok := weRead(content)
		if ok && len(text) > 40*len(content) {
			t.Errorf("%d bytes became %d", len(content), len(text))
		}
	})
}

func TestConfigBooleans(t *testing.T) {
	r := newRepo(t)
	for _, text := range []string{"true", "Yes", "ON", "false", "no", "Off", "0", "1", "-1", "2k", "0x0", "", "maybe", "1x", "tru"} {
		want, err := r.try("config", "--file", r.configFile("[a]\nk = "+text+"\n"), "--bool", "a.k")
		c := gitdir.Config{"a.k": {Text: text, Present: true}}
		got, gotErr := c.Boolean("a.k", false)
		if (err == nil) != (gotErr == nil) || err == nil && fmt.Sprint(got) != strings.TrimSpace(want) {
			t.Errorf("%q is %t, %v; git says %q, %v", text, got, gotErr, want, err)
		}
	}
	c := gitdir.Config{"a.k": {}}
	if got, err := c.Boolean("a.k", false); !got || err != nil {
		t.Errorf("a variable without a value is %t, %v", got, err)
	}
	if got, err := c.Boolean("a.other", true); !got || err != nil {
		t.Errorf("a variable that is not there is %t, %v", got, err)
	}
}

func (r *repo) configFile(content string) string {
	r.t.Helper()
	path := filepath.Join(r.home, "config")
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		r.t.Fatal(err)
	}
	return path
}

func TestIncludesInACircle(t *testing.T) {
	_, w := edited(t)
	w.append(w.gitDir("config"), "[include]\n\tpath = config\n")
	tree := w.tree()
	if tree.Refusal == nil {
		t.Error("configuration that includes itself is taken")
	}
}
