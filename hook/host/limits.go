package host

// Bounds on text that a model reads, in UTF-16 code units: the host counts characters as JavaScript does. The host moves an
// additionalContext of more than 10,000 to a file and does not bound a reason at all (2.1.330).
const (
	// MaxReason bounds the reason of a block.
	MaxReason = 8000
	// MaxStep bounds the text of one step, its JSON object included.
	MaxStep = 9000
	// MaxReminder bounds the reminder at the end of a turn, which the client prints whole on the person's screen.
	MaxReminder = 600
)
