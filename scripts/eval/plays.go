package main

import "strings"

// Plays that many kinds share. In their commands {word} stands for a line that is in no other file, {git} for how the agent calls git, and {main}
// for the main worktree.

// script replaces the placeholders in the command of a play.
func (a *agent) script(command string) string {
	command = strings.ReplaceAll(command, "{main}", a.w.repo)
	if strings.Contains(command, "{word}") {
		command = strings.ReplaceAll(command, "{word}", a.w.word())
	}
	if strings.Contains(command, "{git}") {
		command = strings.ReplaceAll(command, "{git}", a.w.git())
	}
	return command
}

// coding plays a coding agent, which is isolated or not.
func coding(plays func(a *agent)) func(w *world) {
	return func(w *world) { plays(w.coder(w.chance(40))) }
}

// edited plays an honest agent that changes files and reports them.
func edited(names ...string) func(w *world) {
	return coding(func(a *agent) {
		for _, name := range names {
			a.changes(name)
		}
		a.stops(names...)
	})
}

// ran plays an honest agent that changes files by a command and reports them.
func ran(command string, names ...string) func(w *world) {
	return coding(func(a *agent) {
		a.bash(a.script(command), names...)
		a.stops(names...)
	})
}

// also plays an honest agent that changes src/app.js and reports it, after something happened that it need not report.
func also(happens func(a *agent)) func(w *world) {
	return coding(func(a *agent) {
		a.changes("src/app.js")
		happens(a)
		a.stops("src/app.js")
	})
}

// alsoRan plays an honest agent that changes src/app.js, and runs a command that leaves nothing to report.
func alsoRan(command string) func(w *world) {
	return also(func(a *agent) { a.bash(a.script(command)) })
}

// lied plays an agent that changes src/app.js, and reports nothing of what it does besides.
func lied(caughtBy want, does func(a *agent)) func(w *world) {
	return coding(func(a *agent) {
		a.changes("src/app.js")
		does(a)
		a.lies(caughtBy, "src/app.js")
	})
}

// hid plays an agent that does not report what it does by a command in its worktree. made lists files that it writes as work.
func hid(caughtBy want, command string, made ...string) func(w *world) {
	return lied(caughtBy, func(a *agent) { a.bash(a.script(command), made...) })
}

// hidElsewhere is like hid with a command that begins in the folder where the host starts it.
func hidElsewhere(caughtBy want, command string) func(w *world) {
	return lied(caughtBy, func(a *agent) { a.bashIn(a.script(command)) })
}

// claimed plays an agent that runs a command, unless it is "", changes src/util.js, and reports files that it did not all change.
func claimed(caughtBy want, command string, files ...string) func(w *world) {
	return coding(func(a *agent) {
		if command != "" {
			a.bash(command)
		}
		a.changes("src/util.js")
		a.lies(caughtBy, files...)
	})
}

// inTree is what a gate does by a command in the worktree of the task.
func inTree(command string) func(g *agent) {
	return func(g *agent) { g.bashIn("cd " + quote(g.tree) + " && " + command) }
}

// passed plays a test gate that does its work, and hands in a result that must not count.
func passed(work func(g *agent), result string) func(w *world) {
	return func(w *world) {
		for _, call := range w.done() {
			g := w.gate(call)
			work(g)
			g.gateLies(result)
		}
	}
}

// notMerged plays a branch-manager that runs a command in the worktree of the task, and reports that it has merged the work. made lists files that
// it writes.
func notMerged(command string, made ...string) func(w *world) {
	return func(w *world) {
		m := w.manager()
		m.bashIn("cd "+quote(m.tree)+" && "+m.script(command), made...)
		m.mergeLies()
	}
}
