package doctor

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"stopgate/hook/host"
	"stopgate/hook/shell"
)

// registered is one hook of hooks.json.
type registered struct {
	Type, Command string
	Args          []string
	// Async hooks answer when it is too late. Timeout is in seconds, 0 for the host's default.
	Async   bool
	Timeout float64
	// Matcher is from the hook's group: the tools or types of agent that it is called for.
	Matcher string `json:"-"`
}

// ours reports whether the hook starts stopgate.
func (h registered) ours() bool {
	program, _, _ := strings.Cut(strings.TrimLeft(h.Command, `"'`), " ")
	return h.Type == "command" && strings.HasSuffix(strings.TrimRight(program, `"'`), "/stopgate")
}

// hooksOf reads which hooks the plugin registers for each event.
func hooksOf(dir string) (map[string][]registered, error) {
	var manifest struct{ Hooks json.RawMessage }
	if err := readJSON(filepath.Join(dir, ".claude-plugin", "plugin.json"), &manifest); err != nil {
		return nil, err
	}
	name := filepath.Join("hooks", "hooks.json") // what the host reads by itself
	var named string
	if json.Unmarshal(manifest.Hooks, &named) == nil && named != "" {
		name = filepath.FromSlash(named)
	}
	if !filepath.IsLocal(name) {
		return nil, fmt.Errorf("the manifest names %q for its hooks, which is outside of the plugin's folder", name)
	}
	var file struct {
		Hooks map[string][]struct {
			Matcher string
			Hooks   []registered
		} `json:"hooks"`
	}
	if err := readJSON(filepath.Join(dir, name), &file); err != nil {
		return nil, err
	}
	hooks := map[string][]registered{}
	for event, groups := range file.Hooks {
		for _, group := range groups {
			for _, h := range group.Hooks {
				h.Matcher = group.Matcher
				hooks[event] = append(hooks[event], h)
			}
		}
	}
	return hooks, nil
}

// registration looks for a hook at each event that the gate needs, and whether each is called in time and can act.
func registration(_ context.Context, w *World) []Finding {
	dir := w.plugin()
	if dir == "" {
		return nil
	}
	hooks, err := hooksOf(dir)
	if err != nil {
		return []Finding{{State: Off, Seen: fmt.Sprintf("the plugin's hooks cannot be read: %v", err), Means: gateSilent, Mend: readable(w, dir, err)}}
	}
	var missing []string
	var found []Finding
	for _, event := range []string{host.SubagentStop, host.PreToolUse, host.SubagentStart, host.PostToolUse, host.UserPromptSubmit, host.Stop} {
		ours := slices.DeleteFunc(slices.Clone(hooks[event]), func(h registered) bool { return !h.ours() })
		if len(ours) == 0 {
			missing = append(missing, event)
		}
		for _, h := range ours {
			for _, f := range h.faults(event) {
				found = appendNew(found, f)
			}
		}
		if blind := uncalled(event, ours); len(blind) > 0 && len(ours) > 0 {
			found = append(found, Finding{
				State: Blind, Seen: fmt.Sprintf("the hook for %s is not called for %s", event, strings.Join(blind, ", ")),
				Means: "launches, commands or steps are not seen there",
			})
		}
	}
	switch {
	case slices.Contains(missing, host.SubagentStop):
		found = append(found, Finding{State: Off, Seen: "no hook is registered for " + strings.Join(missing, ", "), Means: gateSilent})
	case len(missing) > 0:
		found = append(found, Finding{State: Blind, Seen: "no hook is registered for " + strings.Join(missing, ", "), Means: "launches, commands or steps are not seen there"})
	}
	found = append(found, scripts(dir, hooks)...)
	if len(found) == 0 {
		return fine("registered for every event that the gate needs")
	}
	for i := range found {
		found[i].Mend = cmp.Or(found[i].Mend, again(w, dir))
	}
	return found
}

// appendNew adds a finding, unless one has seen the same.
func appendNew(list []Finding, f Finding) []Finding {
	if slices.ContainsFunc(list, func(g Finding) bool { return g.Seen == f.Seen }) {
		return list
	}
	return append(list, f)
}

// called are the tools for which the gate needs the events of a tool.
var called = map[string][]string{host.PreToolUse: {"Agent", "Bash", "Write", "Edit"}, host.PostToolUse: {"Agent"}}

// uncalled returns the tools for which none of the hooks is called. A matcher is a regular expression to the host, and "*" is every tool.
func uncalled(event string, hooks []registered) (tools []string) {
	for _, tool := range called[event] {
		if !slices.ContainsFunc(hooks, func(h registered) bool {
			matcher, err := regexp.Compile(h.Matcher)
			return h.Matcher == "*" || err == nil && matcher.MatchString(tool)
		}) {
			tools = append(tools, tool)
		}
	}
	return tools
}

// leastTimeout is how long the gate takes for an event at most, in seconds.
const leastTimeout = 20

// faults returns what keeps a hook of stopgate's from acting on an event, without the fix.
func (h registered) faults(event string) (found []Finding) {
	fault := func(state State, seen, means string) {
		found = append(found, Finding{State: state, Seen: fmt.Sprintf("the hook for %s %s", event, seen), Means: means})
	}
	if h.Async {
		fault(Off, "is asynchronous", "the client does not wait for its answer, so nothing is refused")
	}
	if len(h.Args) > 0 && h.Args[0] != "hook" {
		fault(Off, fmt.Sprintf("starts stopgate with the argument %q", h.Args[0]), gateSilent)
	}
	if event == host.SubagentStop && h.Matcher != "" && h.Matcher != "*" && h.Matcher != ".*" {
		fault(Blind, fmt.Sprintf("is only called for %q", h.Matcher), "agents of other types are not checked when they stop")
	}
	if h.Timeout > 0 && h.Timeout < leastTimeout {
		fault(Blind, fmt.Sprintf("is ended after %v s", h.Timeout), "a stop that takes longer, for instance in a large repository, is not judged")
	}
	return found
}

// scripts checks the scripts that the hooks start, and the git of the session's shells. If the fix is to install the plugin again, it is left out.
// Some programs that unpack archives drop the permission to run a file.
func scripts(dir string, hooks map[string][]registered) (found []Finding) {
	means := map[string]string{
		"scripts/shim/git": "git commands that a script of an agent runs are neither refused nor recorded",
	}
	for _, list := range hooks {
		for _, h := range list {
			if name, ok := strings.CutPrefix(h.Command, "${CLAUDE_PLUGIN_ROOT}/"); ok && h.Type == "command" && !h.ours() {
				means[name] = "the client cannot start it: no program is built, and nothing is checked at the start of a session"
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(means)) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		f := Finding{State: Blind, Means: means[name]}
		switch info, err := os.Stat(path); {
		case err != nil:
			f.Seen = fmt.Sprintf("the plugin has no %s", name)
		case runtime.GOOS != "windows" && info.Mode()&0o111 == 0:
			f.Seen, f.Mend = fmt.Sprintf("%s is not executable", path), "chmod +x "+shell.Quote(path)
			f.fix = func(context.Context) error { return os.Chmod(path, info.Mode().Perm()|0o111) }
		default:
			continue
		}
		found = append(found, f)
	}
	return found
}
