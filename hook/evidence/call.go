package evidence

import (
	"path"
	"slices"
	"strings"
	"time"

	"stopgate/hook/shell"
)

// Use is one tool use of a gate's agent.
type Use struct {
	// Tool is the tool's name as the host has it. Command is the input of Bash, Monitor or PowerShell, Path the input of Read, Grep or Edit.
	Tool, Command, Path string
	// Names are the texts of one line in the input of a server's tool: commands, and paths.
	Names []string
	// Dir is the folder that the session was in; "" if unknown.
	Dir string
	// Output is the result, or its beginning and its end.
	Output string
	// Failed means that the result is an error; for a command, an exit status other than 0. Answered means that there is a result.
	Failed, Answered bool
	// Stays means that the command goes on in the background, so that the result is not how it ended.
	Stays bool
	// Content is what a tool wrote into the file, and Replaced are the texts that it replaced there, each with the new one.
	Content  string
	Replaced [][2]string
	// Elsewhere means that it looked into another worktree of the repository. Its files may be other ones.
	Elsewhere bool
	Time      time.Time
}

// Call is a tool use with the commands that it ran.
type Call struct {
	Use
	// Script are the simple commands of a shell, in their order. It is empty for another tool, and for a command that cannot be followed.
	Script []shell.Run
}

// Follow returns the tool uses of an agent with the commands that each ran. It needs all of them, from the first one: what the agent wrote into files
// decides what later commands run.
func Follow(uses []Use) []Call {
	var f shell.Follower
	var list []Call
	for _, u := range uses {
		next := Call{Use: u}
		f.In(u.Dir)
		switch {
		case u.Tool == "Bash", u.Tool == "Monitor":
			next.Script = f.Follow(u.Command)
		case u.Tool == "PowerShell":
			next.Script = f.Follow(fromPowerShell(u.Command))
		case strings.HasPrefix(u.Tool, "mcp__"):
			next = ofServer(u, &f)
		case u.Content != "" && u.Answered && !u.Failed:
			f.Wrote(u.Path, u.Content)
		case len(u.Replaced) > 0 && u.Answered && !u.Failed:
			f.Replaced(u.Path, u.Replaced)
		}
		list = append(list, next)
	}
	return list
}

// ofServer returns the use of a tool of an MCP server, with the command in its input that runs tests, or with the tool itself if its name says that it
// does. The folder is the one that its input names. Its result has no exit status.
func ofServer(u Use, f *shell.Follower) Call {
	for _, name := range u.Names {
		if path.IsAbs(name) {
			u.Dir = name
		}
	}
	f.In(u.Dir)
	next := Call{Use: u}
	for _, name := range u.Names {
		if script := f.Follow(name); isCommand(name) && slices.ContainsFunc(script, isTest) {
			next.Command, next.Script = name, script
		}
	}
	if next.Script == nil && u.testsByName() {
		next.Command, next.Script = u.Tool, []shell.Run{{Words: []string{u.Tool}}}
	}
	for i := range next.Script {
		next.Script[i].Decides = false
	}
	var output strings.Builder
	for line := range strings.Lines(unescaped.Replace(u.Output)) {
		text := strings.TrimSpace(line)
		if len(text) < minOwnWords || !slices.ContainsFunc(u.Names, func(name string) bool { return strings.Contains(name, text) }) {
			output.WriteString(line)
		}
	}
	next.Output = output.String()
	return next
}

// unescaped has the lines of an output that a server puts into a JSON string.
var unescaped = strings.NewReplacer(`\r\n`, "\n", `\n`, "\n", `\"`, `"`)

// itself reports whether a command stands for the server's tool.
func (u Use) itself(r shell.Run) bool {
	return u.testsByName() && slices.Equal(r.Words, []string{u.Tool})
}

// testsByName reports whether the name of a server's tool says that it runs tests, or that it runs something whose name in its input says so.
func (u Use) testsByName() bool {
	return serverTests().MatchString(u.Tool) || serverRuns().MatchString(u.Tool) && slices.ContainsFunc(u.Names, func(name string) bool { return namesTests().MatchString(name) })
}

// folder returns the folder in which a command of the tool use ran; "" if unknown.
func (u Use) folder(r shell.Run) string {
	if path.IsAbs(r.Dir) {
		return r.Dir
	}
	return path.Join(u.Dir, r.Dir)
}
