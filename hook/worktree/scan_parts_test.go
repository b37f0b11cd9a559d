package worktree

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"

	"stopgate/hook/worktree/index"
)

// The trees that staging computes are those that git writes.
func TestStagedTrees(t *testing.T) {
	r := newRepo(t)
	for i, name := range []string{"a", "a.b/x", "a-b", "a0/y", "ab/a/b/c", "ab/a.b", "ab/a0", "b/\xff", "é/ü", "b/-/x"} {
		r.write(name, fmt.Sprintf("%d\n", i))
	}
	r.symlink("nowhere", "z-link")
	r.write("z.sh", "#!/bin/sh\n")
	r.chmod("z.sh", 0o755)
	r.run("add", "-A")
	x, err := index.Open(r.gitDir("index"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = x.Close() }()
	m, err := index.ReadManifest(context.Background(), x, false)
	if err != nil {
		t.Fatal(err)
	}
	st := &index.Staging{Ctx: context.Background(), M: m, Trees: make([]plumbing.Hash, len(m.Dirs))}
	for i := len(m.Dirs) - 1; i >= 0; i-- {
		st.Trees[i] = st.Tree(int32(i))
	}
	if want := strings.TrimSpace(r.run("write-tree")); st.Trees[0].String() != want {
		t.Errorf("the root tree is %s, git writes %s", st.Trees[0], want)
	}
	if len(m.Dirs) < 5 {
		t.Errorf("only %d directories: this proves little", len(m.Dirs))
	}
}
