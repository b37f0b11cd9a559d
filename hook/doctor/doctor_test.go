package doctor

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"stopgate/hook/shell"
	"stopgate/hook/style"
)

func TestOlder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"2.1.9", "2.1.10", true}, {"2.1.10", "2.1.9", false}, {"2.1.200", "2.1.200", false}, {"1.8.3.1", "2.20", true}, {"2.39", "2.20.0", false}, {"3", "2.99.99", false},
	} {
		if got := older(c.a, c.b); got != c.want {
			t.Errorf("older(%s, %s) is %t", c.a, c.b, got)
		}
	}
}

// A report that is pasted into an issue holds no names of persons, and hides no more than those.
func TestDiscreet(t *testing.T) {
	t.Parallel()
	w := &World{Home: "/srv/people/alice"}
	if got := discreet(w, Finding{Mend: "mv " + shell.Quote("/srv/people/alice/it's")}).Mend; got != `mv ~/"it's"` {
		t.Errorf("a shell does not expand ~ in %s", got)
	}
	if got := discreet(w, Finding{Mend: "mv '/srv/people/alice/a b' '/srv/people/alice'"}).Mend; got != "mv ~/'a b' ~" {
		t.Errorf("a shell would not find the home folder in %s", got)
	}
	root := &World{Home: "/root", Dir: "/home/bob/repo"}
	if got := discreet(root, Finding{Mend: "git config --global --add safe.directory /home/bob/repo && ls /home/bob/repo/x"}).Mend; got != `git config --global --add safe.directory "$PWD" && ls "$PWD"/x` {
		t.Errorf("a shell would not find another's home folder in %s", got)
	}
	for text, want := range map[string]string{
		"/srv/people/alice":                    "~",
		"/srv/people/alice2/x":                 "/srv/people/alice2/x",
		"in /home/bob/repo, /Users/carol: no":  "in /home/…/repo, /Users/…: no",
		`C:\Users\dave\x and /tmp/home/x`:      `C:\Users\…\x and /tmp/home/…`,
		`c:\users\dave, /mnt/c/Users/eve/.git`: `c:\users\…, /mnt/c/Users/…/.git`,
		"open /srv/people/alice/x: \x1b[31mno": "open ~/x:  [31mno",
	} {
		if got := discreet(w, Finding{Seen: text, Means: text, Mend: text}); got.Seen != want || got.Means != want || got.Mend != want {
			t.Errorf("%q is shown as %q, want %q", text, got.Seen, want)
		}
	}
}

// The strongest scope that sets a switch decides. An administrator's settings are found too.
func TestScopes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files map[string]string
		want  State
	}{
		"nothing":             {nil, OK},
		"user":                {map[string]string{"home/.claude/settings.json": `{"disableAllHooks": true}`}, Off},
		"overridden":          {map[string]string{"home/.claude/settings.json": `{"disableAllHooks": true}`, "repo/.claude/settings.json": `{"disableAllHooks": false}`}, OK},
		"managed":             {map[string]string{"managed/managed-settings.json": `{"disableAllHooks": true}`, "repo/.claude/settings.json": `{"disableAllHooks": false}`}, Off},
		"managed, in parts":   {map[string]string{"managed/managed-settings.d/10.json": `{"disableAllHooks": true}`}, Off},
		"managed hooks only":  {map[string]string{"managed/managed-settings.json": `{"allowManagedHooksOnly": true}`}, Off},
		"only the managed":    {map[string]string{"home/.claude/settings.json": `{"allowManagedHooksOnly": true}`}, OK},
		"env":                 {map[string]string{"repo/.claude/settings.local.json": `{"env": {"GIT_INDEX_FILE": "x", "A": "b"}}`}, Blind},
		"not an object":       {map[string]string{"repo/.claude/settings.json": `[]`}, Unknown},
		"another folder":      {map[string]string{"elsewhere/.claude/settings.json": `{"disableAllHooks": true}`}, OK},
		"empty is no setting": {map[string]string{"repo/.claude/settings.json": `{}`}, OK},
		"null is no setting":  {map[string]string{"repo/.claude/settings.json": `null`}, OK},
		"byte order mark":     {map[string]string{"repo/.claude/settings.json": "\xef\xbb\xbf" + `{"disableAllHooks": true}`}, Off},
		"with a comment":      {map[string]string{"repo/.claude/settings.json": "{\n// off\n" + `"disableAllHooks": true}`}, Unknown},
		"empty file":          {map[string]string{"repo/.claude/settings.json": ""}, Unknown},
		"passed over whole":   {map[string]string{"repo/.claude/settings.json": `{"disableAllHooks": true, "env": ["A=b"]}`}, Unknown},
		"plugin not disabled": {map[string]string{"repo/.claude/settings.json": `{"enabledPlugins": {"x@y": "no"}}`}, Unknown},
		"a folder":            {map[string]string{"repo/.claude/settings.json/x": ""}, Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			top := t.TempDir()
			for path, text := range c.files {
				path = filepath.Join(top, filepath.FromSlash(path))
				if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
					t.Fatal(err)
				}
			}
			w := &World{Home: filepath.Join(top, "home"), Dir: filepath.Join(top, "repo"), Managed: filepath.Join(top, "managed")}
			found := settings(t.Context(), w)
			if len(found) != 1 || found[0].State != c.want || strings.Contains(found[0].Seen, "Go ") {
				t.Errorf("found %+v, want %s", found, c.want)
			}
			if managed := strings.HasPrefix(name, "managed"); managed != strings.Contains(found[0].Mend, "ask the administrator") {
				t.Errorf("to mend it: %s", found[0].Mend)
			}
		})
	}
}

