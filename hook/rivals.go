package hook

import (
	"slices"
	"time"

	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// rivals are the coding agents of this session that worked in the worktree called name while the agent that stops did: those that
// were let go after it began, and those that still run, as peer tells of them. since is when the agent that stops began.
func (h History) rivals(grounds Grounds, name string, place worktree.Place, stops string, since time.Time, peer func(id string) *transcript.Agent) []Rival {
	own := h.agent(stops)
	var list []Rival
	for _, id := range h.order {
		a := h.agent(id)
		if id == stops || a.began == 0 || !IsCoding(a.agentType) {
			continue
		}
		rival, there := Rival{AgentID: id, AgentType: a.agentType}, false
		switch {
		case a.ended == 0:
			agent := peer(id)
			rival.Running = true
			rival.Files = editsSince(agent, place, since)
			there = len(rival.Files) > 0 || grounds.assigns(assignment(agent), place)
		case a.ended > own.began && own.began > 0:
			if last := a.stops[len(a.stops)-1]; last.Worktree == name {
				rival.Files, there = last.Touched, true
			}
		}
		if there {
			list = append(list, rival)
		}
	}
	return list
}

// assigns tells whether an agent was given that worktree.
func (g Grounds) assigns(asked Assignment, place worktree.Place) bool {
	if asked.WorktreePath == "" || g.Repository == nil {
		return false
	}
	site, _ := g.find(asked.WorktreePath)
	return site.Problem == SiteFound && site.Place.GitDir == place.GitDir
}

// sinceLaunch is when an agent was launched; the zero time where its transcript tells only when it was resumed.
func sinceLaunch(agent *transcript.Agent) time.Time {
	if agent.Run.Number > 0 {
		return time.Time{}
	}
	return agent.Run.Time
}

// editsSince are the files of the worktree that an agent has edited since then.
func editsSince(agent *transcript.Agent, place worktree.Place, since time.Time) []string {
	var files []string
	for _, e := range Edits(agent, []string{place.Root}) {
		if e.Path != "" && e.Time.After(since) && !slices.Contains(files, e.Path) {
			files = append(files, e.Path)
		}
	}
	return files
}
