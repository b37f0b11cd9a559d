package trace

import (
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/transcript"
)

// Prompts returns the prompt of an agent's launch and the message that began its current run, each cut to launch.MaxPromptRead.
func Prompts(agent *transcript.Agent) []string {
	return []string{quote.ClipBytes(agent.Prompt, launch.MaxPromptRead), quote.ClipBytes(agent.Run.Prompt, launch.MaxPromptRead)}
}
