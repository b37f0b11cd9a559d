package record

import (
	"encoding/json"
	"slices"

	"stopgate/hook/quote"
)

// Alarm is the data of an alarm record: a change of what agents are checked with, to be told to the person and the orchestrator.
type Alarm struct {
	ID string `json:"id"`
	// Text says what happened and what it means, in one line.
	Text string `json:"text"`
}

// NewAlarm is the alarm with that text. at tells it from another one with the same text.
func NewAlarm(text, at string) Alarm { return Alarm{ID: quote.Digest("alarm", text, at), Text: text} }

// Entry is the record of the alarm.
func (a Alarm) Entry() Entry { return Entry{kind: KindAlarm, data: a} }

// Alarms are those of the session that nobody was told of.
func (h History) Alarms() []Alarm {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(h.alarms), func(a Alarm) bool {
		again := seen[a.ID]
		seen[a.ID] = true
		return again || h.reminders[a.ID] > 0
	})
}

// SettingsBefore is what the newest launch of the session recorded of a settings file; false if none recorded it.
func (h History) SettingsBefore(path string) (print string, ok bool) {
	for _, rec := range slices.Backward(h.launches) {
		var l struct {
			Settings map[string]string `json:"settings"`
		}
		if json.Unmarshal(rec.Data, &l) == nil && l.Settings != nil {
			print, ok = l.Settings[path]
			return print, ok
		}
	}
	return "", false
}
