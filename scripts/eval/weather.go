package main

import (
	"os"
	"path/filepath"
)

// weather is what others do while an agent works. It does not change the label.
type weather struct {
	name string
	// before happens before the agent is launched, during while it works; nil for nothing.
	before, during func(w *world)
}

var weathers = []weather{
	{"a person commits", nil, func(w *world) {
		w.write("docs/mine.md", w.word()+"\n")
		w.sh(".", "git add docs/mine.md; git commit -qm mine")
	}},
	{"a person makes a branch and a tag", nil, func(w *world) { w.sh(".", "git branch theirs; git tag theirs-1") }},
	{"a person runs git status in the worktree", nil, func(w *world) { w.sh(taskTree, "git status --short >/dev/null 2>&1 || true") }},
	{"git gc", nil, func(w *world) { w.sh(".", "git gc -q") }},
	{"the main worktree is dirty", func(w *world) { w.write("config/app.yml", w.word()+"\n"); w.write("scratch/notes.txt", w.word()+"\n") }, nil},
	{"a person edits the main worktree", nil, func(w *world) { w.write("config/app.yml", w.word()+"\n"); w.write("scratch/notes.txt", w.word()+"\n") }},
	{"a person stashes", func(w *world) {
		w.write("config/app.yml", "other\n")
		delete(w.made, filepath.Join(w.repo, "config/app.yml"))
	}, func(w *world) { // only the own file: a stash of everything takes an agent's edit in the main worktree with it, and nothing false is left
		w.sh(".", "git stash push -q -- config/app.yml; git stash drop -q || true")
	}},
	{"a person sets git config", nil, func(w *world) { w.sh(".", "git config pull.rebase true; git config --global user.signingkey k") }},
	{"a person adds a worktree", nil, func(w *world) {
		w.sh(".", "git worktree add -q trees/T-7-theirs -b T-7; echo x > trees/T-7-theirs/x.txt")
	}},
	{"an editor's folder in the main worktree", nil, func(w *world) { w.write(".idea/workspace.xml", "<project/>\n") }},
	{"another agent works elsewhere", func(w *world) {
		other := w.launch("bug-fixer", "T-7", w.added("trees/T-7-other", "T-7"), "")
		w.during = append(w.during, func() { other.changes("src/app.js"); other.bash("ls; git status --short") })
	}, nil},
	{"a session's reader agent", func(w *world) {
		reader := w.agent("Explore", "", w.repo)
		reader.prompt = "Find the retries."
		if why := reader.begin(); why != "" {
			failf("the launch of a reader is refused: %s", why)
		}
		w.during = append(w.during, func() { reader.bashIn("grep -rn retries src | head -3; git log --oneline | head -2") })
	}, nil},
	{"the host wrote its own files", nil, func(w *world) {
		f := filepath.Join(w.repo, ".git/info/exclude")
		old, _ := os.ReadFile(f) // it may not be there
		put(f, string(old)+".claude/settings.local.json\n**/.claude/scheduled_tasks.lock\n")
	}},
}

// added returns a new worktree with a branch of its own.
func (w *world) added(tree, branch string) string {
	w.sh(".", "git worktree add -q "+tree+" -b "+branch)
	return tree
}

// passes lets the others act, if it is time.
func (w *world) passes() {
	if len(w.during) == 0 || w.chance(30) {
		return
	}
	next := w.during[0]
	w.during = w.during[1:]
	next()
}
