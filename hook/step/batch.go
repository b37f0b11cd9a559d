package step

import (
	"stopgate/hook/host"
	"stopgate/hook/quote"
)

// Batch collects the steps of one answer: together at most host.MaxStep characters, at the end of a turn at most host.MaxReminder. The first step
// always fits, because no step is longer than that.
type Batch struct {
	Event string // the event that is answered
	Steps []*Step
	size  int // the length of their texts, in characters
}

// separator is the length of the text between two steps of an answer, in characters.
const separator = 2

// Fits reports whether there is room for the step.
func (b *Batch) Fits(s *Step) bool {
	room := host.MaxStep
	if b.Event == host.Stop {
		room = host.MaxReminder
	}
	return len(b.Steps) == 0 || b.size+separator+quote.Length(s.At(b.Event)) <= room
}

// Add adds the step if it fits.
func (b *Batch) Add(s *Step) bool {
	if !b.Fits(s) {
		return false
	}
	b.Steps, b.size = append(b.Steps, s), b.size+separator+quote.Length(s.At(b.Event))
	return true
}
