package hook

import (
	"slices"
	"time"

	"stopgate/hook/report"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// rivals are the coding agents of this session that worked in the worktree called name since the agent that stops was launched: those
// that were let go since, and those that still run, as peer tells of them. since is when the agent that stops began its run.
func (h History) rivals(grounds Grounds, name string, place worktree.Place, stops string, since time.Time, peer func(id string) *transcript.Agent) []Rival {
	own := h.agent(stops)
	var list []Rival
	for _, id := range h.order {
		a := h.agent(id)
		if id == stops || a.began == 0 { // only coding agents begin a run
			continue
		}
		rival, there := Rival{AgentID: id, AgentType: a.agentType}, false
		switch {
		case a.ended == 0:
			agent := peer(id)
			rival.Running = true
			rival.Files = editsSince(agent, place, since)
			there = len(rival.Files) > 0 || grounds.assigns(assignment(agent), place)
		case a.ended > own.first && own.first > 0:
			rival.Earlier = a.ended < own.began
			rival.Files, there = a.touchedSince(own.first, name)
		}
		if there {
			list = append(list, rival)
		}
	}
	return list
}

// touchedSince are the files of the worktree called name that an agent changed by its stops after that point of the history; false
// where it did not stop there.
func (a *agentHistory) touchedSince(point int, name string) (files []string, there bool) {
	for _, stop := range a.stops {
		if stop.order > point && stop.Worktree == name && stop.Verdict != Rejected {
			files, there = append(files, stop.Touched...), true
		}
	}
	return files, there
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

// reports are those that this agent handed in before, as far as they are kept.
func (a *agentHistory) reports() []report.Report {
	var all []report.Report
	for _, stop := range a.stops {
		if len(stop.Report) > 0 {
			r, _ := report.Parse(string(stop.Report))
			all = append(all, r)
		}
	}
	return all
}
