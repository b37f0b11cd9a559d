//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"stopgate/hook/doctor"
	"stopgate/schema"
)

// clinic is a machine on which everything is well: a home, a plugin that is installed and enabled, a client, git and a repository.
type clinic struct {
	t                        *testing.T
	home, plugin, repo, bins string
	dir                      string // where the doctor is called
	env                      []string
}

// secret stands in the environment and in the settings, and must never be shown.
const secret = "sk-very-secret"

func newClinic(t *testing.T) *clinic {
	t.Helper()
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := &clinic{t: t, home: filepath.Join(top, "home-of-alice"), bins: filepath.Join(top, "tools")}
	c.plugin, c.repo = filepath.Join(c.home, "plugin"), filepath.Join(c.home, "repo")
	c.dir = c.repo
	for _, name := range []string{".claude-plugin/plugin.json", "hook/hooks.json", "scripts/binary.sh", "scripts/build.sh", "agents/branch-manager.md", "agents/code-reviewer.md", "agents/integration-engineer.md", "agents/security-auditor.md", "agents/test-runner.md"} {
		c.write(filepath.Join(c.plugin, name), string(readRoot(t, name)), 0o644)
	}
	for _, name := range []string{"scripts/ensure-binary.sh", "scripts/shim/git"} {
		c.write(filepath.Join(c.plugin, name), string(readRoot(t, name)), 0o755)
	}
	self, err := exec.LookPath("stopgate") // this test, in the program's place
	if err != nil {
		t.Fatal(err)
	}
	c.link(self, filepath.Join(c.plugin, "bin/stopgate"))
	for _, tool := range []string{"git", "sh", "find", "cksum", "sort"} {
		path, err := exec.LookPath(tool)
		if err != nil {
			t.Fatal(err)
		}
		c.link(path, filepath.Join(c.bins, tool))
	}
	c.write(filepath.Join(c.bins, "claude"), "#!/bin/sh\necho '2.1.330 (Claude Code)'\n", 0o755)
	c.write(filepath.Join(c.home, ".claude/settings.json"), `{"enabledPlugins": {"stopgate@stopgate": true}, "env": {"API_TOKEN": "`+secret+`"}}`, 0o644)
	c.write(filepath.Join(c.home, ".claude/plugins/installed_plugins.json"),
		`{"version": 2, "plugins": {"stopgate@stopgate": [{"scope": "user", "installPath": "`+c.plugin+`", "version": "0.1.0"}]}}`, 0o644)
	for _, name := range []string{"stopgate", "old"} {
		c.write(filepath.Join(c.home, ".claude/plugins/marketplaces", name, ".claude-plugin/marketplace.json"), `{"name": "`+name+`", "plugins": [{"name": "stopgate", "source": "./"}]}`, 0o644)
	}
	c.marketplaces(`"git", "url": "https://example.org/stopgate.git"`, ".claude/plugins/marketplaces/stopgate")
	c.write(filepath.Join(c.repo, "a.txt"), "alpha\n", 0o644)
	c.write(filepath.Join(c.repo, ".gitignore"), "/trees/\n", 0o644)
	c.env = append(cleanEnv(c.home), "PATH="+c.bins, "CLAUDE_PLUGIN_ROOT="+c.plugin, "API_TOKEN="+secret, "TMPDIR="+top,
		"STOPGATE_STATE_DIR="+filepath.Join(c.home, "state/stopgate"))
	c.git("init", "-q", "-b", "main", "--template=")
	c.commit()
	return c
}

func (c *clinic) write(path, text string, mode os.FileMode) {
	c.t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), mode), os.Chmod(path, mode)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *clinic) link(to, at string) {
	c.t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o755), os.Symlink(to, at)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *clinic) remove(path string) {
	c.t.Helper()
	if err := os.RemoveAll(path); err != nil {
		c.t.Fatal(err)
	}
}

// program puts another file in the place of the plugin's program.
func (c *clinic) program(text string, mode os.FileMode) {
	c.t.Helper()
	path := filepath.Join(c.plugin, "bin/stopgate")
	c.remove(path)
	c.write(path, text, mode)
}

// hooks changes the plugin's hooks.json.
func (c *clinic) hooks(from, to string) {
	c.t.Helper()
	text := string(readRoot(c.t, "hook/hooks.json"))
	if !strings.Contains(text, from) {
		c.t.Fatalf("no %s in hooks.json", from)
	}
	c.write(filepath.Join(c.plugin, "hook/hooks.json"), strings.ReplaceAll(text, from, to), 0o644)
}

// chmod takes from a file of the plugin that it may be run.
func (c *clinic) chmod(name string) {
	c.t.Helper()
	if err := os.Chmod(filepath.Join(c.plugin, name), 0o644); err != nil {
		c.t.Fatal(err)
	}
}

