package launch

import (
	"strings"
	"testing"
)

// A client or another hook may put words around a prompt.
func TestPromptIn(t *testing.T) {
	const prompt = "TASK: T-1\nMend the login.\n"
	id := IdentifyPrompt(prompt)
	for _, text := range []string{prompt, "Mind the style.\n\n" + prompt, prompt + "\nMind the style.", "Mind the style.\r\n  " + prompt + "\n</prompt>"} {
		if !id.In(text) {
			t.Errorf("%q is taken for another prompt", text)
		}
	}
	for _, text := range []string{
		"", "TASK: T-1", "Mend the login.", "TASK: T-2\nMend the login.\n", strings.ToUpper(prompt), strings.Replace(prompt, "login", "logout", 1),
		strings.Repeat("\nx", maxLinesBefore) + prompt,
	} {
		if id.In(text) {
			t.Errorf("%q is taken for the prompt", text)
		}
	}
	if long := strings.Repeat("é", MaxPromptRead); !IdentifyPrompt(long).In(long) {
		t.Error("a long prompt is not known again")
	}
}