// A person who runs one copy of the program learns that the client loads another.
func TestOtherCopy(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	for name, text := range map[string]string{
		"own/.claude-plugin/plugin.json": "{}", "other/.claude-plugin/plugin.json": "{}",
		"other/.claude-plugin/marketplace.json":       `{"plugins": [{"name": "stopgate", "source": "./"}]}`,
		"home/.claude/plugins/installed_plugins.json": `{"plugins": {"stopgate@s": [{"installPath": "/none"}]}}`,
		"home/.claude/settings.json":                  `{"extraKnownMarketplaces": {"s": {"source": {"source": "directory", "path": "` + top + `/other"}}}}`,
	} {
		path := filepath.Join(top, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for own, want := range map[string]int{"own": 2, "other": 1} {
		w := &World{Home: filepath.Join(top, "home"), Dir: top, Executable: filepath.Join(top, own, binaryName())}
		found := enabled(t.Context(), w)
		if len(found) != want || found[0].State != OK || want == 2 && (found[1].State != Note || !strings.HasPrefix(found[1].Mend, filepath.Join(top, "other", binaryName()))) {
			t.Errorf("%s: %+v", own, found)
		}
	}
}

// Where the plugin cannot be read, the same files once more cannot be read either.
func TestReadable(t *testing.T) {
	t.Parallel()
	if mend := readable(&World{}, "/opt/stop gate", fs.ErrPermission); runtime.GOOS != "windows" && mend != "sudo chmod -R a+rX '/opt/stop gate'" {
		t.Error(mend)
	}
	if mend := readable(&World{}, "/opt/stopgate", fs.ErrNotExist); mend != "unpack the release again, to /opt/stopgate" {
		t.Error(mend)
	}
}

// The last line claims no more than was seen.
func TestLastLine(t *testing.T) {
	t.Parallel()
	proof, enabled := Finding{Check: "proof", State: OK}, Finding{Check: "enabled", State: Note, Seen: notInstalled}
	for want, findings := range map[string][]Finding{
		"The gate is on.": {proof}, "Nothing was found that": {{Check: "git", State: OK}}, "The gate is on only where": {enabled, proof},
	} {
		var b strings.Builder
		if err := (Report{Findings: findings}).WriteText(&b, style.Style{}); err != nil || !strings.Contains(b.String(), "\n"+want) {
			t.Errorf("%v: %s, want %s", err, b.String(), want)
		}
	}
}

// Where the folder for temporary files cannot be used, no command of git helps.
func TestProofWithoutScratch(t *testing.T) {
	plugin := t.TempDir()
	for name, text := range map[string]string{".claude-plugin/plugin.json": "{}", "hooks/hooks.json": `{"hooks": {"SubagentStop": [{"hooks": [{"type": "command", "command": "x"}]}]}}`} {
		path := filepath.Join(plugin, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(name, filepath.Join(plugin, "none"))
	}
	w := &World{Env: []string{"CLAUDE_PLUGIN_ROOT=" + plugin, "PATH=" + os.Getenv("PATH")}}
	found := proof(t.Context(), w)
	if len(found) != 1 || found[0].State != Unknown || !strings.HasPrefix(found[0].Mend, "set TMP") {
		t.Errorf("%+v", found)
	}
	if mend := scratchMend(syscall.ENOSPC); !strings.Contains(mend, "make room on the disk of "+os.TempDir()) {
		t.Error(mend)
	}
}

// A hook that is registered for other tools does not get the events that the gate needs.
func TestUncalled(t *testing.T) {
	t.Parallel()
	for matchers, want := range map[string]string{
		"": "", "*": "", ".*": "", "Agent|Task ^(Bash|Write|Edit|mcp__.*)$": "", "Agent|Task": "Bash Write Edit", "Bash": "Agent Write Edit", "(": "Agent Bash Write Edit",
	} {
		var hooks []registered
		for _, m := range strings.Split(matchers, " ") {
			hooks = append(hooks, registered{Matcher: m})
		}
		if got := strings.Join(uncalled("PreToolUse", hooks), " "); got != want {
			t.Errorf("%q is not called for %q, want %q", matchers, got, want)
		}
	}
}

// platformOf reads the programs that the Go toolchain makes; here that of this test.
func TestPlatformOf(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w := &World{}
	if got, err := platformOf(self); err != nil || got != strings.TrimSpace(w.ask(t.Context(), func(check) bool { return false }).Platform) {
		t.Errorf("this test is for %q, %v", got, err)
	}
	for name, head := range map[string]string{"empty": "", "short": "MZ", "text": "hello, world", "elf": "\x7fELF\x02\x01\x01", "fat": "\xca\xfe\xba\xbe\x00\x00\x00\x01"} {
		path := filepath.Join(t.TempDir(), "program")
		if err := os.WriteFile(path, []byte(head), 0o755); err != nil {
			t.Fatal(err)
		}
		if got, err := platformOf(path); err == nil {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestCommandsStayWhole: on a narrow terminal a finding is broken between words, but not the command that fixes it.
func TestCommandsStayWhole(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a word ", 20)
	mend := "claude plugin install stopgate@" + strings.Repeat("somewhere ", 10)
	var b strings.Builder
	if err := (Report{Findings: []Finding{{Check: "hooks", State: Off, Seen: long, Means: long, Mend: mend}}}).WriteText(&b, style.Style{Width: 60}); err != nil {
		t.Fatal(err)
	}
	if text := b.String(); !strings.Contains(text, "to fix it: "+mend+"\n") || strings.Contains(text, long) {
		t.Errorf("the wrong line is broken:\n%s", text)
	}
}
