package speaker_test

import (
	"bytes"
	"testing"

	"stopgate/hook/speaker"
)

// Where the streams are no files, only the environment tells who gave the event.
func TestByEnvironment(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		env  map[string]string
		want speaker.Speaker
	}{
		"no client":                       {nil, speaker.Outside},
		"a project alone is no client":    {map[string]string{"CLAUDE_PROJECT_DIR": "/p"}, speaker.Outside},
		"a hook of the client":            {map[string]string{"AI_AGENT": "claude-code_2.1.332_harness"}, speaker.Client},
		"a hook of an older client":       {map[string]string{"CLAUDECODE": "1", "CLAUDE_PROJECT_DIR": "/p"}, speaker.Client},
		"a command of the client":         {map[string]string{"AI_AGENT": "claude-code_2.1.332_agent", "CLAUDE_PROJECT_DIR": "/p"}, speaker.ByHand},
		"a command of an older client":    {map[string]string{"CLAUDECODE": "1"}, speaker.ByHand},
		"the name of an agent, no client": {map[string]string{"AI_AGENT": "other_agent"}, speaker.ByHand},
	} {
		got := speaker.Of(&bytes.Buffer{}, &bytes.Buffer{}, func(name string) string { return tt.env[name] })
		if got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}