// installed writes the client's list of plugins: stopgate in a folder, perhaps for one project, perhaps under other ids too. Without a folder
// the list is damaged.
func (c *clinic) installed(folder string, more ...string) {
	c.t.Helper()
	list := map[string]any{"stopgate@stopgate": []map[string]string{{"installPath": folder}}}
	if len(more) > 0 {
		list["stopgate@stopgate"] = []map[string]string{{"installPath": folder, "projectPath": more[0]}}
		for _, id := range more[1:] {
			list[id] = []map[string]string{{"installPath": folder}}
		}
	}
	text, err := json.Marshal(map[string]any{"version": 2, "plugins": list})
	if err != nil {
		c.t.Fatal(err)
	}
	if folder == "" {
		text = text[:len(text)/2]
	}
	c.write(filepath.Join(c.home, ".claude/plugins/installed_plugins.json"), string(text), 0o644)
}

// marketplaces writes the client's list of marketplaces: stopgate, of a source, in a folder of the home, and one called old.
func (c *clinic) marketplaces(source, folder string) {
	c.t.Helper()
	c.write(filepath.Join(c.home, ".claude/plugins/known_marketplaces.json"), `{"stopgate": {"source": {"source": `+source+`}, "installLocation": "`+filepath.Join(c.home, folder)+`"},
		"old": {"source": {"source": "github", "repo": "a/b"}, "installLocation": "`+filepath.Join(c.home, ".claude/plugins/marketplaces/old")+`"}}`, 0o644)
}

// segment returns the journal's one file.
func (c *clinic) segment() string {
	c.t.Helper()
	segments, err := filepath.Glob(filepath.Join(c.home, "state/stopgate/*/000001.jsonl"))
	if err != nil || len(segments) != 1 {
		c.t.Fatal(segments, err)
	}
	return segments[0]
}

func (c *clinic) git(args ...string) {
	c.t.Helper()
	if err := git(c.repo, cleanEnv(c.home), args...); err != nil {
		c.t.Fatalf("git %q: %v", args, err)
	}
}

func (c *clinic) commit() {
	c.t.Helper()
	c.git("add", "-A")
	c.git("commit", "-q", "-m", "more")
}

func (c *clinic) setenv(kv string) { c.env = append(c.env, kv) }

// runHook gives the program an event, so that there is a journal.
func (c *clinic) hook(event map[string]any) {
	c.t.Helper()
	event["session_id"], event["cwd"], event["transcript_path"] = "s1", c.repo, filepath.Join(c.home, "s1.jsonl")
	data, err := json.Marshal(event)
	if err != nil {
		c.t.Fatal(err)
	}
	if out, problems, status := c.run(string(data), "hook"); status != exitOK {
		c.t.Fatalf("%d: %s%s", status, out, problems)
	}
}

// run runs the program in this process, because a separate process takes five times as long.
func (c *clinic) run(stdin string, args ...string) (out, problems string, status int) {
	vars := map[string]string{}
	for _, kv := range c.env {
		name, value, _ := strings.Cut(kv, "=")
		vars[name] = value
	}
	var stdout, stderr bytes.Buffer
	status = command{
		stdin: strings.NewReader(stdin), stdout: &stdout, stderr: &stderr, environ: c.env, getenv: func(name string) string { return vars[name] },
		dir: c.dir, now: time.Now, lag: time.Nanosecond,
	}.run(args)
	return stdout.String(), stderr.String(), status
}

// task launches a coding agent, which starts to work in a worktree.
func (c *clinic) task() {
	c.t.Helper()
	c.git("worktree", "add", "-q", "trees/T1-login", "-b", "T1")
	prompt := "TASK: T1, DESCRIPTION: let people log in with a name and a key\nWORKTREE_PATH: ./trees/T1-login"
	c.hook(map[string]any{
		"hook_event_name": "PreToolUse", "tool_name": "Agent", "tool_use_id": "toolu_1",
		"tool_input": map[string]any{"subagent_type": "stopgate:integration-engineer", "prompt": prompt},
	})
	c.write(filepath.Join(c.home, "s1/subagents/agent-a1.meta.json"), `{"agentType": "stopgate:integration-engineer", "toolUseId": "toolu_1"}`, 0o644)
	c.hook(map[string]any{"hook_event_name": "SubagentStart", "agent_id": "a1", "agent_type": "stopgate:integration-engineer"})
}

// examine runs stopgate doctor and returns its report and its exit status.
func (c *clinic) examine(args ...string) (doctor.Report, int) {
	c.t.Helper()
	out, problems, status := c.run("", append([]string{"doctor", "--format", "json"}, args...)...)
	for _, private := range []string{secret, "home-of-alice"} {
		if strings.Contains(out, private) {
			c.t.Errorf("the report shows %s: %s", private, out)
		}
	}
	var doc any
	var report doctor.Report
	if err := errors.Join(json.Unmarshal([]byte(out), &doc), json.Unmarshal([]byte(out), &report)); err != nil {
		c.t.Fatalf("%v\n%s%s", err, out, problems)
	}
	if violations, err := schema.Validate("doctor", doc); err != nil || len(violations) > 0 {
		c.t.Errorf("the report is not valid: %v, %v", violations, err)
	}
	return report, status
}

