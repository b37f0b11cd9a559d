package trace

import (
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/transcript"
)

// Prompts are what an agent was asked: at its launch, and by the message that began its current run.
func Prompts(agent *transcript.Agent) []string {
	return []string{quote.ClipBytes(agent.Prompt, launch.MaxPromptRead), quote.ClipBytes(agent.Run.Prompt, launch.MaxPromptRead)}
}
