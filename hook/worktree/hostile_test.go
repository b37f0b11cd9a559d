package worktree

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"stopgate/hook/worktree/marks"
	"stopgate/hook/worktree/refs"
)

// program writes an executable that copies its input to its output and leaves a trace. ran reports whether it has run, and removes the trace.
func (r *repo) program(name string) (path string, ran func() bool) {
	r.t.Helper()
	trace := filepath.Join(r.home, "ran-"+filepath.Base(name))
	if !filepath.IsAbs(name) {
		name = filepath.Join(r.home, name)
	}
	mkdir(r.t, filepath.Dir(name))
	if err := os.WriteFile(name, []byte("#!/bin/sh\necho ran >'"+trace+"'\ncat\n"), 0o755); err != nil {
		r.t.Fatal(err)
	}
	return name, func() bool {
		_, err := os.Stat(trace)
		return err == nil && os.Remove(trace) == nil
	}
}

// TestDistrust changes a program that git would run when it looks at the worktree. Git itself is the oracle: it runs the program. This package does
// not, because it no longer asks git.
func TestDistrust(t *testing.T) {
	for name, change := range map[string]func(main, w *repo, evil string){
		"a filter":             func(_, w *repo, evil string) { w.run("config", "filter.f.clean", evil) },
		"a filter, as process": func(_, w *repo, evil string) { w.run("config", "filter.f.process", evil) },
		"in the worktree's own file": func(_, w *repo, evil string) {
			w.run("config", "extensions.worktreeConfig", "true")
			w.run("config", "--worktree", "filter.f.clean", evil)
		},
		"in an included file": func(_, w *repo, evil string) {
			w.run("config", "--file", filepath.Join(w.home, "more"), "filter.f.clean", evil)
			w.run("config", "include.path", filepath.Join(w.home, "more"))
		},
		"in a file that is included under a condition": func(_, w *repo, evil string) {
			w.run("config", "--file", filepath.Join(w.home, "more"), "filter.f.clean", evil)
			w.run("config", "includeIf.onbranch:TASK-1.path", filepath.Join(w.home, "more"))
		},
		"in a file that was included before": func(_, w *repo, evil string) {
			w.run("config", "--file", filepath.Join(w.home, "known"), "filter.f.clean", evil)
		},
		"in the user's file": func(_, w *repo, evil string) { w.run("config", "--global", "filter.f.clean", evil) },
		"the script that a filter runs": func(_, w *repo, evil string) {
			content, err := os.ReadFile(evil)
			if err != nil {
				w.t.Fatal(err)
			}
			w.write("tools/clean.sh", string(content))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			main := newRepo(t)
			main.write(".gitattributes", "*.f filter=f\n*.s filter=s\n")
			for _, name := range []string{"a.f", "a.s", "plain.txt"} {
				main.write(name, "one\n")
			}
			main.write("tools/clean.sh", "#!/bin/sh\ncat\n")
			main.run("config", "filter.s.clean", "sh ./tools/clean.sh %f")
			main.run("config", "include.path", filepath.Join(main.home, "known"))
			main.commit()
			w := main.linked()
			ctx := context.Background()
			before, err := w.tree().Marks(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if why := w.tree().Distrust(before); why != "" {
				t.Fatalf("nothing changed, and %s", why)
			}
			evil, ran := w.program("evil")
			change(main, w, evil)
			for _, name := range []string{"a.f", "a.s", "plain.txt"} {
				w.write(name, "two\n")
			}
			w.run("config", "user.name", "Somebody") // this is no reason for distrust
			why := w.tree().Distrust(before)
			if why == "" {
				t.Fatal("git would be asked")
			}
			place, err := Locate(w.dir)
			if err != nil {
				t.Fatal(err)
			}
			tree, err := Open(ctx, place, Options{Env: w.env, WithoutGit: why})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tree.Close() }()
			states := tree.Claims(ctx, []string{"a.f", "a.s", "plain.txt"}, Base{})
			tree.Survey(ctx, Base{}, ScanOptions{})
			if _, _, err := tree.Snapshot(ctx, ScanOptions{}); err != nil {
				t.Error(err)
			}
			if _, err := tree.Marks(ctx); err != nil {
				t.Error(err)
			}
			if ran() {
				t.Error("the program was run")
			}
			if s := states[2]; s.Change != Modified {
				t.Errorf("what needs no git is %s (%s)", s.Change, s.Reason)
			}
			for _, s := range states[:2] {
				if s.Change == Unknown && !strings.Contains(s.Reason, "changed since the launch") {
					t.Errorf("%s is unknown: %s", s.Path, s.Reason)
				}
			}
			_, _ = w.try("status", "--porcelain")
			if !ran() {
				t.Error("git runs no program: the test proves nothing")
			}
		})
	}
}

