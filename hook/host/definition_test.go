package host_test

import (
	"maps"
	"testing"

	"stopgate/hook/host"
)

// TestReadDefinition reads agents' definitions as people write them.
func TestReadDefinition(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]map[string]string{
		"---\nname: tester\n---\nYou test.\n":                                                 {"name": "tester"},
		"\ufeff---\r\nname: 'tester'\r\ntools: Read, Write # two\r\n---\r\nYou\r\n":           {"name": "tester", "tools": "Read, Write"},
		"---\nisolation: \"worktree\" # its own\ndescription: fixes bug#1: all of it\n---\n":  {"isolation": "worktree", "description": "fixes bug#1: all of it"},
		"---\ndescription: \"a # b\"\nhooks:\n  name: inner\nname: outer\nname: again\n---\n": {"description": "a # b", "hooks": "", "name": "outer"},
		"# A page\n---\nname: none\n---\n":                                                    nil,
	} {
		got, ok := host.ReadDefinition(text)
		if !maps.Equal(got, want) || ok != (want != nil) {
			t.Errorf("%q: %q, %t, want %q", text, got, ok, want)
		}
	}
	if fields, ok := host.ReadDefinition("---\nname: cut\n"); ok || fields["name"] != "cut" {
		t.Errorf("a beginning without its end: %q, %t", fields, ok)
	}
}
