package transcript

import "slices"

// WithHands returns the agent with what those did that work for it, as if it had done that itself: the agents that it launched, and theirs.
// Each tool use of theirs names its agent in Hand, and belongs to the run of the agent in which it was used. nil stands for a hand whose
// transcript could not be read: what it did is missing, as a tool use that was dropped is.
func (a *Agent) WithHands(hands []*Agent) *Agent {
	if len(hands) == 0 {
		return a
	}
	all := *a
	all.ToolUses = slices.Clone(a.ToolUses)
	for _, hand := range hands {
		if hand == nil {
			all.DroppedToolUses++
			continue
		}
		all.DroppedToolUses += hand.DroppedToolUses
		all.Skipped.Malformed += hand.Skipped.Malformed
		all.Skipped.TooLong += hand.Skipped.TooLong
		for _, use := range hand.ToolUses {
			use.Hand = hand.ID
			use.Run = a.Run.Number
			if a.Run.Number > 0 && use.Time.Before(a.Run.Time) {
				use.Run = a.Run.Number - 1
			}
			all.ToolUses = append(all.ToolUses, use)
		}
	}
	slices.SortStableFunc(all.ToolUses, func(x, y ToolUse) int { return x.Time.Compare(y.Time) })
	return &all
}
