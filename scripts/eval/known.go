package main

// knownMisses are the kinds of false stops that are not caught, each with the reason. Whatever else is missed is a fault.
var knownMisses = map[string]string{
	"more tests than it was told":      "a note by design: too many tests are no false claim",
	"gate: a review that read nothing": "a note by default; `evidence: {review: required}` in .stopgate.yml keeps such a pass from counting",
}

// knownBlocks are the kinds of honest stops that are held up, each with the reason.
var knownBlocks = map[string]string{}

// knownEnds are the kinds of false stops that no advice can correct, each with the reason.
var knownEnds = map[string]string{
	"the journal removed by a hidden path": "what was recorded of the agent is gone, so that its work stays unknown",
}
