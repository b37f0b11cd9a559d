package quote

const MaxIssue = 600

// Bounds on single values of a step, in characters.
const (
	MaxTask        = 200 // schema/report.schema.json
	MaxName        = 120
	MaxDescription = 60

	MaxArtifacts = 5 // of each kind
)

// MaxList bounds the names in one note.
const MaxList = 10

// Bounds on values quoted in a finding, in characters.
const (
	MaxPath   = 200
	MaxReason = 300
)

const MaxTaskShort = 40

const ShortID = 7 // characters: an agent's id begins "a" and goes on with 16 random digits
