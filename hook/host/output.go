package host

import "stopgate/hook/quote"

// Output is the answer to the host. The zero Output is no answer: the host continues as if no hook were registered.
type Output struct {
	// Decision is "block" or "".
	Decision string `json:"decision,omitempty"`
	// Reason is read by the model that is blocked: the subagent at SubagentStop, the orchestrator at Stop.
	Reason string `json:"reason,omitempty"`
	// SystemMessage is shown to the person, except at SubagentStop, where the client does not show it (2.1.330).
	SystemMessage string `json:"systemMessage,omitempty"`
	// Specific is nil if the event needs no answer of its own kind.
	Specific *SpecificOutput `json:"hookSpecificOutput,omitempty"`
}

// SpecificOutput is the part of an answer that must name its event: with a wrong name the host ignores the whole answer.
type SpecificOutput struct {
	HookEventName string `json:"hookEventName"`
	// AdditionalContext is read by the orchestrator at PostToolUse, PostToolUseFailure (2.1.330) and UserPromptSubmit, by the subagent at
	// SubagentStart.
	AdditionalContext string `json:"additionalContext,omitempty"`
	// PermissionDecision is "deny", "ask" or "", at PreToolUse alone. PermissionDecisionReason is read by whoever called the tool or, for
	// "ask", by the person in the client's own dialogue.
	PermissionDecision       string `json:"permissionDecision,omitempty"`
	PermissionDecisionReason string `json:"permissionDecisionReason,omitempty"`
}

// Silent reports whether there is nothing to write.
func (o Output) Silent() bool { return o == Output{} }

// Block returns the answer to a stop that keeps the agent working and gives it the reason. With an empty reason the agent may stop.
func Block(reason string) Output {
	if reason == "" {
		return Output{}
	}
	return Output{Decision: "block", Reason: reason}
}

// Deny returns an answer to PreToolUse that denies the tool call. The caller of the tool is given the reason.
func Deny(reason string) Output {
	return Output{Specific: &SpecificOutput{HookEventName: PreToolUse, PermissionDecision: "deny", PermissionDecisionReason: reason}}
}

// Ask returns the answer to PreToolUse that asks the person about the tool call, with the reason. If nobody attends the session, the client refuses
// the call and gives its caller the reason.
func Ask(reason string) Output {
	return Output{Specific: &SpecificOutput{HookEventName: PreToolUse, PermissionDecision: "ask", PermissionDecisionReason: reason}}
}

// Asks reports whether the answer is that of Ask.
func (o Output) Asks() bool { return o.Specific != nil && o.Specific.PermissionDecision == "ask" }

// Context returns an answer to event, an event's name, that adds text to the context of the model (SpecificOutput.AdditionalContext).
func Context(event, text string) Output {
	return Output{Specific: &SpecificOutput{HookEventName: event, AdditionalContext: text}}
}

// JSON returns the answer in the host's form, on one line; nil if it is silent.
func (o Output) JSON() []byte {
	if o.Silent() {
		return nil
	}
	return []byte(quote.JSON(o) + "\n")
}
