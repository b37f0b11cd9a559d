package transcript

// Options bounds what is kept of a transcript. The zero value means the defaults.
type Options struct {
	// MaxLine is the longest line that is read, in bytes. Longer ones count as Skipped.TooLong. Default 64 MiB.
	MaxLine int
	// MaxText bounds the replies that are kept of one run, in bytes of text. The oldest are dropped first. Default 4 MiB.
	MaxText int
	// MaxToolUses bounds the tool uses that are kept, in bytes. The oldest are dropped first. Default 16 MiB.
	MaxToolUses int
	// MaxOutput bounds the text of one tool's result that is kept, in bytes. Default 0: none is kept.
	MaxOutput int
	// OneAgent makes a Scanner attribute every record to one agent, as is right for an agent's own file.
	OneAgent bool
}

const (
	defaultMaxLine     = 64 << 20
	defaultMaxText     = 4 << 20
	defaultMaxToolUses = 16 << 20
)

// orDefault is n, or the default if n is not positive.
func orDefault(n, otherwise int) int {
	if n <= 0 {
		return otherwise
	}
	return n
}
