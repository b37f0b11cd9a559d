package hook

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/site"
)

// configChange is ConfigChange: a settings file of the client has changed, and the change does not count yet. While an agent of the protocol is at
// work, a change of the project's settings that bears on the gate is kept out of this session: it may be the agent's. The person's own
// settings are theirs. Both are told at the end of the turn.
func configChange(ctx context.Context, s *scene.Scene) Answer {
	if s.Event.FilePath == "" || s.Event.SessionID == "" {
		return Answer{}
	}
	now := readGateSettings(s.Event.FilePath)
	before, known := s.History(ctx).SettingsBefore(s.Event.FilePath)
	if !known {
		before = gateSettings{}.print()
	}
	if now.print() == before || !protocolAtWork(ctx, s) {
		return Answer{}
	}
	name := quote.String(s.Event.FilePath, quote.MaxPath)
	if s.Event.Source != "project_settings" && s.Event.Source != "local_settings" {
		text := fmt.Sprintf("%s was changed while an agent of the protocol is at work: %s. It counts. If you did not do that, undo it: it decides whether agents are checked.", name, now)
		s.Append(ctx, record.NewAlarm(text, s.Now().UTC().Format(time.RFC3339Nano)).Entry())
		return Answer{}
	}
	text := fmt.Sprintf("%s was changed while an agent of the protocol is at work: %s. The change is kept out of this session, and the next one would take it. Look at the file.", name, now)
	if !s.Enforces(ctx) {
		text = fmt.Sprintf("%s was changed while an agent of the protocol is at work: %s. This repository only observes, so it counts.", name, now)
	}
	s.Append(ctx, record.NewAlarm(text, s.Now().UTC().Format(time.RFC3339Nano)).Entry())
	if !s.Enforces(ctx) {
		return Answer{}
	}
	return Answer{Output: host.Block("stopgate: " + text)}
}

// protocolAtWork reports whether a coding agent, a gate or the branch-manager that this session launched is at work.
func protocolAtWork(ctx context.Context, s *scene.Scene) bool {
	h := s.History(ctx)
	for _, id := range h.Agents() {
		if h.Agent(id).AtWork() {
			return true
		}
	}
	for _, t := range s.Tasks(ctx).All() {
		if owed := t.State.Owed(); owed.Action == gates.Wait && (owed.Why == gates.ForGates || owed.Why == gates.ForBranchManager) {
			return true
		}
	}
	return false
}

// gateSettings are the parts of a settings file of the client that bear on whether agents are checked.
type gateSettings struct {
	Disabled any            `json:"disableAllHooks,omitempty"`
	Hooks    any            `json:"hooks,omitempty"`
	Env      map[string]any `json:"env,omitempty"`
	Unread   bool           `json:"unread,omitempty"`
}

// maxSettings bounds a settings file, in bytes.
const maxSettings = 4 << 20

// readGateSettings reads a settings file. One that is not there says nothing.
func readGateSettings(path string) (g gateSettings) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return g
	}
	f, err := os.Open(path)
	if err != nil {
		return gateSettings{Unread: true}
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxSettings+1))
	if err != nil || len(content) > maxSettings || json.Unmarshal(content, &g) != nil {
		return gateSettings{Unread: true}
	}
	g.Unread = false
	if g.Disabled == false {
		g.Disabled = nil
	}
	for name := range g.Env {
		if !strings.HasPrefix(name, "STOPGATE_") && !strings.HasPrefix(name, "CLAUDE_") && name != "PATH" && name != "XDG_STATE_HOME" && name != "BASH_ENV" {
			delete(g.Env, name)
		}
	}
	if len(g.Env) == 0 {
		g.Env = nil
	}
	return g
}

func (g gateSettings) print() string { return quote.Digest(quote.JSON(g)) }

// String says what the file does, in words.
func (g gateSettings) String() string {
	var does []string
	if g.Disabled != nil {
		does = append(does, "it switches hooks off")
	}
	if g.Hooks != nil {
		does = append(does, "it sets hooks")
	}
	for _, name := range slices.Sorted(maps.Keys(g.Env)) {
		does = append(does, "it sets the variable "+quote.String(name, quote.MaxName))
	}
	if g.Unread {
		does = append(does, "it cannot be read")
	}
	if len(does) == 0 {
		return "what it said of hooks is gone"
	}
	return strings.Join(does, ", ")
}

// settingsPrints identify what the client's settings files say of hooks now.
func settingsPrints(s *scene.Scene) map[string]string {
	var paths []string
	for _, folder := range append([]string{filepath.Join(s.ProjectDir, ".claude")}, s.Folders.Client...) {
		if s.ProjectDir == "" && folder == ".claude" || folder == "" {
			continue
		}
		for _, name := range []string{"settings.json", "settings.local.json"} {
			paths = append(paths, filepath.Join(folder, name), filepath.Join(site.Physical(folder), name))
		}
	}
	prints := map[string]string{}
	for _, path := range paths {
		prints[path] = readGateSettings(path).print()
	}
	return prints
}
