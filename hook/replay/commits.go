package replay

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"stopgate/hook/quote"
	"stopgate/hook/site"
	"stopgate/hook/submission"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// histories are the histories of repositories, each opened once.
type histories struct {
	open func(worktree.Place) *worktree.History

	mu    sync.Mutex
	known map[string]*worktree.History // by the common git directory
}

func (h *histories) of(place worktree.Place) *worktree.History {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.known[place.CommonDir] == nil {
		h.known[place.CommonDir] = h.open(place)
	}
	return h.known[place.CommonDir]
}

// committed looks for the claims of one stop in the commits that were made since its agent began.
type committed struct {
	histories *histories // nil if no history can be read
	place     worktree.Place
	stop      transcript.Stop
	end       *transcript.Agent
	agents    []recording // of the session
	self      int         // which of them has stopped
	grounds   *site.Grounds
	task      string // the identifier of the agent's task; "" if unknown
}

// Claims returns what commits show of paths. A path that they do not show is unknown, because the change may have been discarded.
func (c committed) Claims(ctx context.Context, place worktree.Place, paths []string, _ worktree.Base) []worktree.PathState {
	names := c.names(place.Root)
	states := c.states(ctx, names, paths)
	asOf(newMoment(&c.stop.Agent, c.end, names), states)
	return states
}

// names returns the absolute paths by which the worktree is known, whose top is root now; "" if it is gone.
func (c committed) names(root string) []string {
	agent := &c.stop.Agent
	claimed := submission.Read(agent.LastMessage(), agent.Replies).Report.WorktreePath
	names := c.grounds.NamesOf(root, claimed, agent.CWD)
	if root == "" && filepath.IsAbs(agent.CWD) && !isDirectory(agent.CWD) {
		names = append(names, agent.CWD) // the host made it for this agent alone, and took it away
	}
	return names
}

// states returns the states of paths that commits show, whenever the agent's tool uses came.
func (c committed) states(ctx context.Context, names, paths []string) []worktree.PathState {
	states := make([]worktree.PathState, len(paths))
	unseen := func(reason string) []worktree.PathState {
		for i, path := range paths {
			states[i] = worktree.PathState{Path: path, Name: path, Change: worktree.Unknown, Reason: reason}
		}
		return states
	}
	history := c.histories.of(c.place)
	commits, err := history.Since(ctx, c.place, c.began())
	if err != nil {
		return unseen(err.Error())
	}
	m := newMoment(&c.stop.Agent, c.end, names)
	own := c.own(commits, c.editTimes(names), paths, m.worked)
	if len(own) == 0 {
		return unseen("no commit since the agent began is known to contain its work")
	}
	for i, path := range paths {
		state := worktree.PathState{Path: path, Name: path, Change: worktree.Unknown}
		at := slices.IndexFunc(own, func(commit worktree.Commit) bool { return commit.Changes(path) })
		switch {
		case !filepath.IsLocal(filepath.FromSlash(path)):
			state.Change, state.Reason = worktree.Outside, "it leads out of the worktree"
		case at >= 0 && !m.edited[path] && !m.worked:
			state.Reason = "a commit of its task changes it, but the agent had used no tool that can change a file"
		case at >= 0 && !m.edited[path] && c.peerEdited(names, path):
			state.Reason = "a commit of its task changes it, but another agent edited it after this stop"
		case at >= 0:
			if change, err := history.Change(own[at], path); err != nil {
				state.Reason = err.Error()
			} else if state.Change = change; change.Made() {
				state.Commit = shortCommit(own[at].ID)
			}
		case m.edited[path]:
			state.Reason = "the agent edited it, but none of the commits that hold its other files does"
		default:
			state.Change, state.Commit = worktree.Unchanged, shortCommit(own[0].ID)
		}
		states[i] = state
	}
	return states
}

// shortCommit returns a commit's name for people.
func shortCommit(id string) string { return id[:min(len(id), 10)] }

// began returns when the agent did its first thing.
func (c committed) began() time.Time {
	at := c.stop.Time
	for _, use := range c.end.ToolUses {
		if !use.Time.IsZero() && use.Time.Before(at) {
			at = use.Time
		}
	}
	return at
}

// editTimes returns the times of the agent's first edits before the stop, of each file.
func (c committed) editTimes(names []string) map[string]time.Time {
	first := map[string]time.Time{}
	for _, e := range trace.Edits(&c.stop.Agent, names) {
		if _, known := first[e.Path]; !known && e.Path != "" {
			first[e.Path] = e.Time
		}
	}
	return first
}

// own returns the commits that contain the agent's work, oldest first: those on the worktree's own branch, those whose messages name the task, and
// for each file that the agent edited the first that changes it. If there are none, because the agent worked by commands alone, it is the first
// commit that changes all claimed files.
func (c committed) own(commits []worktree.Commit, edited map[string]time.Time, claimed []string, worked bool) []worktree.Commit {
	firstOf := map[string]string{} // the commit, by the file
	for _, commit := range commits {
		for path, at := range edited {
			if firstOf[path] == "" && !commit.Time.Before(at.Truncate(time.Second)) && commit.Changes(path) {
				firstOf[path] = commit.ID
			}
		}
	}
	chosen := quote.Set(slices.Collect(maps.Values(firstOf)))
	var own []worktree.Commit
	for _, commit := range commits {
		if chosen[commit.ID] || commit.OnHead && c.place.Linked() || namesTask(commit.Message, c.task) {
			own = append(own, commit)
		}
	}
	if len(own) > 0 || !worked {
		return own
	}
	all := func(commit worktree.Commit) bool {
		n := 0
		for _, path := range claimed {
			if commit.Changes(path) {
				n++
			}
		}
		return n >= max(1, c.claims())
	}
	if i := slices.IndexFunc(commits, all); i >= 0 {
		return commits[i : i+1]
	}
	return nil
}

// claims counts the files that the agent lists.
func (c committed) claims() int {
	agent := &c.stop.Agent
	return len(submission.Read(agent.LastMessage(), agent.Replies).Report.FilesModified)
}

// peerEdited reports whether another agent of the session edited a file after the stop.
func (c committed) peerEdited(names []string, path string) bool {
	for i := range c.agents {
		if i != c.self && slices.ContainsFunc(trace.Edits(&c.agents[i].End, names), func(e trace.Edit) bool { return e.Path == path && e.Time.After(c.stop.Time) }) {
			return true
		}
	}
	return false
}

// namesTask reports whether a text has the identifier of a task as a word of its own: PROJ-12 is not in PROJ-123.
func namesTask(text, task string) bool {
	text, task = strings.ToLower(text), strings.ToLower(task)
	for len(task) >= minTask {
		i := strings.Index(text, task)
		if i < 0 {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[i+len(task):])
		if !isWord(before) && !isWord(after) {
			return true
		}
		text = text[i+len(task):]
	}
	return false
}

// minTask is the fewest characters of an identifier that a message names on purpose.
const minTask = 2

func isWord(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }
