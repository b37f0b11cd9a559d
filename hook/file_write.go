package hook

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/conduct"
	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/rule"
	"stopgate/hook/scope"
	"stopgate/hook/site"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// fileWrite refuses a coding agent's write outside of its worktree, or into a file that controls the checks.
func (r *Runner) fileWrite(ctx context.Context, ev host.Event) Answer {
	name := ev.ToolInput.FilePath
	if ev.ToolName == "NotebookEdit" {
		name = ev.ToolInput.NotebookPath
	}
	if name == "" || strings.ContainsRune(name, 0) {
		return Answer{}
	}
	s := r.scene(ev)
	if !s.isCoder(ctx) {
		t := conduct.Target{Name: site.Physical(s.absolute(name)), Protected: rule.GateTampered}
		if r.guarded().Guards(t.Name) == "" || s.roleOf(ctx, ev.AgentID, ev.AgentType) == launch.NoRole {
			return Answer{}
		}
		return s.refuse(ctx, refusal{
			agent: gates.Agent{ID: ev.AgentID, Type: ev.AgentType},
			what:  "this file is not written", advice: "Report what you found.", findings: conduct.Write(name, t),
		})
	}
	return s.refuse(ctx, refusal{
		agent: s.coder(ctx),
		what:  "this file is not written", advice: "Continue in your worktree.", findings: conduct.Write(name, r.writeTarget(ctx, s, name)),
	})
}

// writeTarget looks at where a write would go.
func (r *Runner) writeTarget(ctx context.Context, s *scene, name string) conduct.Target {
	t := conduct.Target{Name: site.Physical(s.absolute(name))}
	t.Shared = site.WithinAny(r.Folders.Temp, t.Name) || site.WithinAny(r.Folders.Client, t.Name)
	place, err := worktree.Locate(site.Existing(filepath.Dir(t.Name)))
	if repository := s.grounds.Repository; err == nil && repository != nil && place.CommonDir == repository.CommonDir {
		t.Repository, t.Root = true, place.Root
	}
	if t.Repository && judge.IsAgentMemory(site.RelativeTo([]string{t.Root}, t.Name)) {
		t.Shared, t.Repository = true, false
	}
	if t.Protected = r.protectedBy(s, t); t.Protected != "" {
		return t
	}
	t.Assigned = r.assigned(ctx, s, t.Name)
	if site.WithinAny([]string{r.Folders.Plugin}, t.Name) && !site.WithinAny(t.Assigned, t.Name) {
		t.Protected = rule.GateTampered
	}
	if t.Repository && slices.Contains(t.Assigned, place.Root) {
		t.Owner = r.ownerOf(ctx, s, place, t.Name)
	}
	return t
}

// ownerOf is another coding agent that is at work in the worktree and whose prompt assigns the file to it alone, as messages name it; "" if
// there is none, and if this agent's own prompt or a message to it names the file too (seed, "File Conflict Detection").
func (r *Runner) ownerOf(ctx context.Context, s *scene, place worktree.Place, file string) string {
	own := s.coder(ctx)
	var others []judge.OtherCoder
	for _, o := range s.history(ctx).Occupants(s.grounds.Name(place), s.ev.TranscriptPath, r.Now()) {
		if o.AgentID != own.ID {
			others = append(others, judge.OtherCoder{AgentID: o.AgentID, AgentType: o.AgentType})
		}
	}
	others = r.rivals(s.ev, others)
	name := site.RelativeTo([]string{place.Root}, file)
	if len(others) == 0 || name == "" {
		return ""
	}
	bounds := func(prompt string) scope.Bounds { return s.boundsIn(place, prompt) }
	mine := r.peer(ctx, s.ev, own.ID)
	for _, prompt := range []string{mine.Prompt, mine.Run.Prompt} {
		if bounds(prompt).Grants(name) || scope.Asks(scope.Read(prompt).Rest, name) {
			return ""
		}
	}
	for _, o := range others {
		if prompt := transcript.ReadPrompt(ctx, transcript.AgentPath(s.ev.TranscriptPath, o.AgentID)); bounds(prompt).Owns(name) {
			return trace.OtherAgent{AgentID: o.AgentID, AgentType: o.AgentType}.String()
		}
	}
	return ""
}

// boundsIn is the scope of a prompt in a worktree as it is now.
func (s *scene) boundsIn(place worktree.Place, prompt string) scope.Bounds {
	said := scope.Read(prompt)
	if !said.Limits() {
		return scope.Bounds{}
	}
	return said.In(site.WorktreeNames(place.Root, launch.ReadAssignment(prompt).WorktreePath, s.grounds.Bases()), func(name string) bool {
		where := filepath.Join(place.Root, filepath.FromSlash(name))
		_, err := os.Lstat(where)
		return err == nil && site.Within(place.Root, where)
	})
}

// protectedBy is the rule against every write to the target, wherever the agent works; "" if there is none.
func (r *Runner) protectedBy(s *scene, t conduct.Target) rule.Name {
	repository := s.grounds.Repository
	inGit := slices.ContainsFunc(strings.Split(filepath.ToSlash(t.Name), "/"), func(part string) bool { return strings.EqualFold(part, ".git") })
	switch {
	case repository != nil && (site.Within(repository.CommonDir, t.Name) || site.Within(repository.GitDir, t.Name)):
		return rule.GitTampered
	case inGit && (t.Repository || !t.Shared):
		return rule.GitTampered
	case t.Repository && t.Name == filepath.Join(t.Root, config.FileName), site.WithinAny([]string{r.Folders.Journal}, t.Name):
		return rule.GateTampered
	case site.IsClientSetting(r.Folders.Client, t.Name):
		return rule.GateTampered
	}
	others := r.Folders
	others.Plugin = "" // it has a rule of its own
	if others.Guards(t.Name) != "" {
		return rule.GateTampered
	}
	return ""
}