// machO is the head of a program for macOS on arm64.
const machO = "\xcf\xfa\xed\xfe\x0c\x00\x00\x01\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// TestDoctorBroken breaks a machine in one way at a time. The doctor must find the fault, explain it, and name the fix.
func TestDoctorBroken(t *testing.T) {
	local := func(c *clinic) string { return filepath.Join(c.repo, ".claude/settings.local.json") }
	for name, broken := range map[string]struct {
		do    func(c *clinic)
		check string
		state doctor.State
		seen  string
	}{
		"program missing":        {func(c *clinic) { c.remove(filepath.Join(c.plugin, "bin")) }, "program", doctor.Off, "no program at ~/plugin/bin/stopgate"},
		"program not executable": {func(c *clinic) { c.program("#!/bin/sh\n", 0o644) }, "program", doctor.Off, "not executable"},
		"program of another system": {func(c *clinic) {
			if runtime.GOOS == "darwin" {
				c.program("\x7fELF", 0o755)
				return
			}
			c.program(machO, 0o755)
		}, "program", doctor.Off, map[bool]string{true: "cannot be read", false: "is a program for darwin/arm64"}[runtime.GOOS == "darwin"]},
		"program cut off":       {func(c *clinic) { c.program("\x7fELF\x02\x01", 0o755) }, "program", doctor.Off, "cannot be read"},
		"program is no program": {func(c *clinic) { c.program("just some text", 0o755) }, "program", doctor.Off, "no program of any platform"},
		"program not to be run": {func(c *clinic) { c.program("#!/etc\n", 0o755) }, "program", doctor.Off, "the program may not be run"},
		"program is another":    {func(c *clinic) { c.program("#!/bin/sh\necho hello\n", 0o755) }, "program", doctor.Off, "is another program"},
		"program crashes":       {func(c *clinic) { c.program("#!/bin/sh\necho broken >&2\nexit 7\n", 0o755) }, "program", doctor.Off, "broken"},
		"program a folder": {func(c *clinic) {
			c.program("", 0o755)
			c.remove(filepath.Join(c.plugin, "bin/stopgate"))
			c.write(filepath.Join(c.plugin, "bin/stopgate/x"), "", 0o644)
		}, "program", doctor.Off, "is not a file"},
		"program older": {func(c *clinic) { c.write(filepath.Join(c.plugin, "cmd/stopgate/main.go"), "package main\n", 0o644) }, "program", doctor.Blind, "older than its sources"},
		"program changed": {func(c *clinic) {
			c.write(filepath.Join(c.plugin, "bin/SHA256SUMS"), strings.Repeat("0", 64)+"  stopgate\n", 0o644)
		}, "program", doctor.Off, "SHA-256"},
		"program passes all": {func(c *clinic) { c.program("#!/bin/sh\n[ \"$1\" = hook ] || echo stopgate 1\n", 0o755) }, "proof", doctor.Off, "let a false report pass"},
		"program blocks all": {func(c *clinic) {
			c.program("#!/bin/sh\n[ \"$1\" = hook ] && echo '{\"decision\":\"block\"}' || echo stopgate 1\n", 0o755)
		}, "proof", doctor.Off, "refused an honest report"},
		"program answers rubbish": {func(c *clinic) { c.program("#!/bin/sh\necho stopgate 1\n", 0o755) }, "proof", doctor.Off, "is not JSON"},
		"no manifest":             {func(c *clinic) { c.remove(filepath.Join(c.plugin, ".claude-plugin")) }, "plugin", doctor.Off, "has no .claude-plugin/plugin.json"},
		"manifest damaged":        {func(c *clinic) { c.write(filepath.Join(c.plugin, ".claude-plugin/plugin.json"), "{", 0o644) }, "plugin", doctor.Off, "line 1 is not JSON"},
		"no hooks":                {func(c *clinic) { c.remove(filepath.Join(c.plugin, "hook")) }, "hooks", doctor.Off, "cannot be read"},
		"no hook at the stop": {func(c *clinic) {
			c.write(filepath.Join(c.plugin, "hook/hooks.json"), strings.ReplaceAll(string(readRoot(c.t, "hook/hooks.json")), `"SubagentStop"`, `"SubagentStops"`), 0o644)
		}, "hooks", doctor.Off, "SubagentStop"},
		"no hook at the launch": {func(c *clinic) {
			c.write(filepath.Join(c.plugin, "hook/hooks.json"), strings.ReplaceAll(string(readRoot(c.t, "hook/hooks.json")), `"PreToolUse"`, `"PreToolUses"`), 0o644)
		}, "hooks", doctor.Blind, "PreToolUse"},
		"hook asynchronous":         {func(c *clinic) { c.hooks(`"timeout": 60`, `"timeout": 60, "async": true`) }, "hooks", doctor.Off, "the hook for SubagentStop is asynchronous"},
		"hook with other arguments": {func(c *clinic) { c.hooks(`"args": ["hook"]`, `"args": ["version"]`) }, "hooks", doctor.Off, `starts stopgate with the argument "version"`},
		"hook for one agent alone": {func(c *clinic) {
			c.hooks(`"SubagentStop": [
      {`, `"SubagentStop": [
      { "matcher": "Explore",`)
		}, "hooks", doctor.Blind, `is only called for "Explore"`},
		"hook without time":       {func(c *clinic) { c.hooks(`"timeout": 60`, `"timeout": 1`) }, "hooks", doctor.Blind, "is ended after 1 s"},
		"hook of another program": {func(c *clinic) { c.hooks("/bin/stopgate", "/bin/stopgate-old") }, "hooks", doctor.Off, "no hook is registered for SubagentStop"},
		"script not executable":   {func(c *clinic) { c.chmod("scripts/ensure-binary.sh") }, "hooks", doctor.Blind, "ensure-binary.sh is not executable"},
		"git of shells missing":   {func(c *clinic) { c.remove(filepath.Join(c.plugin, "scripts/shim")) }, "hooks", doctor.Blind, "has no scripts/shim/git"},
		"list of plugins damaged": {func(c *clinic) { c.installed("") }, "enabled", doctor.Unknown, "the client's list of plugins cannot be read"},
		"installed for another":   {func(c *clinic) { c.setenv("CLAUDE_PLUGIN_ROOT="); c.installed(c.plugin, c.home+"/other") }, "enabled", doctor.Off, "is installed for another project, ~/other"},
		"installed and gone":      {func(c *clinic) { c.installed(c.home + "/gone") }, "enabled", doctor.Off, "there is no plugin in its folder, ~/gone"},
		"installed twice":         {func(c *clinic) { c.installed(c.plugin, "", "stopgate@old") }, "enabled", doctor.Blind, "stopgate@old and stopgate@stopgate are both enabled"},
		"marketplace moved": {func(c *clinic) {
			c.setenv("CLAUDE_PLUGIN_ROOT=")
			c.marketplaces(`"directory", "path": "`+c.home+`/clone"`, "clone")
		}, "enabled", doctor.Off, "its marketplace cannot be read: stat ~/clone/"},
		"marketplace moved in a session": {func(c *clinic) {
			c.marketplaces(`"directory", "path": "`+c.home+`/clone"`, "clone")
		}, "enabled", doctor.Blind, "its marketplace cannot be read: stat ~/clone/"},
		"marketplace without it": {func(c *clinic) {
			c.setenv("CLAUDE_PLUGIN_ROOT=")
			c.write(filepath.Join(c.home, "clone/.claude-plugin/marketplace.json"), `{"name": "stopgate", "plugins": [{"name": "other", "source": "./"}]}`, 0o644)
			c.marketplaces(`"directory", "path": "`+c.home+`/clone"`, "clone")
		}, "enabled", doctor.Off, "has no plugin called stopgate"},
		"marketplace empty": {func(c *clinic) {
			c.write(filepath.Join(c.home, "clone/.claude-plugin/marketplace.json"), `{"name": "stopgate", "plugins": [{"name": "stopgate", "source": "./plugin"}]}`, 0o644)
			c.marketplaces(`"directory", "path": "`+c.home+`/clone"`, "clone")
		}, "enabled", doctor.Off, "there is no plugin in its folder, ~/clone/plugin"},
		"marketplace's clone gone": {func(c *clinic) {
			c.setenv("CLAUDE_PLUGIN_ROOT=")
			c.remove(filepath.Join(c.home, ".claude/plugins/marketplaces/stopgate"))
		}, "enabled", doctor.Off, "its marketplace cannot be read: stat ~/.claude/"},
		"marketplace of an address gone": {func(c *clinic) {
			c.setenv("CLAUDE_PLUGIN_ROOT=")
			c.marketplaces(`"url", "url": "https://releases.example/marketplace.json"`, "market")
		}, "enabled", doctor.Off, "its marketplace cannot be read: stat ~/market: no such file"},
		"marketplace of an address without it": {func(c *clinic) {
			c.setenv("CLAUDE_PLUGIN_ROOT=")
			c.write(filepath.Join(c.home, "market"), `{"name": "stopgate", "plugins": [{"name": "other", "source": {"source": "archive"}}]}`, 0o644)
			c.marketplaces(`"url", "url": "https://releases.example/marketplace.json"`, "market")
		}, "enabled", doctor.Off, "~/market has no plugin called stopgate"},
		"marketplace unknown": {func(c *clinic) {
			c.setenv("CLAUDE_PLUGIN_ROOT=")
			c.write(filepath.Join(c.home, ".claude/plugins/known_marketplaces.json"), "{}", 0o644)
		}, "enabled", doctor.Off, "knows no marketplace called stopgate"},
		"marketplaces damaged":       {func(c *clinic) { c.write(filepath.Join(c.home, ".claude/plugins/known_marketplaces.json"), "{", 0o644) }, "enabled", doctor.Unknown, "known_marketplaces.json: line 1 is not JSON"},
		"agents missing":             {func(c *clinic) { c.remove(filepath.Join(c.plugin, "agents/test-runner.md")) }, "plugin", doctor.Blind, "has no agents/test-runner.md"},
		"hooks off in the safe mode": {func(c *clinic) { c.setenv("CLAUDE_CODE_SAFE_MODE=1") }, "environment", doctor.Blind, "sets CLAUDE_CODE_SAFE_MODE"},
		"settings without git":       {func(c *clinic) { c.write(local(c), `{"env": {"PATH": "/nowhere"}}`, 0o644) }, "settings", doctor.Blind, "a PATH without git"},
		"settings move the home":     {func(c *clinic) { c.write(local(c), `{"env": {"HOME": "/nowhere"}}`, 0o644) }, "settings", doctor.Blind, "sets HOME"},
		"file assumed unchanged":     {func(c *clinic) { c.git("update-index", "--assume-unchanged", "a.txt") }, "hidden", doctor.Blind, `marked assume-unchanged: "a.txt"`},
		"file skipped":               {func(c *clinic) { c.git("update-index", "--skip-worktree", "a.txt") }, "hidden", doctor.Blind, `marked skip-worktree: "a.txt"`},
		"new files ignored":          {func(c *clinic) { c.write(filepath.Join(c.repo, ".git/info/exclude"), "*\n", 0o644) }, "hidden", doctor.Blind, `the rule "*" in .git/info/exclude`},
		"plugin disabled": {func(c *clinic) {
			c.write(filepath.Join(c.repo, ".claude/settings.json"), `{"enabledPlugins": {"stopgate@stopgate": false}}`, 0o644)
		}, "enabled", doctor.Off, "disabled in the project settings"},
		"hooks off for the user": {func(c *clinic) {
			c.write(filepath.Join(c.home, ".claude/settings.json"), `{"disableAllHooks": true}`, 0o644)
		}, "settings", doctor.Off, "disableAllHooks is true in the user settings"},
		"hooks beside the plugin": {func(c *clinic) {
			c.write(filepath.Join(c.home, ".claude/settings.json"), `{"hooks": {"SubagentStop": [{"hooks": [{"type": "command", "command": "\"$HOME/bin/stopgate\" hook"}]}], `+
				`"Stop": [{"hooks": [{"type": "command", "command": "notify-send stopgate"}]}], "PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "stopgate", "args": ["hook"]}]}]}}`, 0o644)
		}, "settings", doctor.Blind, "hooks in the user settings start stopgate for PreToolUse, SubagentStop, beside the plugin"},
		"hooks off here":           {func(c *clinic) { c.write(local(c), `{"disableAllHooks": true}`, 0o644) }, "settings", doctor.Off, "disableAllHooks is true in the local settings"},
		"settings damaged":         {func(c *clinic) { c.write(local(c), `{"disableAllHooks": `, 0o644) }, "settings", doctor.Unknown, "local settings cannot be read"},
		"settings of a wrong type": {func(c *clinic) { c.write(local(c), `{"disableAllHooks": "yes"}`, 0o644) }, "settings", doctor.Unknown, "local settings cannot be read"},
		"settings move git":        {func(c *clinic) { c.write(local(c), `{"env": {"GIT_DIR": "`+secret+`"}}`, 0o644) }, "settings", doctor.Blind, "sets GIT_DIR"},
		"environment caps blocks":  {func(c *clinic) { c.setenv("CLAUDE_CODE_STOP_HOOK_BLOCK_CAP=1") }, "environment", doctor.Blind, "sets CLAUDE_CODE_STOP_HOOK_BLOCK_CAP"},
		"client old": {func(c *clinic) {
			c.write(filepath.Join(c.bins, "claude"), "#!/bin/sh\necho '2.1.99 (Claude Code)'\n", 0o755)
		}, "client", doctor.Blind, "version 2.1.99"},
		"client broken":         {func(c *clinic) { c.write(filepath.Join(c.bins, "claude"), "#!/bin/sh\necho error 404.12\n", 0o755) }, "client", doctor.Unknown, `gives no version: it prints "error 404.12"`},
		"client running is old": {func(c *clinic) { c.setenv("AI_AGENT=claude-code_2.1.138_harness") }, "client-running", doctor.Blind, "version 2.1.138"},
		"no git":                {func(c *clinic) { c.remove(filepath.Join(c.bins, "git")) }, "git-path", doctor.Blind, "no git in PATH"},
		"git old": {func(c *clinic) {
			c.remove(filepath.Join(c.bins, "git"))
			c.write(filepath.Join(c.bins, "git"), "#!/bin/sh\necho git version 1.8.3\n", 0o755)
		}, "git", doctor.Blind, "version 1.8.3"},
		"git of another kind": {func(c *clinic) {
			c.remove(filepath.Join(c.bins, "git"))
			c.write(filepath.Join(c.bins, "git"), "#!/bin/sh\necho hello\n", 0o755)
		}, "git", doctor.Blind, `it prints "hello" for its version`},
		"index damaged":         {func(c *clinic) { c.write(filepath.Join(c.repo, ".git/index"), "DIRC", 0o644) }, "hidden", doctor.Blind, "cannot read the index"},
		"repository damaged":    {func(c *clinic) { c.write(filepath.Join(c.repo, ".git/HEAD"), "x\n", 0o644) }, "git", doctor.Blind, "no repository that can be read"},
		"repository of another": {func(c *clinic) { c.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER=1") }, "git", doctor.Blind, "belongs to another user"},
		"filter not in PATH":    {func(c *clinic) { c.git("config", "filter.lfs.clean", "git-lfs clean -- %f") }, "filters", doctor.Blind, "runs git-lfs"},
		"filter not configured": {func(c *clinic) {
			c.write(filepath.Join(c.repo, "media/.gitattributes"), "*.bin filter=lfs diff=lfs\n", 0o644)
			c.commit()
		}, "filters", doctor.Blind, `the filter "lfs"`},
		"state a link to nothing": {func(c *clinic) { c.link("/nowhere/at/all", filepath.Join(c.home, "state/stopgate")) }, "state", doctor.Blind, "~/state/stopgate is neither"},
		"state open":              {func(c *clinic) { c.write(filepath.Join(c.home, "state/stopgate/x"), "", 0o644) }, "state", doctor.Blind, "open to other users (mode 0755)"},
		"state nowhere":           {func(c *clinic) { c.setenv("STOPGATE_STATE_DIR=state") }, "state", doctor.Blind, "not an absolute path"},
		"state in the repository": {func(c *clinic) {
			c.setenv("STOPGATE_STATE_DIR=" + c.repo + "/state")
			c.write(filepath.Join(c.repo, "state/x"), "", 0o644)
		}, "state", doctor.Blind, "inside the repository"},
		"state to be made by others": {func(c *clinic) {
			open := filepath.Join(c.home, "open")
			if err := errors.Join(os.MkdirAll(open, 0o700), os.Chmod(open, 0o777)); err != nil {
				c.t.Fatal(err)
			}
			c.link(c.home, filepath.Join(open, "mine"))
			c.setenv("STOPGATE_STATE_DIR=" + open + "/mine/new")
		}, "state", doctor.Blind, "is a symbolic link in a folder that others may write to"},
		"state made by others": {func(c *clinic) {
			open, mine := filepath.Join(c.home, "open"), filepath.Join(c.home, "mine")
			if err := errors.Join(os.MkdirAll(open, 0o700), os.MkdirAll(mine, 0o700), os.Chmod(open, 0o777)); err != nil {
				c.t.Fatal(err)
			}
			c.link(mine, filepath.Join(open, "state"))
			c.setenv("STOPGATE_STATE_DIR=" + open + "/state")
		}, "state", doctor.Blind, "is a symbolic link in a folder that others may write to"},
		"journal not to be written": {func(c *clinic) {
			c.task()
			c.write(filepath.Join(filepath.Dir(c.segment()), "000002.jsonl/x"), "", 0o644)
		}, "journal", doctor.Blind, "the journal cannot be written"},
		"journal locked": {func(c *clinic) {
			c.task()
			lock := flock.New(filepath.Join(filepath.Dir(c.segment()), "locks/journal"))
			if held, err := lock.TryLock(); err != nil || !held {
				c.t.Fatal(held, err)
			}
			c.t.Cleanup(func() { _ = lock.Unlock() })
		}, "journal", doctor.Blind, "nothing can be recorded"},
		"configuration misnamed": {func(c *clinic) { c.write(filepath.Join(c.repo, ".stopgate.yaml"), "mode: observe\n", 0o644) }, "configuration", doctor.Blind, "there is a .stopgate.yaml"},
		"journal damaged": {func(c *clinic) {
			c.task()
			file, err := os.OpenFile(c.segment(), os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				c.t.Fatal(err)
			}
			_, err = file.WriteString("{\"v\":1,\n")
			if err := errors.Join(err, file.Close()); err != nil {
				c.t.Fatal(err)
			}
		}, "journal", doctor.Blind, "1 line of the journal"},
		"configuration wrong":       {func(c *clinic) { c.write(filepath.Join(c.repo, ".stopgate.yml"), "mode: loud\n", 0o644); c.commit() }, "configuration", doctor.Blind, ".stopgate.yml:1"},
		"configuration uncommitted": {func(c *clinic) { c.write(filepath.Join(c.repo, ".stopgate.yml"), "mode: observe\n", 0o644) }, "configuration", doctor.Blind, "is not committed"},
		"configuration changed": {func(c *clinic) {
			c.write(filepath.Join(c.repo, ".stopgate.yml"), "mode: observe\n", 0o644)
			c.commit()
			c.write(filepath.Join(c.repo, ".stopgate.yml"), "mode: enforce\n", 0o644)
		}, "configuration", doctor.Blind, "differs from the committed one"},
		"worktree gone": {func(c *clinic) {
			c.task()
			c.git("worktree", "lock", "trees/T1-login")
			c.remove(filepath.Join(c.repo, "trees"))
		}, "worktrees", doctor.Blind, `the worktree of "T1" is gone`},
		"worktree moved": {func(c *clinic) { c.task(); c.git("worktree", "move", "trees/T1-login", "trees/T1") }, "worktrees", doctor.Blind, `the worktree of "T1" is gone`},
		"worktree a file": {func(c *clinic) {
			c.task()
			c.remove(filepath.Join(c.repo, "trees"))
			c.write(filepath.Join(c.repo, "trees/T1-login"), "", 0o644)
		}, "worktrees", doctor.Blind, `the worktree of "T1" is gone`},
		"worktree cut off": {func(c *clinic) {
			c.task()
			c.write(filepath.Join(c.repo, "trees/T1-login/.git"), "gitdir: /nowhere\n", 0o644)
		}, "worktrees", doctor.Blind, "no worktree of this repository any more"},
		"journal a pipe": {func(c *clinic) {
			c.task()
			segment := c.segment()
			c.remove(segment)
			if err := syscall.Mkfifo(segment, 0o600); err != nil {
				c.t.Fatal(err)
			}
		}, "journal", doctor.Blind, "000001.jsonl is not a file"},
		"settings a pipe": {func(c *clinic) {
			c.write(filepath.Join(c.repo, ".claude/x"), "", 0o644)
			if err := syscall.Mkfifo(local(c), 0o600); err != nil {
				c.t.Fatal(err)
			}
		}, "settings", doctor.Unknown, "settings.local.json is not a file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			skipSome(t)
			c := newClinic(t)
			broken.do(c)
			var args []string
			if broken.check != "proof" {
				args = append(args, "--quick")
			}
			report, status := c.examine(args...)
			if status != exitNot {
				t.Errorf("exit status %d", status)
			}
			var found *doctor.Finding
			for i, f := range report.Findings {
				if f.Check == broken.check && f.State == broken.state && strings.Contains(f.Seen, broken.seen) {
					found = &report.Findings[i]
				}
				if f.State != doctor.OK && f.State != doctor.Note && (f.Means == "" || f.Mend == "") {
					t.Errorf("it does not say what follows: %+v", f)
				}
			}
			if found == nil {
				t.Fatalf("not found; the report: %+v", report.Findings)
			}
			if slices.Contains(followed, name) {
				c.follow(*found)
			}
		})
	}
}

// followed are the broken machines that the finding's command fixes, if a test can run it.
var followed = []string{
	"script not executable", "index damaged", "state a link to nothing",
	"worktree gone", "worktree moved", "worktree a file", "worktree cut off",
}

// follow does exactly what a finding says. Afterwards the finding must be gone.
func (c *clinic) follow(f doctor.Finding) {
	c.t.Helper()
	command, _, _ := strings.Cut(f.Mend, ", or end the task")
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir, cmd.Env = c.dir, append(cleanEnv(c.home), "PATH="+os.Getenv("PATH"))
	if out, err := cmd.CombinedOutput(); err != nil {
		c.t.Fatalf("%s: %v: %s", command, err, out)
	}
	report, _ := c.examine("--quick")
	for _, g := range report.Findings {
		if g.Check == f.Check && g.Wrong() {
			c.t.Errorf("%s mended nothing: %+v", command, g)
		}
	}
}

// TestDoctorElsewhere: the commands work in every folder of the repository, and fix everything that the finding names.
func TestDoctorElsewhere(t *testing.T) {
	t.Parallel()
	config := func(c *clinic, text string) { c.write(filepath.Join(c.repo, ".stopgate.yml"), text, 0o644) }
	for name, broken := range map[string]struct {
		do    func(c *clinic)
		check string
	}{
		"uncommitted": {func(c *clinic) { config(c, "mode: enforce\n") }, "configuration"},
		"changed": {func(c *clinic) {
			config(c, "mode: observe\n")
			c.commit()
			config(c, "mode: enforce\n")
		}, "configuration"},
		"misnamed": {func(c *clinic) { c.write(filepath.Join(c.repo, "stopgate.yaml"), "mode: enforce\n", 0o644) }, "configuration"},
		"assumed": {func(c *clinic) {
			c.write(filepath.Join(c.repo, "-n x"), "", 0o644)
			c.commit()
			c.git("update-index", "--assume-unchanged", "--", "a.txt", "-n x")
		}, "hidden"},
		"many skipped": {func(c *clinic) {
			for _, n := range "abcdefghijkl" {
				c.write(filepath.Join(c.repo, "src", strings.Repeat(string(n), 40)), "", 0o644)
			}
			c.commit()
			c.git("update-index", "--skip-worktree", ".gitignore", "src/"+strings.Repeat("b", 40), "src/"+strings.Repeat("l", 40), "src/"+strings.Repeat("e", 40))
		}, "hidden"},
	} {
		for _, from := range []string{".", "sub", "linked"} {
			t.Run(name+" from "+from, func(t *testing.T) {
				t.Parallel()
				skipSome(t)
				c := newClinic(t)
				c.write(filepath.Join(c.repo, "sub/x"), "", 0o644)
				c.commit()
				broken.do(c)
				switch {
				case from != "linked":
					c.dir = filepath.Join(c.repo, from)
				case broken.check == "hidden":
					t.Skip("another worktree has an index of its own")
				default:
					c.git("worktree", "add", "-q", "../linked")
					c.dir = filepath.Join(c.home, "linked")
				}
				report, _ := c.examine("--quick")
				i := slices.IndexFunc(report.Findings, func(f doctor.Finding) bool { return f.Check == broken.check && f.Wrong() })
				if i < 0 {
					t.Fatalf("not found: %+v", report.Findings)
				}
				c.follow(report.Findings[i])
			})
		}
	}
}

// TestDoctorOfFolder: a marketplace that is a folder is read in place, whatever became of the client's copy.
func TestDoctorOfFolder(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.setenv("CLAUDE_PLUGIN_ROOT=")
	c.write(filepath.Join(c.plugin, ".claude-plugin/marketplace.json"), `{"name": "stopgate", "plugins": [{"name": "stopgate", "source": "./"}]}`, 0o644)
	c.marketplaces(`"directory", "path": "`+c.plugin+`"`, "plugin")
	c.installed(c.home + "/cache/gone")
	report, _ := c.examine("--quick")
	for _, f := range report.Findings {
		if f.Wrong() || f.Check == "plugin" && !strings.HasSuffix(f.Seen, " in ~/plugin") {
			t.Errorf("%+v", f)
		}
	}
}

// TestDoctorWell: on a machine without a fault every check is made, and none complains.
func TestDoctorWell(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.task()
	report, status := c.examine()
	if status != exitOK {
		t.Errorf("exit status %d", status)
	}
	seen := map[string]bool{}
	for _, f := range report.Findings {
		seen[f.Check] = true
		if f.Wrong() {
			t.Errorf("%+v", f)
		}
	}
	for _, check := range []string{"plugin", "program", "hooks", "enabled", "settings", "client", "git", "filters", "hidden", "state", "journal", "configuration", "worktrees", "proof"} {
		if !seen[check] {
			t.Errorf("%s is not checked", check)
		}
	}
}

// TestDoctorFix: faults that need no decision are fixed, and reported as fixed.
func TestDoctorFix(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.write(filepath.Join(c.home, "state/stopgate/x"), "", 0o644)
	report, status := c.examine("--fix", "--quick")
	if status != exitOK || len(report.Findings) == 0 || !report.Findings[0].Fixed || report.Findings[0].Check != "state" {
		t.Errorf("status %d, %+v", status, report.Findings)
	}
	if info, err := os.Stat(filepath.Join(c.home, "state/stopgate")); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info, err)
	}
}

// TestDoctorAtStart: the start of a session tells the orchestrator what to expect, and the person what is wrong, once.
func TestDoctorAtStart(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	start := func(source string) string {
		t.Helper()
		out, problems, status := c.run(`{"hook_event_name": "SessionStart", "session_id": "s1", "cwd": "`+c.repo+`", "source": "`+source+`"}`, "doctor", "--at-start")
		if status != exitOK {
			t.Fatalf("%d: %s%s", status, out, problems)
		}
		return out + problems
	}
	if out := start("startup"); !strings.Contains(out, "Each coding agent returns to you") || strings.Contains(out, "systemMessage") {
		t.Errorf("all is well, and it says %s", out)
	}
	c.write(filepath.Join(c.repo, ".stopgate.yml"), "mode: loud\n", 0o644)
	c.commit()
	for source, speaks := range map[string]bool{"startup": true, "resume": true, "clear": true, "compact": false} {
		out := start(source)
		if strings.Contains(out, `"systemMessage":"stopgate: the gate may miss something.\n.stopgate.yml:1`) != speaks || !strings.Contains(out, "its work was not checked") {
			t.Errorf("%s: %s", source, out)
		}
	}
}