// TestHookInTheConfiguration: since git 2.54 a hook can be named in the configuration. None is run, be it from before the launch or from later, and one
// from later is a reason to ask git no more.
func TestHookInTheConfiguration(t *testing.T) {
	main := newRepo(t)
	main.write("a.txt", "one\n")
	main.commit()
	w := main.linked()
	ctx := context.Background()
	before, err := w.tree().Marks(ctx)
	if err != nil {
		t.Fatal(err)
	}
	evil, ran := w.program("evil")
	w.run("config", "hook.evil.event", "post-index-change")
	w.run("config", "hook.evil.command", evil)
	if why := w.tree().Distrust(before); !strings.Contains(why, "hook.evil") {
		t.Errorf("git would be asked: %q", why)
	}
	w.write("a.txt", "two\n")
	tree := w.tree()
	tree.Refusal = errors.New("the test wants git to be asked")
	if states := tree.Claims(ctx, []string{"a.txt"}, Base{}); states[0].Change != Modified || !states[0].ViaGit {
		t.Errorf("%+v", states)
	}
	tree.Survey(ctx, Base{}, ScanOptions{})
	if ran() {
		t.Error("the hook was run")
	}
	w.run("add", "a.txt")
	t.Logf("git itself runs such a hook: %t", ran())
}

