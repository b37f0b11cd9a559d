package isolation

import (
	"os"
	"path/filepath"
	"testing"

	"stopgate/hook/host"
	"stopgate/hook/quote"
	"stopgate/hook/scene"
	"stopgate/hook/site"
	"stopgate/hook/worktree"
)

// TestInstalled reads the definition of an agent of an installed plugin. A missing definition gives nothing.
func TestInstalled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("a/agents/fixer.md", "---\nname: fixer\ndescription: x\n---\n")
	write("a/agents/maker.md", "---\nname: maker\nisolation: worktree\n---\n")
	write("b/agents/fixer.md", "---\nname: fixer\nisolation: worktree\n---\n")
	write("client/plugins/installed_plugins.json", quote.JSON(map[string]any{"plugins": map[string]any{
		"one@market": []any{map[string]string{"installPath": filepath.Join(dir, "a")}},
		"two@market": []any{map[string]string{"installPath": filepath.Join(dir, "a")}, map[string]string{"installPath": filepath.Join(dir, "b")}},
		"odd@market": []any{map[string]string{"installPath": "a"}},
	}}))
	client := []string{filepath.Join(dir, "none"), filepath.Join(dir, "client")}
	for _, tt := range []struct {
		plugin, agent string
		want          Isolation
	}{
		{"one", "fixer", No},
		{"one", "maker", Yes},
		{"one", "other", Maybe},
		{"two", "fixer", Maybe}, // its installations differ
		{"odd", "fixer", Maybe}, // a path that is not absolute
		{"on", "fixer", Maybe},
		{"given at the start", "fixer", Maybe},
	} {
		if got := inPlugins(installed(client, tt.plugin), tt.agent); got != tt.want {
			t.Errorf("%s of %s: %v, want %v", tt.agent, tt.plugin, got, tt.want)
		}
	}
	write("client/plugins/installed_plugins.json", "{")
	if got := installed(client, "one"); got != nil {
		t.Errorf("a list that is not JSON has %q", got)
	}
}

// TestOfWorkflow: the host names the worktree of a workflow's agent after the run of the workflow.
func TestOfWorkflow(t *testing.T) {
	t.Parallel()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{".git/objects/x", ".git/refs/x"} {
		write(name, "")
	}
	write(".git/HEAD", "ref: refs/heads/main\n")
	for _, name := range []string{"wf_1a2b-3c-1", "other", "-x"} {
		write("trees/"+name+"/.git", "gitdir: "+filepath.Join(dir, ".git", "worktrees", name)+"\n")
		write(".git/worktrees/"+name+"/gitdir", filepath.Join(dir, "trees", name, ".git")+"\n")
		write(".git/worktrees/"+name+"/commondir", "../..\n")
		write(".git/worktrees/"+name+"/HEAD", "ref: refs/heads/"+name+"\n")
	}
	main, err := worktree.Locate(dir)
	if err != nil {
		t.Fatal(err)
	}
	w := &scene.World{GivenGrounds: &site.Grounds{Repository: &main}}
	for _, test := range []struct {
		cwd, run string
		want     bool
	}{
		{"trees/wf_1a2b-3c-1", "wf_1a2b-3c", true},
		{"trees/wf_1a2b-3c-1", "wf_1a2b-3d", false},
		{"trees/-x", "", false}, // of no workflow
		{"trees/other", "wf_1a2b-3c", false},
		{".", "wf_1a2b-3c", false},
	} {
		s := w.Scene(host.Event{AgentID: "a1", Cwd: filepath.Join(dir, filepath.FromSlash(test.cwd))})
		if place, own := OfWorkflow(s, test.run); own != test.want || own && filepath.Base(place.Root) != "wf_1a2b-3c-1" {
			t.Errorf("in %s, an agent of %q has %q of its own: %t", test.cwd, test.run, place.Root, own)
		}
	}
}
