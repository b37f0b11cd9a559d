// Package target finds the file that a write or a command of an agent would write, the worktree of that file, and the rule that protects it.
package target

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/actor"
	"stopgate/hook/conduct"
	"stopgate/hook/config"
	"stopgate/hook/inspect"
	"stopgate/hook/launch"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/scope"
	"stopgate/hook/session"
	"stopgate/hook/site"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// OfWrite returns the target of a write.
func OfWrite(ctx context.Context, s *scene.Scene, name string) conduct.Target {
	t := conduct.Target{Name: site.Physical(Absolute(s, name))}
	t.Shared = site.WithinAny(s.Folders.Temp, t.Name) || site.WithinAny(s.Folders.Client, t.Name)
	if site.IsClientInstruction(s.Folders.Client, t.Name) {
		t.Shared = false
	}
	place, err := worktree.Locate(site.Existing(filepath.Dir(t.Name)))
	if repository := s.Grounds().Repository; err == nil && repository != nil && place.CommonDir == repository.CommonDir {
		t.Repository, t.Root = true, place.Root
	}
	if t.Repository && inspect.IsAgentMemory(site.RelativeTo([]string{t.Root}, t.Name)) {
		t.Shared, t.Repository = true, false
	}
	if t.Protected = protectedBy(s, place, t); t.Protected != "" {
		return t
	}
	t.Assigned = assigned(ctx, s, t.Name)
	if site.WithinAny([]string{s.Folders.Plugin}, t.Name) && !site.WithinAny(t.Assigned, t.Name) {
		t.Protected = rule.GateTampered
	}
	if t.Repository && slices.Contains(t.Assigned, place.Root) {
		t.Owner = ownerOf(ctx, s, place, t.Name)
	}
	return t
}

// ownerOf returns another coding agent at work in the worktree whose prompt assigns the file to it alone, in the form for messages. It returns ""
// if there is none, or if this agent's own prompt or a message to it names the file too (seed, "File Conflict Detection").
func ownerOf(ctx context.Context, s *scene.Scene, place worktree.Place, file string) string {
	own := actor.Coder(ctx, s)
	var others []inspect.OtherCoder
	for _, o := range s.History(ctx).Occupants(ctx, s.Grounds().Name(place), own.ID, s.Event.TranscriptPath, s.Now()) {
		others = append(others, inspect.OtherCoder{AgentID: o.AgentID, AgentType: o.AgentType})
	}
	others = session.Rivals(s, others)
	name := site.RelativeTo([]string{place.Root}, file)
	if len(others) == 0 || name == "" {
		return ""
	}
	bounds := func(prompt string) scope.Bounds { return boundsIn(s, place, prompt) }
	mine := session.Peer(ctx, s, own.ID)
	for _, prompt := range []string{mine.Prompt, mine.Run.Prompt} {
		if bounds(prompt).Grants(name) || scope.Asks(scope.Read(prompt).Rest, name) {
			return ""
		}
	}
	for _, o := range others {
		if prompt := transcript.ReadPrompt(ctx, transcript.AgentPath(s.Event.TranscriptPath, o.AgentID)); bounds(prompt).Owns(name) {
			return trace.OtherAgent{AgentID: o.AgentID, AgentType: o.AgentType}.String()
		}
	}
	return ""
}

// boundsIn returns the scope of a prompt in the present worktree.
func boundsIn(s *scene.Scene, place worktree.Place, prompt string) scope.Bounds {
	names := site.WorktreeNames(place.Root, launch.ReadAssignment(prompt).WorktreePath, s.Grounds().Bases())
	return scope.Read(prompt).At(place.Root, names, nil)
}

// protectedBy returns the rule against any write to the target, wherever the agent works; "" if there is none. place is that of the target, if it is
// in the repository.
func protectedBy(s *scene.Scene, place worktree.Place, t conduct.Target) rule.Name {
	repository := s.Grounds().Repository
	inBare := t.Repository && place.Linked() && place.MainRoot() == "" // the worktree may be inside the git directory
	inGit := slices.ContainsFunc(strings.Split(filepath.ToSlash(t.Name), "/"), func(part string) bool { return strings.EqualFold(part, ".git") })
	switch {
	case repository != nil && !inBare && (site.Within(repository.CommonDir, t.Name) || site.Within(repository.GitDir, t.Name)):
		return rule.GitTampered
	case inGit && (t.Repository || !t.Shared):
		return rule.GitTampered
	case t.Repository && t.Name == filepath.Join(t.Root, config.FileName), site.WithinAny([]string{s.Folders.Journal}, t.Name):
		return rule.GateTampered
	case site.IsClientSetting(s.Folders.Client, t.Name):
		return rule.GateTampered
	}
	others := s.Folders
	others.Plugin = "" // the plugin has a rule of its own
	if others.Guards(t.Name) != "" {
		return rule.GateTampered
	}
	return ""
}