// TestTrust changes settings and files that make git run no other program. Git may be asked as before.
func TestTrust(t *testing.T) {
	main := newRepo(t)
	main.write("a.txt", "one\n")
	main.commit()
	w := main.linked()
	before, err := w.tree().Marks(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	w.run("config", "core.hooksPath", ".githooks") // hook managers set it
	w.run("config", "user.email", "somebody@example.org")
	w.run("config", "core.excludesFile", "~/.ignore") // people set this and the following at any time
	w.run("config", "core.quotePath", "false")
	w.run("config", "branch.TASK-1.remote", "origin")
	w.run("remote", "add", "origin", "https://example.org/x")
	w.write(".gitattributes", "*.f filter=f\n")
	w.write("tools/clean.sh", "#!/bin/sh\n")
	if why := w.tree().Distrust(before); why != "" {
		t.Errorf("git is not asked: %s", why)
	}
	if why := w.tree().Distrust(Marks{}); why != "" {
		t.Errorf("after a launch of which nothing was recorded: %s", why)
	}
}

// TestTrustedVariables sets each variable of git whose change is no reason for distrust to the path of a program. Git itself is the oracle: it does
// not run the program.
func TestTrustedVariables(t *testing.T) {
	main := newRepo(t)
	main.write(".gitattributes", "*.f filter=f\n")
	main.write("a.txt", "one\n")
	main.commit()
	w := main.linked()
	before, err := w.tree().Marks(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	evil, ran := w.program("evil")
	trusted := map[string]bool{}
	for i, name := range strings.Fields(w.run("help", "--config")) {
		section, _, _ := strings.Cut(name, ".")
		if section != "core" && section != "log" || strings.Contains(name, "<") {
			continue
		}
		config, err := os.ReadFile(filepath.Join(main.dir, ".git", "config"))
		if err != nil {
			t.Fatal(err)
		}
		w.run("config", name, evil)
		if why := w.tree().Distrust(before); why == "" {
			trusted[strings.ToLower(name)] = true
			w.write("a.txt", fmt.Sprint(i))
			for _, command := range [][]string{
				{"status", "--porcelain"}, {"log", "-1"}, {"add", "a.txt"}, {"diff-index", "HEAD"}, {"check-attr", "-a", "a.txt"}, {"cat-file", "-p", "HEAD"},
			} {
				_, _ = w.try(command...) // some commands fail, because the value is not a number
			}
			if ran() {
				t.Errorf("git ran the value of %s", name)
			}
		}
		main.write(".git/config", string(config))
	}
	for _, name := range []string{"core.splitindex", "core.bare", "core.editor", "core.sparsecheckout", "log.date"} { // people set them at any time
		if !trusted[name] {
			t.Errorf("git is not asked after a change of %s", name)
		}
	}
}

// TestTrustNewSubmodule: a submodule that is checked out after the launch has a configuration of its own. As long as that names no program and no
// other worktree, it is no reason for distrust.
func TestTrustNewSubmodule(t *testing.T) {
	inner := newRepo(t)
	inner.write("a.txt", "one\n")
	inner.commit()
	main := newRepo(t)
	main.run("submodule", "add", "-q", inner.dir, "sub")
	main.commit()
	w := main.linked()
	before, err := w.tree().Marks(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	w.run("submodule", "--quiet", "update", "--init")
	if why := w.tree().Distrust(before); why != "" {
		t.Errorf("git is not asked: %s", why)
	}
	w.at(filepath.Join(w.dir, "sub")).run("config", "core.worktree", inner.dir)
	if why := w.tree().Distrust(before); !strings.Contains(why, "core.worktree") {
		t.Errorf("git would be asked about another work tree (%q)", why)
	}
}

// TestDistrustScripts changes a file that the command of a filter runs without naming its path. Git itself is the oracle.
func TestDistrustScripts(t *testing.T) {
	const pass, evil = "cat\n", "echo ran >\"$TRACE\"\ncat\n"
	for name, tt := range map[string]struct {
		command string
		files   map[string]string // their content before the change
		changed string
		now     string
	}{
		"a bare name":              {"sh clean", map[string]string{"clean": pass}, "clean", evil},
		"by a variable":            {`sh "$PWD/tools/c.sh"`, map[string]string{"tools/c.sh": pass}, "tools/c.sh", evil},
		"by a command":             {`sh "$(git rev-parse --show-toplevel)/tools/c.sh"`, map[string]string{"tools/c.sh": pass}, "tools/c.sh", evil},
		"in another directory":     {"cd tools && sh c", map[string]string{"tools/c": pass}, "tools/c", evil},
		"what a script sources":    {"sh ./tools/c.sh", map[string]string{"tools/c.sh": ". ./tools/lib.sh\ncat\n", "tools/lib.sh": "true\n"}, "tools/lib.sh", "echo ran >\"$TRACE\"\n"},
		"what stands beside it":    {"sh ./tools/c.sh", map[string]string{"tools/c.sh": ". \"$(dirname \"$0\")/lib\"\ncat\n", "tools/lib": "true\n"}, "tools/lib", "echo ran >\"$TRACE\"\n"},
		"what that sources":        {"sh a.sh", map[string]string{"a.sh": ". ./b.sh\n", "b.sh": ". ./c.sh\n", "c.sh": pass}, "c.sh", evil},
		"a makefile":               {"make -s clean", map[string]string{"Makefile": "clean:\n\t@cat\n"}, "Makefile", "clean:\n\t@echo ran >\"$$TRACE\"; cat\n"},
		"a file that is new there": {"sh -c 'if test -f own.sh; then sh own.sh; else cat; fi'", nil, "own.sh", evil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			main := newRepo(t)
			if strings.HasPrefix(tt.command, "make") {
				if _, err := exec.LookPath("make"); err != nil {
					t.Skip(err)
				}
			}
			main.write(".gitattributes", "*.f filter=f\n")
			main.write("a.f", "one\n")
			main.write("doc/other.txt", "is no program\n")
			for file, content := range tt.files {
				main.write(file, content)
			}
			trace := filepath.Join(main.home, "ran")
			main.env = append(main.env, "TRACE="+trace)
			main.run("config", "filter.f.clean", tt.command)
			main.commit()
			w := main.linked()
			before, err := w.tree().Marks(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			w.write("doc/other.txt", "is none now\n")
			w.write("a.f", "two\n")
			if why := w.tree().Distrust(before); why != "" {
				t.Fatalf("other work is a reason: %s", why)
			}
			w.write(tt.changed, tt.now)
			if why := w.tree().Distrust(before); !strings.Contains(why, "the program ") {
				t.Errorf("git would be asked (%q)", why)
			}
			_, _ = w.try("status", "--porcelain")
			if _, err := os.Stat(trace); err != nil {
				t.Errorf("git runs no program: the test proves nothing (%v)", err)
			}
		})
	}
}

// TestSubmodulePrograms gives a submodule a filter, in each place from which the submodule's git reads one. Git status runs a git in the submodule.
func TestSubmodulePrograms(t *testing.T) {
	const filter = "filter.f.clean"
	for name, tt := range map[string]struct {
		before, change func(main, sub *repo, evil string)
		reason         string
	}{
		"its configuration": {nil, func(_, sub *repo, evil string) { sub.run("config", filter, evil) }, filter},
		"its work tree's own": {
			func(_, sub *repo, _ string) { sub.run("config", "extensions.worktreeConfig", "true") },
			func(_, sub *repo, evil string) { sub.run("config", "--worktree", filter, evil) }, filter,
		},
		"a script of its own": {
			func(_, sub *repo, _ string) { sub.run("config", filter, "sh ./clean.sh") },
			func(_, sub *repo, evil string) { sub.write("clean.sh", "sh '"+evil+"'\n") }, "the program ",
		},
		"it is a linked work tree": {
			func(main, sub *repo, _ string) {
				other := filepath.Join(main.home, "other")
				main.run("clone", "-q", sub.dir, other)
				main.at(other).run("worktree", "add", "-q", "--detach", filepath.Join(main.home, "linked"))
				content, err := os.ReadFile(filepath.Join(main.home, "linked", ".git"))
				if err != nil {
					main.t.Fatal(err)
				}
				sub.write(".git", string(content))
			},
			func(main, _ *repo, evil string) {
				main.at(filepath.Join(main.home, "other")).run("config", filter, evil)
			}, filter,
		},
		"a split index hides it": {
			func(main, _ *repo, _ string) { main.run("update-index", "--split-index") },
			func(_, sub *repo, evil string) { sub.run("config", filter, evil) }, filter,
		},
		"a sparse index": {
			func(main, _ *repo, _ string) { main.run("sparse-checkout", "set", "--sparse-index", "src") },
			func(_, sub *repo, evil string) { sub.run("config", filter, evil) }, filter,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inner := newRepo(t)
			inner.write(".gitattributes", "*.f filter=f\n")
			inner.write("a.f", "one\n")
			inner.write("clean.sh", "cat\n")
			inner.commit()
			main := newRepo(t)
			main.write("a/b/c.txt", "one\n")
			main.write("src/d.txt", "one\n")
			main.run("submodule", "add", "-q", inner.dir, "sub")
			main.commit()
			evil, ran := main.program("evil")
			sub := main.at(filepath.Join(main.dir, "sub"))
			if tt.before != nil {
				tt.before(main, sub, evil)
			}
			before, err := main.tree().Marks(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if why := before.Incomplete["programs"]; why != "" {
				t.Fatal(why)
			}
			sub.write("a.f", "two\n")
			if why := main.tree().Distrust(before); why != "" {
				t.Fatalf("work in the submodule is a reason: %s", why)
			}
			ran()
			tt.change(main, sub, evil)
			if why := main.tree().Distrust(before); !strings.Contains(why, tt.reason) {
				t.Errorf("git would be asked (%q)", why)
			}
			main.run("status", "--porcelain")
			if !ran() {
				t.Error("git runs no program: the test proves nothing")
			}
		})
	}
}

// TestReflogRunsNothing reads a reflog with git while the configuration tells git log to check every signature.
func TestReflogRunsNothing(t *testing.T) {
	r := newRepo(t)
	r.write("a.txt", "one\n")
	r.commit()
	tree := strings.TrimSpace(r.run("rev-parse", "HEAD^{tree}"))
	path := filepath.Join(r.home, "signed")
	commit := "tree " + tree + "\nauthor A <a@example.org> 1577836800 +0000\ncommitter A <a@example.org> 1577836800 +0000\n" +
		"gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ==\n -----END PGP SIGNATURE-----\n\nsigned\n"
	if err := os.WriteFile(path, []byte(commit), 0o644); err != nil {
		t.Fatal(err)
	}
	id := strings.TrimSpace(r.run("hash-object", "-t", "commit", "-w", path))
	r.run("reset", "-q", "--hard", id)
	evil, ran := r.program("gpg")
	r.run("config", "gpg.program", evil)
	r.run("config", "log.showSignature", "true")
	reader := marks.Reader{Repository: r.tree().Repository}
	entries := reader.AskLog(context.Background(), refs.LogQuery{Ref: "HEAD", Dir: reader.Place.GitDir})
	if len(entries) != 2 || entries[0].To != id {
		t.Errorf("the reflog is read as %+v", entries)
	}
	if ran() {
		t.Error("gpg was run")
	}
	r.run("log", "-g", "-n", "1")
	if !ran() {
		t.Error("git runs no gpg: the test proves nothing")
	}
}

// TestFetchesNothing asks git for an object that a partial clone lacks. Git must not fetch it.
func TestFetchesNothing(t *testing.T) {
	main := newRepo(t)
	main.write("old.txt", "old\n")
	main.commit()
	id := strings.TrimSpace(main.run("rev-parse", "HEAD:old.txt"))
	main.remove("old.txt")
	main.commit()
	main.run("config", "uploadpack.allowFilter", "true")
	main.run("clone", "-q", "--filter=blob:none", "file://"+main.dir, main.home+"/clone")
	r := main.at(main.home + "/clone")
	evil, ran := r.program("upload-pack")
	if err := os.WriteFile(evil, []byte("#!/bin/sh\necho ran >'"+filepath.Join(r.home, "ran-upload-pack")+"'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	r.run("config", "remote.origin.uploadpack", evil)
	if _, err := r.tree().Git.Run(context.Background(), "cat-file", "blob", id); err == nil {
		t.Error("the object is there: the test proves nothing")
	}
	if ran() {
		t.Error("git reached for the other repository")
	}
	_, _ = r.try("cat-file", "blob", id)
	if !ran() {
		t.Error("git does not fetch: the test proves nothing")
	}
}

// TestForgedObject replaces the content of an object of HEAD. Everything that depends on the object is unknown. Git is not asked, because it would
// believe the content.
func TestForgedObject(t *testing.T) {
	for name, forge := range map[string]string{"tree": "HEAD^{tree}", "commit": "HEAD"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRepo(t)
			r.write("a.txt", "one\n")
			r.write("b.txt", "one\n")
			r.commit()
			path := func(revision string) string {
				id := strings.TrimSpace(r.run("rev-parse", revision))
				return filepath.Join(r.dir, ".git/objects", id[:2], id[2:])
			}
			right := path(forge)
			r.write("a.txt", "two\n")
			r.commit()
			other := path(forge)
			r.run("reset", "-q", "--hard", "HEAD^")
			r.write("new.txt", "new\n")
			r.run("add", "new.txt") // the cache tree is invalid, so the tree of HEAD has to be read
			content, err := os.ReadFile(other)
			if err == nil {
				err = os.Remove(right)
			}
			if err == nil {
				err = os.WriteFile(right, content, 0o444)
			}
			if err != nil {
				t.Fatal(err)
			}
			ctx := context.Background()
			if s := claim(ctx, r.tree(), "a.txt"); s.Change != Unknown || !strings.Contains(s.Reason, "not what its name says") {
				t.Errorf("it is %s (%s)", s.Change, s.Reason)
			}
			if s := r.tree().Survey(ctx, Base{}, ScanOptions{}); !strings.Contains(s.Incomplete, "not what its name says") {
				t.Errorf("the survey is %+v", s)
			}
			m, err := r.tree().Marks(ctx)
			if err != nil || !strings.Contains(m.Incomplete["staged"], "not what its name says") {
				t.Errorf("the marks lack %v; error %v", m.Incomplete, err)
			}
		})
	}
}

// makeTree writes a tree with the entries, in the format of git ls-tree, and returns its name.
func (r *repo) makeTree(entries string) string {
	r.t.Helper()
	cmd := exec.Command(r.git, "mktree")
	cmd.Dir, cmd.Env, cmd.Stdin = r.dir, r.env, strings.NewReader(entries)
	id, err := cmd.Output()
	if err != nil {
		r.t.Fatalf("git mktree: %v", err)
	}
	return strings.TrimSpace(string(id))
}

// TestNamesWithoutNumber gives the branch a commit whose trees stand for more names than can be read: small trees that contain each other, or one
// directory with very many files. Git is not asked, because it would not finish in time either.
func TestNamesWithoutNumber(t *testing.T) {
	t.Parallel()
	for name, tree := range map[string]func(r *repo, blob string) string{
		"trees in trees": func(r *repo, blob string) string {
			entry, kind, id := "100644", "blob", blob
			for range 8 {
				var text strings.Builder
				for i := range 20 {
					fmt.Fprintf(&text, "%s %s %s\tf%02d\n", entry, kind, id, i)
				}
				id = r.makeTree(text.String())
				entry, kind = "040000", "tree"
			}
			return id
		},
		"one directory": func(r *repo, blob string) string {
			var text strings.Builder
			for i := range 300_000 {
				fmt.Fprintf(&text, "100644 blob %s\tf%06d\n", blob, i)
			}
			return r.makeTree(text.String())
		},
	} {
		r := newRepo(t)
		r.write("a.txt", "a\n")
		r.commit()
		r.run("repack", "-adq") // git looks up every entry, which takes 60 times as long for a loose object
		root := tree(r, strings.TrimSpace(r.run("rev-parse", "HEAD:a.txt")))
		r.run("update-ref", "HEAD", strings.TrimSpace(r.run("commit-tree", "-m", "x", "-p", "HEAD", root)))
		survey := r.tree().Survey(t.Context(), Base{}, ScanOptions{})
		if !strings.Contains(survey.Incomplete, "its objects cannot be trusted") || strings.Contains(survey.Incomplete, "and git") {
			t.Errorf("%s: a survey is incomplete because %q", name, survey.Incomplete)
		}
		marks, err := r.tree().Marks(t.Context())
		if err != nil || !strings.Contains(fmt.Sprint(marks.Incomplete), "its objects cannot be trusted") {
			t.Errorf("%s: git's own files: %v, %v", name, marks.Incomplete, err)
		}
	}
}
