package quote

// Bounds on single values in a text or a step, in characters. Every package uses these, so that one value has one bound wherever it stands.
const (
	MaxTask        = 200 // a task's name: task_id in schema/report.schema.json
	MaxTaskShort   = 40  // a task's name in a column or an explanation
	MaxName        = 120 // the name or id of an agent, a tool, a gate, a rule
	MaxPath        = 200 // a path, a ref, a value of git's configuration
	MaxReason      = 300 // an error's text
	MaxIssue       = 600 // one issue that a gate found
	MaxDescription = 60  // the description of a tool call, which the client shows on one line
	ShortID        = 7   // an id for people: an agent's begins with "a", 16 random digits follow
)

// Bounds on lists.
const (
	MaxList      = 10 // names in one finding or note
	MaxArtifacts = 5  // artifacts of each kind in a step
)
