package step

import (
	"stopgate/hook/host"
	"stopgate/hook/quote"
)

// Batch collects the steps that go out with one answer of the hook, at most host.MaxStep characters together, and host.MaxReminder of
// reminders. The first step always fits, since none is longer than that. The zero Batch is empty.
type Batch struct {
	Steps     []*Step
	size      int // of their texts, in characters
	reminders int // of those that are reminders
}

// separator is what stands between two steps of an answer, in characters.
const separator = 2

// Fits reports whether there is room for the step.
func (b *Batch) Fits(s *Step) bool {
	length := quote.Length(s.Told()) + separator
	return len(b.Steps) == 0 || b.size+length <= host.MaxStep && !(s.Reminder && b.reminders > 0 && b.reminders+length > host.MaxReminder)
}

// Add adds the step if it fits.
func (b *Batch) Add(s *Step) bool {
	if !b.Fits(s) {
		return false
	}
	length := quote.Length(s.Told()) + separator
	b.Steps, b.size = append(b.Steps, s), b.size+length
	if s.Reminder {
		b.reminders += length
	}
	return true
}
