package step

import (
	"fmt"

	"stopgate/hook/quote"
)

// NotShown is what the person and the orchestrator are told of a step, or another message, that was recorded as delivered by the event called
// via, and that the transcript of the model does not have. unread is why that transcript cannot be read; "" if it can.
func NotShown(task, via, unread string) string {
	what := "a message"
	if task != "" {
		what = "the step for task " + quote.String(task, quote.MaxTask)
	}
	seen := "the transcript does not have it"
	if unread != "" {
		seen = "the transcript cannot be read: " + quote.String(unread, quote.MaxReason)
	}
	return fmt.Sprintf("%s had been marked as delivered at %s, and %s. It is told again. Either the client dropped it, or something that is not the client gave stopgate that event: look at what the agents' commands did.",
		what, quote.String(via, quote.MaxName), seen)
}

// PassRefuted is what the person and the orchestrator are told of a gate's pass that is taken back.
func PassRefuted(task, gate, why string) string {
	return fmt.Sprintf("the pass of %s for task %s does not count any more: %s. If nothing but the client gave stopgate its events, launch the gate again; otherwise look at what the agents' commands did.",
		quote.String(gate, quote.MaxName), quote.String(task, quote.MaxTask), quote.Clip(why, 2*quote.MaxReason))
}
