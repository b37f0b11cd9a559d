package host

import "stopgate/hook/quote"

// Output is what the host is answered. The zero Output is silence: the host goes on as if nothing were registered.
type Output struct {
	// Decision is "block" or "".
	Decision string `json:"decision,omitempty"`
	// Reason is read by the model that is blocked: the subagent at SubagentStop, the orchestrator at Stop.
	Reason string `json:"reason,omitempty"`
	// SystemMessage is shown to the person, except at SubagentStop, where nobody sees it (2.1.330).
	SystemMessage string          `json:"systemMessage,omitempty"`
	Specific      *SpecificOutput `json:"hookSpecificOutput,omitempty"`
}

// SpecificOutput is the part of an answer that must name its event: with a wrong name the host ignores the whole answer.
type SpecificOutput struct {
	HookEventName string `json:"hookEventName"`
	// AdditionalContext is read by the orchestrator at PostToolUse and UserPromptSubmit, by the subagent at SubagentStart.
	AdditionalContext string `json:"additionalContext,omitempty"`
	// PermissionDecision is "deny" or "", at PreToolUse alone; PermissionDecisionReason is read by whoever called the tool.
	PermissionDecision       string `json:"permissionDecision,omitempty"`
	PermissionDecisionReason string `json:"permissionDecisionReason,omitempty"`
}

// Silent tells whether nothing is to be written at all.
func (o Output) Silent() bool { return o == Output{} }

// Block blocks the one who stops, who then reads reason; "" lets go.
func Block(reason string) Output {
	if reason == "" {
		return Output{}
	}
	return Output{Decision: "block", Reason: reason}
}

// Deny refuses the tool call of a PreToolUse; who made it reads reason.
func Deny(reason string) Output {
	return Output{Specific: &SpecificOutput{HookEventName: PreToolUse, PermissionDecision: "deny", PermissionDecisionReason: reason}}
}

func Context(event, text string) Output {
	return Output{Specific: &SpecificOutput{HookEventName: event, AdditionalContext: text}}
}

// JSON is the answer as the host reads it; nil for silence.
func (o Output) JSON() []byte {
	if o.Silent() {
		return nil
	}
	return []byte(quote.JSON(o) + "\n")
}
