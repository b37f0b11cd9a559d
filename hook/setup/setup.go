// Package setup inspects a repository and writes a fitting configuration: which agents there are, where linked worktrees are, how tests are run,
// and which pipeline gives the orders. A person reads the file and commits it.
package setup

import (
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"stopgate/hook/config"
	"stopgate/hook/host"
	"stopgate/hook/lazyregexp"
	"stopgate/hook/manifest"
	"stopgate/hook/quote"
	"stopgate/hook/worktree/gitdir"
)

// Found is the result of the inspection.
type Found struct {
	// Agents are in the order of their names, each once.
	Agents []Agent
	// Roots are the folders below the main worktree that contain linked worktrees, with slashes. Outside has the others, as paths relative to the
	// main worktree if possible.
	Roots, Outside []string
	// Test and Lint are the commands that a package manifest or a pipeline names; zero for none.
	Test, Lint manifest.Command
	// Coverage is the share of lines in percent that a pipeline asks for; 0 for none.
	Coverage int
	// Reaper is the file or the plugin by which the pipeline Reaper was recognised; "" if it was not.
	Reaper string
	// NoAudit is the file that switches the security audit off; "" if none does.
	NoAudit string
	// Problems says what could not be read, one line each.
	Problems []string
}

// Agent is a subagent that the client can launch.
type Agent struct {
	// Name is without a namespace. Plugin is the plugin's name, "" for a project's own agent.
	Name, Plugin string
	// Codes means that it seems to be a coding agent, Reviews that it seems to review.
	Codes, Reviews bool
	// Commits means that it codes and is to commit its work, which the rules refuse to a coding agent.
	Commits bool
	// From is the file it is defined in, for people.
	From string
}

// Places are where to look.
type Places struct {
	// Root is the main worktree; CommonDir is git's folder for the repository.
	Root, CommonDir string
	// Client is the folder of the client's settings, where a person has agents for all projects; "" if unknown.
	Client string
	// Plugins are folders of plugins.
	Plugins []string
}

// Bounds on what is read.
const (
	maxFile   = 256 << 10 // bytes of one file
	maxAgents = 200
	maxDepth  = 8 // of a folder with agents below the main worktree
	maxTrees  = 500
)

// Look looks at the places. What cannot be read becomes a problem; nothing is followed out of a folder.
func Look(p Places) Found {
	f := Found{Problems: []string{}}
	if root, err := os.OpenRoot(p.Root); err != nil {
		f.problem("%v", err)
	} else {
		defer root.Close()
		f.agents(root, ".claude/agents", "", ".claude/agents")
		f.reaperFile(root)
		tests, lints := manifest.Commands(func(name string) []byte { return f.read(root, name) })
		f.Test, f.Lint = first(f.Test, tests), first(f.Lint, lints)
	}
	f.own(p.Client)
	for _, dir := range p.Plugins {
		f.plugin(dir)
	}
	f.worktrees(p)
	slices.SortStableFunc(f.Agents, func(a, b Agent) int { return strings.Compare(a.Name, b.Name) })
	f.Agents = slices.CompactFunc(f.Agents, func(a, b Agent) bool { return a.Name == b.Name })
	return f
}

// first returns the command that a pipeline has named, else the first of a manifest.
func first(named manifest.Command, found []manifest.Command) manifest.Command {
	if named.Text == "" && len(found) > 0 {
		return found[0]
	}
	return named
}

func (f *Found) problem(format string, args ...any) {
	f.Problems = append(f.Problems, quote.Line(fmt.Sprintf(format, args...)))
}

// read returns the content of a regular file below root; nil if there is none, or if it cannot be read, which is added to Problems.
func (f *Found) read(root *os.Root, name string) []byte {
	info, err := root.Stat(filepath.FromSlash(name))
	if err != nil || !info.Mode().IsRegular() {
		if err != nil && !os.IsNotExist(err) {
			f.problem("%v", err)
		}
		return nil
	}
	file, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		f.problem("%v", err)
		return nil
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	switch {
	case err != nil:
		f.problem("%v", err)
		return nil
	case len(data) > maxFile:
		f.problem("%s is longer than %d bytes", name, maxFile)
		return nil
	}
	return data
}

