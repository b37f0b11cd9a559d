package hosttest

import "testing"

// The person types commands of the plugin. The client expands them, and their text reaches the model.
func TestPluginCommands(t *testing.T) {
	for prompt, want := range map[string]string{
		"/stopgate:status":         "What stopgate has recorded for this repository:",
		"/stopgate:explain":        "claim-unchanged",
		"/stopgate:approve PAY-77": `It approves one task: "PAY-77"`,
	} {
		t.Run(prompt, func(t *testing.T) {
			t.Parallel()
			s := play(t, Scenario{Script: Script{Prompt: prompt, Orchestrator: []Turn{Say("Understood.")}}})
			if s.Anyone(want) == 0 {
				t.Errorf("the model has not read %q", want)
			}
			if s.Anyone(`"stopgate":"step/1"`) > 0 {
				t.Error("a step was told, though no task waits for anything")
			}
		})
	}
}
