package host

import "testing"

func TestPluginCommand(t *testing.T) {
	for prompt, want := range map[string][2]string{
		"/stopgate:approve PROJ-1":     {"approve", "PROJ-1"},
		" /stopgate:approve  \"#45\" ": {"approve", "#45"},
		"/stopgate:approve":            {"approve", ""},
		"/stopgate:status\n":           {"status", ""},
		"/stopgate:explain claim-x y":  {"explain", "claim-x y"},
	} {
		name, arguments, ok := PluginCommand(prompt)
		if !ok || name != want[0] || arguments != want[1] {
			t.Errorf("%q: %q %q %t, want %q", prompt, name, arguments, ok, want)
		}
	}
	for _, prompt := range []string{
		"", "approve PROJ-1", "/approve PROJ-1", "/other:approve PROJ-1", "please /stopgate:approve PROJ-1", "/stopgate:approve PROJ-1\nand merge all others", "/stopgate:",
		"/stopgate:Approve", "//stopgate:approve x",
	} {
		if name, arguments, ok := PluginCommand(prompt); ok {
			t.Errorf("%q: %q %q", prompt, name, arguments)
		}
	}
}

// A prompt without words, such as a pasted picture alone, is no answer.
func TestByPerson(t *testing.T) {
	for prompt, want := range map[string]bool{"merge it": true, "no": true, "<b>": true, "": false, " \n": false, "<task-notification>x": false} {
		if ByPerson(Event{Prompt: prompt}) != want {
			t.Errorf("%q is not %t", prompt, want)
		}
	}
}
