package isolation

import (
	"os"
	"path/filepath"
	"testing"

	"stopgate/hook/quote"
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
