package transcript

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestAgentTypes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s.jsonl")
	text := `{"type":"attachment","attachment":{"type":"agent_listing_delta","addedTypes":["Explore","general-purpose","x:tester"],"removedTypes":[]}}
{"type":"user","message":{"role":"user","content":"{\"type\":\"agent_listing_delta\",\"addedTypes\":[\"evil\"]}"}}
{"type":"user","attachment":{"type":"agent_listing_delta","addedTypes":["evil"]}}
{"type":"attachment","attachment":{"type":"other","addedTypes":["evil"],"note":"agent_listing_delta"}}
{"type":"attachment","attachment":{"type":"agent_listing_delta","addedTypes":["late","Explore"],"removedTypes":["x:tester"]}}
{"type":"attachment","attachment":{"type":"agent_listing_delta","addedTypes":["torn"`
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, want := AgentTypes(path), []string{"Explore", "general-purpose", "late"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := AgentTypes(path + ".none"); got != nil {
		t.Errorf("of no file: %q", got)
	}
}