// agents reads the definitions of agents in a folder below root. The client finds a project's own in folders of that folder, too (measured 2.1.330);
// those of a plugin have other names there.
func (f *Found) agents(root *os.Root, dir, plugin, from string) {
	entries, err := fs.ReadDir(root.FS(), dir)
	if err != nil {
		if !os.IsNotExist(err) {
			f.problem("%v", err)
		}
		return
	}
	for _, entry := range entries {
		name := path.Join(dir, entry.Name())
		if entry.IsDir() && plugin == "" && strings.Count(name, "/") < maxDepth {
			f.agents(root, name, plugin, path.Join(from, entry.Name()))
		}
		if path.Ext(name) != ".md" || len(f.Agents) >= maxAgents {
			continue
		}
		text := f.read(root, name)
		head, ok := host.ReadDefinition(string(text))
		if !ok {
			continue // no agent: a README, for example
		}
		a := Agent{Name: cmp.Or(head["name"], strings.TrimSuffix(entry.Name(), ".md")), Plugin: plugin, From: path.Join(from, entry.Name())}
		if !agentName().MatchString(a.Name) {
			f.problem("%s names its agent %s, which is no name", a.From, quote.String(a.Name, quote.MaxName))
			continue
		}
		a.Codes, a.Reviews = kindOf(a.Name, head["description"], head["tools"])
		a.Commits = a.Codes && commits().MatchString(head["description"])
		f.Agents = append(f.Agents, a)
	}
}

// agentName matches a name that the configuration accepts.
var agentName = lazyregexp.New(`^[\p{L}\p{N}._-]*[\p{L}\p{N}][\p{L}\p{N}._-]*$`)

var (
	codesByName  = lazyregexp.New(`(^|[-_.])(developer|dev|coder|fixer|implementer|builder|programmer|refactorer|refactoring|hacker|coding)([-_.]|$)`)
	codesMaybe   = lazyregexp.New(`(^|[-_.])(engineer|specialist|worker|agent|pro|expert|executor|prototyper|modernizer)([-_.]|$)`)
	codesByWords = lazyregexp.New(`(?i)\b(implement(s|ing)?|writ(es?|ing) ([\w+#]+ ){0,2}code|fix(es)? bugs|builds? features?|executes? plans|` +
		`(build|builds|building|develop|develops|developing|refactor|refactoring) .{0,80}\b(applications?|apps?|code|codebases?|systems|(micro)?services|APIs?|scripts))\b`)
	commits       = lazyregexp.New(`(?i)\b(atomic(ally)? commits?|commits? (it|its|each|every|all|their|the (work|changes?|fix(es)?)))\b`)
	reviewsByName = lazyregexp.New(`(^|[-_.])(review|reviewer|auditor|critic|validator|verifier|architect|writer|planner|strategist|runner|tester|analyst|manager)([-_.]|$)`)
	onlyReviewer  = lazyregexp.New(`(^|[-_.])(review|reviewer)([-_.]|$)`)
)

// kindOf guesses from its definition what an agent is for. An agent with a list of tools that can neither edit nor write does not code.
func kindOf(name, description, tools string) (codes, reviews bool) {
	name = strings.ToLower(name)
	reviews = onlyReviewer().MatchString(name)
	switch {
	case reviewsByName().MatchString(name):
		return false, reviews
	case tools != "" && tools != "*" && !regexp.MustCompile(`\b(Write|Edit|MultiEdit|NotebookEdit)\b`).MatchString(tools):
		return false, reviews
	}
	return codesByName().MatchString(name) || codesMaybe().MatchString(name) && codesByWords().MatchString(description), reviews
}

