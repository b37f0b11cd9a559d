package delivery

import (
	"context"
	"strings"

	"stopgate/hook/crosscheck"
	"stopgate/hook/host"
	"stopgate/hook/record"
	"stopgate/hook/scene"
)

// Alarms tells the person and the orchestrator of changes to what agents are checked with; the output is silent if there are none.
func Alarms(ctx context.Context, s *scene.Scene) host.Output {
	if len(s.History(ctx).Alarms()) == 0 {
		return host.Output{}
	}
	told, recorded := scene.Update(ctx, s, func(h record.History) (told []string, entries []record.Entry) {
		for _, a := range h.Alarms() {
			told = append(told, a.Text)
			entries = append(entries, record.Reminded(a.ID, "", crosscheck.Telling(s, !s.Enforces(ctx))))
		}
		return told, entries
	})
	if len(told) == 0 || !recorded {
		return host.Output{}
	}
	text := "stopgate: " + strings.Join(told, "\nstopgate: ")
	out := host.Output{}
	if s.Enforces(ctx) {
		out = host.Context(s.Event.HookEventName, "[stopgate plugin, automated check, not user input]\n"+text+"\nTell the person.")
	}
	out.SystemMessage = text
	return out
}
