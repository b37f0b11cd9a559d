package hook

import (
	"context"
	"fmt"
	"slices"
	"time"

	"stopgate/hook/clientsettings"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/scene"
)

// configChange handles ConfigChange: a settings file of the client has changed, but the change is not yet in force. While an agent of the protocol
// is at work, the agent may have made it. So a change of the project's settings that concerns stopgate's hooks is kept out of this session. A
// change of the person's own settings is allowed. Both are reported at the end of the turn.
func configChange(ctx context.Context, s *scene.Scene) Answer {
	if s.Event.FilePath == "" || s.Event.SessionID == "" {
		return Answer{}
	}
	now := clientsettings.Read(s.Event.FilePath)
	before, known := s.History(ctx).SettingsBefore(s.Event.FilePath)
	if !known {
		before = clientsettings.Settings{}.Print()
	}
	if now.Print() == before || !protocolAtWork(ctx, s) {
		return Answer{}
	}
	counts := "The change is kept out of this session, but the next session would use it. Look at the file."
	personal := s.Event.Source != "project_settings" && s.Event.Source != "local_settings"
	switch {
	case personal:
		counts = "It is in force. If you did not make it, undo it: it decides whether agents are checked."
	case !s.Enforces(ctx):
		counts = "This repository only observes, so it is in force."
	}
	text := fmt.Sprintf("%s was changed while an agent of the protocol is at work: %s. %s", quote.String(s.Event.FilePath, quote.MaxPath), now, counts)
	s.Append(ctx, record.NewAlarm(text, s.Now().UTC().Format(time.RFC3339Nano)).Entry())
	if personal || !s.Enforces(ctx) {
		return Answer{}
	}
	return Answer{Output: host.Block("stopgate: " + text)}
}

// protocolAtWork reports whether a coding agent, a gate or the branch-manager of this session is at work.
func protocolAtWork(ctx context.Context, s *scene.Scene) bool {
	h := s.History(ctx)
	return slices.ContainsFunc(h.Agents(), func(id string) bool { return h.Agent(id).AtWork() }) ||
		slices.ContainsFunc(s.Tasks(ctx).All(), func(t *record.Task) bool {
			owed := t.State.Owed()
			return owed.Action == gates.Wait && (owed.Why == gates.ForGates || owed.Why == gates.ForBranchManager)
		})
}