// own reads the agents that the person has for all projects.
func (f *Found) own(client string) {
	if client == "" {
		return
	}
	root, err := os.OpenRoot(client)
	if err != nil {
		if !os.IsNotExist(err) {
			f.problem("%v", err)
		}
		return
	}
	defer root.Close()
	f.agents(root, "agents", "", "~/.claude/agents")
}

// plugin reads the agents of a plugin.
func (f *Found) plugin(dir string) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		f.problem("%v", err)
		return
	}
	defer root.Close()
	name := filepath.Base(dir)
	if text := f.read(root, ".claude-plugin/plugin.json"); text != nil {
		if doc, err := config.ReadValues(text); err == nil {
			name = cmp.Or(field[string](doc, "name"), name)
		}
	}
	if name == "stopgate" {
		return // its agents are the defaults
	}
	if name == "reaper" && f.Reaper == "" {
		f.Reaper = "the plugin " + name
	}
	f.agents(root, "agents", name, name+"/agents")
}

// reaperFile reads the settings of Reaper (its page "Configuration").
func (f *Found) reaperFile(root *os.Root) {
	const name = ".reaper.yml"
	text := f.read(root, name)
	if text == nil {
		return
	}
	f.Reaper = name
	doc, err := config.ReadValues(text)
	if err != nil {
		f.problem("%s: %v", name, err)
		return
	}
	for key, command := range map[string]*manifest.Command{"test": &f.Test, "lint": &f.Lint} {
		if text := field[string](doc, key, "cmd"); text != "" {
			*command = manifest.Command{Text: text, From: name}
		}
	}
	f.Coverage = int(field[float64](doc, "coverage", "threshold"))
	if s := field[string](doc, "worktrees", "base_path"); s != "" {
		f.addRoot(path.Clean(strings.TrimSuffix(filepath.ToSlash(s), "/")))
	}
	if workflow, ok := doc["workflow"].(map[string]any); ok && workflow["require_security_gate"] == false {
		f.NoAudit = name
	}
}

// field returns a value in a document; zero if it is not there or of another type.
func field[T any](doc map[string]any, keys ...string) (value T) {
	last := len(keys) - 1
	for _, key := range keys[:last] {
		doc, _ = doc[key].(map[string]any)
	}
	value, _ = doc[keys[last]].(T)
	return value
}

// addRoot adds a folder that contains worktrees.
func (f *Found) addRoot(dir string) {
	if dir == "." || dir == "" || path.IsAbs(dir) || dir == ".." || strings.HasPrefix(dir, "../") {
		return
	}
	if !slices.Contains(f.Roots, dir) {
		f.Roots = append(f.Roots, dir)
	}
}

// worktrees reads where the linked worktrees are (gitrepository-layout(5), worktrees/<id>/gitdir).
func (f *Found) worktrees(p Places) {
	entries, err := os.ReadDir(filepath.Join(p.CommonDir, "worktrees"))
	if err != nil {
		if !os.IsNotExist(err) {
			f.problem("%v", err)
		}
		return
	}
	for i, entry := range entries {
		if i >= maxTrees {
			f.problem("only %d of %d linked worktrees were looked at", maxTrees, len(entries))
			break
		}
		data, err := gitdir.ReadLine(filepath.Join(p.CommonDir, "worktrees", entry.Name(), "gitdir"))
		if err != nil {
			continue // git worktree prune
		}
		link := strings.TrimSpace(data)
		if !filepath.IsAbs(link) {
			link = filepath.Join(p.CommonDir, "worktrees", entry.Name(), link)
		}
		if _, err := os.Lstat(link); err != nil {
			continue // it is gone
		}
		top := filepath.Dir(filepath.Dir(link))
		if real, err := filepath.EvalSymlinks(top); err == nil {
			top = real
		}
		rel, err := filepath.Rel(p.Root, top)
		if err != nil || !filepath.IsLocal(rel) || rel == "." {
			if name := filepath.ToSlash(rel); !slices.Contains(f.Outside, name) {
				f.Outside = append(f.Outside, name)
			}
			continue
		}
		f.addRoot(filepath.ToSlash(rel))
	}
	slices.Sort(f.Outside)
}
