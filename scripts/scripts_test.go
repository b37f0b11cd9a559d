//go:build unix

// Package scripts_test runs the shell scripts in every shell at hand and in every condition that a plugin's folder can be in.
package scripts_test

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// shells returns the programs that /bin/sh is somewhere: Debian's dash, Alpine's busybox, bash (macOS), mksh (Android and others). Where sh is one
// of the others, that one stands for both.
func shells() []string {
	others := []string{"dash", "busybox", "bash", "mksh"}
	sh := executable("sh")
	if sh != "" && slices.ContainsFunc(others, func(name string) bool { return executable(name) == sh }) {
		return others
	}
	return append([]string{"sh"}, others...)
}

// executable returns the file that a program of that name is, without symbolic links; "" for none.
func executable(name string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return ""
	}
	return path
}

// tools are the programs that the scripts may call beside the shell and go. Their PATH has nothing else.
var tools = []string{
	"awk", "cat", "cksum", "cmp", "cp", "cut", "find", "git", "grep", "mkdir", "mv", "od", "printf", "readlink", "rm", "sed", "sleep", "sort", "tail", "tr", "uname",
}

// program is the source of the stand-in for stopgate: it says its name, and as a hook it echoes.
const program = `package main

import (
	"io"
	"os"
	"strconv"
)

func main() {
	switch os.Args[1] {
	case "version":
		os.Stdout.WriteString("stopgate test\n")
	case "hook":
		dir, _ := os.Getwd()
		os.Stdout.WriteString("hook in " + dir + ": ")
		io.Copy(os.Stdout, os.Stdin)
		status, _ := strconv.Atoi(os.Getenv("STATUS"))
		os.Exit(status)
	}
}
`

// goStandIn is a go command that writes down its call and does what DO says; the binary to be "built" is in BINARY.
const goStandIn = `#!/bin/sh
case $1 in version) echo "go version ${VERSION-go1.26.1} linux/amd64"; exit ;; esac
echo "$*" >>"$LOG"
while [ "$1" != -o ]; do shift; done
case $DO in
copy) cat "$BINARY" >"$2" && chmod +x "$2" ;;
slow) sleep 1; cat "$BINARY" >"$2" && chmod +x "$2" ;;
hang) exec sleep 600 ;;
offline)
	echo "cmd/stopgate/main.go:4:2: example.org/x@v1.0.0: Get \"https://proxy.golang.org/x\": dial tcp: lookup proxy.golang.org: no such host" >&2
	exit 1
	;;
foreign) printf 'no program' >"$2" && chmod +x "$2" ;;
fail)
	i=0
	while [ $i -lt 500 ]; do
		printf 'main.go:%s: "quoted" \\ \033[31m\001\tünï\377%01000d\n' $i 0
		i=$((i + 1))
	done >&2
	exit 1
	;;
esac
`

// lab is what one test works with: a plugin's folder, and the environment that its scripts get.
type lab struct {
	root    string // the plugin's folder
	bin     string // the only folder in PATH
	log     string // one line for each call of the go command
	env     []string
	program string // a stopgate for this machine
	made    *made  // what the build script makes of the folder as it is laid out, for the labs of one shell
	cmd     func(*exec.Cmd)
}

// made is the binary and its stamp by the build script. It is the same for every folder that holds the same sources.
type made struct {
	binary, stamp []byte
}

// buildProgram builds the stand-in for stopgate once for all tests of a shell.
func buildProgram(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "main.go", program, 0o644)
	cmd := exec.Command("go", "build", "-o", "program", "main.go")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GO111MODULE=off", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building the stand-in: %v\n%s", err, out)
	}
	return filepath.Join(dir, "program")
}

// newLab lays out a plugin's folder called name, for the given shell. It has no binary and there is no go.
func newLab(t *testing.T, shell, program, name string) *lab {
	t.Helper()
	top := t.TempDir()
	l := &lab{root: filepath.Join(top, name), bin: filepath.Join(top, "tools"), log: filepath.Join(top, "log"), program: program, made: &made{}}
	l.env = []string{"PATH=" + l.bin, "HOME=" + top, "LOG=" + l.log, "BINARY=" + program, "DO=copy"}
	scripts, err := filepath.Glob("*.sh")
	if err != nil || len(scripts) < 4 {
		t.Fatalf("the scripts are not here: %q, %v", scripts, err)
	}
	for _, script := range scripts {
		content, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		write(t, l.root, "scripts/"+script, string(content), 0o755)
	}
	write(t, l.root, "go.mod", "module stopgate\n\ngo 1.26\n", 0o644)
	write(t, l.root, "go.sum", "", 0o644)
	write(t, l.root, "cmd/stopgate/main.go", "package main\n", 0o644)
	write(t, l.root, "hook/event.go", "package hook\n", 0o644)
	write(t, l.root, "schema/report.schema.json", "{}\n", 0o644)
	if err := os.Mkdir(l.bin, 0o755); err != nil {
		t.Fatal(err)
	}
	l.link(t, "sh", shell)
	for _, tool := range slices.Concat(tools, []string{"chmod"}) { // chmod: for the stand-in of go
		l.link(t, tool, tool)
	}
	return l
}

// link puts the machine's tool into the lab's PATH under name.
func (l *lab) link(t *testing.T, name, tool string) {
	t.Helper()
	path, err := exec.LookPath(tool)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, filepath.Join(l.bin, name)); err != nil {
		t.Fatal(err)
	}
}

// withGo puts the stand-in of go into the PATH. do is the stand-in's action, see goStandIn.
func (l *lab) withGo(t *testing.T, do string) {
	t.Helper()
	write(t, l.bin, "go", goStandIn, 0o755)
	l.env = append(l.env, "DO="+do)
}

// withoutGo takes the stand-in of go away again.
func (l *lab) withoutGo(t *testing.T) {
	t.Helper()
	if err := os.Remove(filepath.Join(l.bin, "go")); err != nil {
		t.Fatal(err)
	}
}

// built puts the binary and its stamp in place as the build script makes them, and forgets that go was ever there. The script makes them for the
// first lab of a shell.
func (l *lab) built(t *testing.T) {
	t.Helper()
	const binary, stamp = "bin/stopgate", "bin/.stopgate.stamp"
	if l.made.binary != nil {
		write(t, l.root, binary, string(l.made.binary), 0o755)
		write(t, l.root, stamp, string(l.made.stamp), 0o644)
		return
	}
	l.withGo(t, "copy")
	if r := l.run(t, "build.sh"); r.status != 0 {
		t.Fatalf("build.sh: %+v", r)
	}
	l.withoutGo(t)
	if err := os.Remove(l.log); err != nil {
		t.Fatal(err)
	}
	var err, err2 error
	l.made.binary, err = os.ReadFile(filepath.Join(l.root, binary))
	l.made.stamp, err2 = os.ReadFile(filepath.Join(l.root, stamp))
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
}

// result is what a script did.
type result struct {
	stdout, stderr string
	status         int
}

// command returns a call of a script of the plugin, in a folder that is not the plugin's, as the host does it.
func (l *lab) command(script string, env ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(l.bin, "sh"), filepath.Join(l.root, "scripts", script))
	cmd.Dir = filepath.Dir(l.bin)
	cmd.Env = slices.Concat(l.env, env)
	cmd.Stdin = strings.NewReader(`{"hook_event_name":"SessionStart"}`)
	if l.cmd != nil {
		l.cmd(cmd)
	}
	return cmd
}

func (l *lab) run(t *testing.T, script string, env ...string) result {
	t.Helper()
	return finish(t, l.command(script, env...))
}

// finish runs cmd to its end. 2 is the host's status for a block, so no script may ever end with it.
func finish(t *testing.T, cmd *exec.Cmd) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatalf("%q: %v", cmd.Args, err)
	}
	r := result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
	if r.status == 2 {
		t.Errorf("%q exited 2; stderr: %s", cmd.Args, r.stderr)
	}
	return r
}

// answer is what ensure-binary.sh tells the host.
type answer struct {
	SystemMessage      string `json:"systemMessage"`
	HookSpecificOutput struct {
		HookEventName     string `json:"hookEventName"`
		AdditionalContext string `json:"additionalContext"`
	} `json:"hookSpecificOutput"`
}

// parse reads the answer, which must be the whole of stdout.
func parse(t *testing.T, r result) answer {
	t.Helper()
	var a answer
	d := json.NewDecoder(strings.NewReader(r.stdout))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		t.Fatalf("the answer is no JSON: %v\n%s", err, r.stdout)
	}
	if d.More() {
		t.Fatalf("text after the answer: %s", r.stdout)
	}
	return a
}

// wantSilence fails unless all was well.
func wantSilence(t *testing.T, r result) {
	t.Helper()
	if r != (result{}) {
		t.Errorf("got %+v, want silence and status 0", r)
	}
}

// wantBuilt fails unless the binary was built, the person was told so, and the next session is silent.
func wantBuilt(t *testing.T, l *lab, r result) {
	t.Helper()
	if r.status != 0 || r.stderr != "" {
		t.Errorf("status %d, stderr %q", r.status, r.stderr)
	}
	if a := parse(t, r); !strings.Contains(a.SystemMessage, "the gate is on") || a.HookSpecificOutput.HookEventName != "" {
		t.Errorf("answer %+v, want a message that the gate is on, to the person alone", a)
	}
	wantSilence(t, l.run(t, "ensure-binary.sh"))
	l.wantNoLeftovers(t)
}

// wantOff fails unless the person and the orchestrator were told that the gate is off, and why. It returns the command that
// turns it on.
func wantOff(t *testing.T, r result, why string) string {
	t.Helper()
	return wantTold(t, r, "the gate is OFF", why)
}

func wantTold(t *testing.T, r result, state, why string) string {
	t.Helper()
	if r.status != 0 || r.stderr != "" {
		t.Errorf("status %d, stderr %q", r.status, r.stderr)
	}
	a := parse(t, r)
	if a.HookSpecificOutput.HookEventName != "SessionStart" {
		t.Errorf("hookEventName %q", a.HookSpecificOutput.HookEventName)
	}
	for _, text := range []string{a.SystemMessage, a.HookSpecificOutput.AdditionalContext} {
		if !strings.Contains(text, state) || !strings.Contains(text, why) {
			t.Errorf("text %q says nothing of %q or %q", text, state, why)
		}
		if len(text) > 4000 {
			t.Errorf("text of %d bytes", len(text))
		}
	}
	_, command, found := strings.Cut(a.SystemMessage, "run: ")
	if !found || !strings.Contains(a.HookSpecificOutput.AdditionalContext, command) {
		t.Errorf("no command in %+v", a)
	}
	return command
}

// calls returns how often the go command was called.
func (l *lab) calls(t *testing.T) int {
	t.Helper()
	content, err := os.ReadFile(l.log)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return bytes.Count(content, []byte("\n"))
}

// wantNoLeftovers fails if bin holds anything but the binary and its stamp.
func (l *lab) wantNoLeftovers(t *testing.T) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(l.root, "bin"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "stopgate" && e.Name() != ".stopgate.stamp" {
			t.Errorf("left over: bin/%s", e.Name())
		}
	}
}

// foreign returns an executable of another machine. A shell that runs it as a script leaves the file mark behind and exits 2.
func foreign(mark string) string {
	header := []byte("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xf3\x00") // e_machine 243: RISC-V
	if runtime.GOOS == "linux" && runtime.GOARCH == "riscv64" {
		header[18] = 0x3e
	}
	return string(header) + "\necho run >'" + mark + "'\n)\nexit 2\n"
}

func TestEnsureBinary(t *testing.T) {
	program := buildProgram(t)
	all := shells()
	if testing.Short() {
		all = all[:1]
	}
	for _, shell := range all {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			need(t, shell)
			made := &made{}
			ensure := func(name string, test func(t *testing.T, l *lab)) {
				t.Run(name, func(t *testing.T) {
					l := newLab(t, shell, program, "plugin")
					l.made = made
					test(t, l)
				})
			}
			ensure("good", func(t *testing.T, l *lab) {
				l.built(t)
				l.withGo(t, "fail")
				wantSilence(t, l.run(t, "ensure-binary.sh"))
				if n := l.calls(t); n != 0 {
					t.Errorf("go was called %d times", n)
				}
			})
			ensure("missing", func(t *testing.T, l *lab) {
				l.withGo(t, "copy")
				wantBuilt(t, l, l.run(t, "ensure-binary.sh"))
			})
			ensure("missing, no go", func(t *testing.T, l *lab) {
				wantOff(t, l.run(t, "ensure-binary.sh"), "Go was not found")
			})
			for name, damage := range map[string]func(t *testing.T, l *lab){
				"empty":          func(t *testing.T, l *lab) { write(t, l.root, "bin/stopgate", "", 0o755) },
				"a script":       func(t *testing.T, l *lab) { write(t, l.root, "bin/stopgate", "#!/bin/sh\necho stopgate 1\n", 0o755) },
				"a folder":       func(t *testing.T, l *lab) { write(t, l.root, "bin/stopgate/file", "", 0o755) },
				"not executable": func(t *testing.T, l *lab) { l.chmod(t, "bin/stopgate", 0o644) },
				"unreadable to od": func(t *testing.T, l *lab) {
					write(t, l.root, "bin/stopgate", "\x7f", 0o755)
				},
				"truncated": func(t *testing.T, l *lab) {
					content, err := os.ReadFile(l.program)
					if err != nil {
						t.Fatal(err)
					}
					write(t, l.root, "bin/stopgate", string(content[:40]), 0o755)
				},
			} {
				ensure(name+", no go", func(t *testing.T, l *lab) {
					l.built(t)
					if err := os.Remove(filepath.Join(l.root, "bin/stopgate")); err != nil && name != "not executable" {
						t.Fatal(err)
					}
					if name == "not executable" {
						write(t, l.root, "bin/stopgate", "\x7fELF", 0o644)
					}
					damage(t, l)
					wantOff(t, l.run(t, "ensure-binary.sh"), "Go was not found")
				})
			}
			ensure("foreign", func(t *testing.T, l *lab) {
				l.built(t)
				mark := filepath.Join(filepath.Dir(l.bin), "mark")
				write(t, l.root, "bin/stopgate", foreign(mark), 0o755)
				wantOff(t, l.run(t, "ensure-binary.sh"), "Go was not found")
				l.withGo(t, "copy")
				wantBuilt(t, l, l.run(t, "ensure-binary.sh"))
				if _, err := os.Stat(mark); err == nil {
					t.Error("the shell ran the foreign executable as a script")
				}
			})
			for name, path := range map[string]string{
				"source": "hook/event.go", "schema": "schema/report.schema.json", "dependency": "go.sum", "new": "hook/new.go",
			} {
				ensure("stale "+name, func(t *testing.T, l *lab) {
					l.built(t)
					write(t, l.root, path, "changed\n", 0o644)
					wantTold(t, l.run(t, "ensure-binary.sh"), "the gate is on, but", "Go was not found")
					l.withGo(t, "copy")
					wantBuilt(t, l, l.run(t, "ensure-binary.sh"))
					if n := l.calls(t); n != 1 {
						t.Errorf("go was called %d times", n)
					}
				})
			}
			ensure("not stale", func(t *testing.T, l *lab) {
				l.built(t)
				write(t, l.root, "hook/event_test.go", "package hook\n", 0o644)
				write(t, l.root, "hook/testdata/a.json", "{}\n", 0o644)
				write(t, l.root, "README.md", "read\n", 0o644)
				wantSilence(t, l.run(t, "ensure-binary.sh"))
			})
			ensure("copied elsewhere", func(t *testing.T, l *lab) {
				l.built(t)
				elsewhere := filepath.Join(t.TempDir(), "copy")
				if err := os.CopyFS(elsewhere, os.DirFS(l.root)); err != nil {
					t.Fatal(err)
				}
				l.root = elsewhere
				wantSilence(t, l.run(t, "ensure-binary.sh"))
			})
			ensure("no stamp", func(t *testing.T, l *lab) {
				l.built(t)
				if err := os.Remove(filepath.Join(l.root, "bin/.stopgate.stamp")); err != nil {
					t.Fatal(err)
				}
				l.withGo(t, "copy")
				wantBuilt(t, l, l.run(t, "ensure-binary.sh"))
			})
			ensure("no sources", func(t *testing.T, l *lab) {
				l.built(t)
				for _, path := range []string{"cmd", "schema", "bin/.stopgate.stamp"} {
					if err := os.RemoveAll(filepath.Join(l.root, path)); err != nil {
						t.Fatal(err)
					}
				}
				wantSilence(t, l.run(t, "ensure-binary.sh"))
				if err := os.Remove(filepath.Join(l.root, "bin/stopgate")); err != nil {
					t.Fatal(err)
				}
				wantOff(t, l.run(t, "ensure-binary.sh"), "install the plugin again")
			})
			ensure("build fails", func(t *testing.T, l *lab) {
				l.withGo(t, "fail")
				r := l.run(t, "ensure-binary.sh")
				wantOff(t, r, `main.go:499: "quoted" \ ?[31m? `)
				wantOff(t, r, "go build failed")
				if strings.Contains(r.stdout, "main.go:400:") {
					t.Error("the whole output of the compiler was told")
				}
				l.wantNoLeftovers(t)
			})
			for name, c := range map[string]struct{ version, do, why string }{
				"go too old":             {"go1.19.8", "fail", "Go 1.26 or newer is needed to build stopgate; this machine has 1.19: install it from"},
				"go too old for modules": {"go1.9", "fail", "Go 1.26 or newer is needed to build stopgate; this machine has 1.9: install it from"},
				"go old and offline":     {"go1.22.0", "offline", "Go 1.26 or newer is needed to build stopgate; this machine has 1.22, and a newer one could not be downloaded"},
				"offline":                {"go1.26.0", "offline", "could not be downloaded: is this machine offline?"},
			} {
				ensure(name, func(t *testing.T, l *lab) {
					l.withGo(t, c.do)
					r := l.run(t, "ensure-binary.sh", "VERSION="+c.version)
					wantOff(t, r, c.why)
					if strings.Contains(r.stdout, "main.go:") {
						t.Errorf("the compiler's output is shown: %s", r.stdout)
					}
				})
			}
			for name, version := range map[string]string{"newer": "go1.30.2", "a candidate": "go1.27rc1", "a developer's": "devel go1.28-abc", "of the next kind": "go2.0", "without a number": "unknown"} {
				if shell != shells()[0] && shell != "busybox" {
					break // the shells differ little here
				}
				ensure("go "+name, func(t *testing.T, l *lab) {
					l.withGo(t, "copy")
					l.env = append(l.env, "VERSION="+version)
					wantBuilt(t, l, l.run(t, "ensure-binary.sh"))
				})
			}
			// A release with a program for each platform: the right one is put in place. In a folder that cannot be written a script starts it.
			release := func(t *testing.T, l *lab) {
				t.Helper()
				for _, path := range []string{"cmd", "hook", "schema"} {
					if err := os.RemoveAll(filepath.Join(l.root, path)); err != nil {
						t.Fatal(err)
					}
				}
				launcher, err := os.ReadFile("dist/launcher.sh")
				if err != nil {
					t.Fatal(err)
				}
				content, err := os.ReadFile(l.program)
				if err != nil {
					t.Fatal(err)
				}
				write(t, l.root, "bin/stopgate", string(launcher), 0o755)
				for _, platform := range []string{"linux-amd64", "linux-arm64", "darwin-amd64", "darwin-arm64"} {
					own := "no program"
					if platform == runtime.GOOS+"-"+runtime.GOARCH {
						own = string(content)
					}
					write(t, l.root, "bin/stopgate-"+platform, own, 0o755)
				}
			}
			ensure("release of all platforms", func(t *testing.T, l *lab) {
				release(t, l)
				wantSilence(t, l.run(t, "ensure-binary.sh"))
				placed, err := os.ReadFile(filepath.Join(l.root, "bin/stopgate"))
				own, err2 := os.ReadFile(l.program)
				if err != nil || err2 != nil || !bytes.Equal(placed, own) {
					t.Errorf("the program for this machine is not in place: %v, %v", err, err2)
				}
				wantSilence(t, l.run(t, "ensure-binary.sh"))
			})
			ensure("release of all platforms, read-only", func(t *testing.T, l *lab) {
				release(t, l)
				l.unprivileged(t)
				l.chmod(t, "bin", 0o555)
				wantSilence(t, l.run(t, "ensure-binary.sh"))
				links := t.TempDir() // as a person puts one into a folder of PATH
				for name, target := range map[string]string{"absolute": filepath.Join(l.root, "bin/stopgate"), "relative": "absolute"} {
					if err := os.Symlink(target, filepath.Join(links, name)); err != nil {
						t.Fatal(err)
					}
				}
				for _, path := range []string{filepath.Join(l.root, "bin/stopgate"), filepath.Join(links, "absolute"), filepath.Join(links, "relative")} {
					passed := exec.Command(path, "version")
					passed.Env = l.env
					if r := finish(t, passed); r.stdout != "stopgate test\n" {
						t.Errorf("%s: %+v", path, r)
					}
				}
				l.chmod(t, "bin", 0o755)
			})
			ensure("build makes rubbish", func(t *testing.T, l *lab) {
				l.withGo(t, "foreign")
				wantOff(t, l.run(t, "ensure-binary.sh"), "the new binary does not run")
			})
			ensure("build hangs", func(t *testing.T, l *lab) {
				l.withGo(t, "hang")
				wantOff(t, l.run(t, "ensure-binary.sh", "STOPGATE_BUILD_SECONDS=1"), "go build was stopped after 1 seconds")
				l.wantNoLeftovers(t)
			})
			ensure("read-only", func(t *testing.T, l *lab) {
				l.unprivileged(t)
				l.withGo(t, "copy")
				l.chmod(t, ".", 0o555)
				wantOff(t, l.run(t, "ensure-binary.sh"), "plugin/bin cannot be written")
				l.chmod(t, ".", 0o755)
				l.cmd = nil
				l.built(t)
				l.unprivileged(t)
				l.chmod(t, "bin", 0o555)
				wantSilence(t, l.run(t, "ensure-binary.sh"))
				write(t, l.root, "hook/event.go", "changed\n", 0o644)
				l.withGo(t, "copy")
				wantTold(t, l.run(t, "ensure-binary.sh"), "the gate is on, but", "plugin/bin cannot be written")
				l.chmod(t, "bin", 0o755)
			})
			ensure("bin is a file", func(t *testing.T, l *lab) {
				l.withGo(t, "copy")
				write(t, l.root, "bin", "", 0o644)
				wantOff(t, l.run(t, "ensure-binary.sh"), "plugin/bin cannot be written")
			})
			ensure("lock of a process that is gone", func(t *testing.T, l *lab) {
				gone := exec.Command("true")
				if err := gone.Run(); err != nil {
					t.Fatal(err)
				}
				pid := strconv.Itoa(gone.Process.Pid)
				write(t, l.root, "bin/.lock/pid", pid+"\n", 0o644)
				write(t, l.root, "bin/.new."+pid, "half a program", 0o644)
				l.withGo(t, "copy")
				wantBuilt(t, l, l.run(t, "ensure-binary.sh"))
			})
			ensure("four sessions at once", func(t *testing.T, l *lab) {
				l.withGo(t, "slow")
				results := make(chan result)
				for range 4 {
					go func() { results <- finish(t, l.command("ensure-binary.sh")) }()
				}
				for range 4 {
					if r := <-results; r.status != 0 || r.stderr != "" {
						t.Errorf("got %+v", r)
					} else if a := parse(t, r); !strings.Contains(a.SystemMessage, "the gate is on") {
						t.Errorf("got %+v", a)
					}
				}
				if n := l.calls(t); n != 1 {
					t.Errorf("go was called %d times", n)
				}
				wantSilence(t, l.run(t, "ensure-binary.sh"))
				l.wantNoLeftovers(t)
			})
			ensure("half a plugin", func(t *testing.T, l *lab) {
				if err := os.Remove(filepath.Join(l.root, "scripts/binary.sh")); err != nil {
					t.Fatal(err)
				}
				if r := l.run(t, "ensure-binary.sh"); r.status != 1 || r.stdout != "" {
					t.Errorf("got %+v, want status 1", r)
				}
			})
			for _, name := range []string{
				"with spaces", `it's "quoted" \n \\`, "new\nline", "ends\n", "-n", "$(touch mark) `touch mark` ; *", "tab\tand\x01bell\a", "ünï",
			} {
				t.Run("folder "+strconv.Quote(name), func(t *testing.T) {
					l := newLab(t, shell, program, name)
					command := wantOff(t, l.run(t, "ensure-binary.sh"), "Go was not found")
					l.withGo(t, "copy")
					// The command that the person was told to run must work as promised.
					run := exec.Command(filepath.Join(l.bin, "sh"), "-c", command)
					run.Dir, run.Env = t.TempDir(), l.env
					wantSilence(t, finish(t, run))
					wantSilence(t, l.run(t, "ensure-binary.sh"))
					if r := l.run(t, "orchestrate-coding-agent.sh"); r.status != 0 || !strings.Contains(r.stdout, "SessionStart") {
						t.Errorf("the shim: %+v", r)
					}
					if found, _ := filepath.Glob(filepath.Join(filepath.Dir(l.bin), "mark")); found != nil {
						t.Error("the folder's name was run as a command")
					}
				})
			}
		})
	}
}

func TestOrchestrateCodingAgent(t *testing.T) {
	const script = "orchestrate-coding-agent.sh"
	program := buildProgram(t)
	for _, shell := range shells() {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			need(t, shell)
			made := &made{}
			shim := func(name string, test func(t *testing.T, l *lab)) {
				t.Run(name, func(t *testing.T) {
					l := newLab(t, shell, program, "plugin")
					l.made = made
					test(t, l)
				})
			}
			passed := func(t *testing.T, r result, l *lab) {
				t.Helper()
				dir, err := filepath.EvalSymlinks(filepath.Dir(l.bin))
				if err != nil {
					t.Fatal(err)
				}
				if want := "hook in " + dir + `: {"hook_event_name":"SessionStart"}`; r != (result{stdout: want}) {
					t.Errorf("got %+v, want %q", r, want)
				}
			}
			refused := func(t *testing.T, r result) {
				t.Helper()
				if r.status != 1 || r.stdout != "" || !strings.Contains(r.stderr, "the gate is OFF") || strings.Count(r.stderr, "\n") != 1 {
					t.Errorf("got %+v, want one line on stderr and status 1", r)
				}
			}
			shim("own folder", func(t *testing.T, l *lab) {
				l.built(t)
				passed(t, l.run(t, script), l)
			})
			shim("plugin root", func(t *testing.T, l *lab) {
				l.built(t)
				l.env = append(l.env, "CLAUDE_PLUGIN_ROOT="+l.root)
				content, err := os.ReadFile(script)
				if err != nil {
					t.Fatal(err)
				}
				l.root = t.TempDir()
				write(t, l.root, "scripts/"+script, string(content), 0o755)
				passed(t, l.run(t, script), l)
			})
			shim("another plugin's root", func(t *testing.T, l *lab) {
				l.built(t)
				passed(t, l.run(t, script, "CLAUDE_PLUGIN_ROOT="+t.TempDir()), l)
			})
			shim("missing", func(t *testing.T, l *lab) {
				refused(t, l.run(t, script))
				refused(t, l.run(t, script, "CLAUDE_PLUGIN_ROOT="+l.root))
			})
			shim("foreign", func(t *testing.T, l *lab) {
				mark := filepath.Join(filepath.Dir(l.bin), "mark")
				write(t, l.root, "bin/stopgate", foreign(mark), 0o755)
				refused(t, l.run(t, script))
				if _, err := os.Stat(mark); err == nil {
					t.Error("the shell ran the foreign executable as a script")
				}
			})
			shim("truncated", func(t *testing.T, l *lab) {
				content, err := os.ReadFile(program)
				if err != nil {
					t.Fatal(err)
				}
				write(t, l.root, "bin/stopgate", string(content[:40])+"\n)\nexit 2\n", 0o755)
				if r := l.run(t, script); r.status == 0 || r.stdout != "" {
					t.Errorf("got %+v", r)
				}
			})
			for _, status := range []int{0, 1, 2, 3} {
				shim(fmt.Sprintf("program exits %d", status), func(t *testing.T, l *lab) {
					l.built(t)
					want := status
					if status == 2 {
						want = 1
					}
					if r := l.run(t, script, "STATUS="+strconv.Itoa(status)); r.status != want {
						t.Errorf("status %d, want %d", r.status, want)
					}
				})
			}
		})
	}
}

// TestBuild builds with the real go command and reads from the result how it was built.
func TestBuild(t *testing.T) {
	l := newLab(t, "sh", "", `it's a "folder"`)
	l.link(t, "go", "go")
	write(t, l.root, "cmd/stopgate/main.go", program, 0o644)
	l.env = append(os.Environ(), "PATH="+l.bin, "GOFLAGS=-buildvcs=false -mod=mod", "GOOS=plan9", "GOARCH=mips", "CGO_ENABLED=1")
	wantBuilt(t, l, l.run(t, "ensure-binary.sh"))
	info, err := buildinfo.ReadFile(filepath.Join(l.root, "bin/stopgate"))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, s := range info.Settings {
		got[s.Key] = s.Value
	}
	for key, want := range map[string]string{
		"CGO_ENABLED": "0", "-trimpath": "true", "GOOS": runtime.GOOS, "GOARCH": runtime.GOARCH, "vcs.revision": "",
	} {
		if got[key] != want {
			t.Errorf("%s is %q, want %q", key, got[key], want)
		}
	}
}

// TestSources compares the files that the stamp covers with those that go build reads, on every platform.
func TestSources(t *testing.T) {
	list := exec.Command("sh", "-c", ". ./scripts/binary.sh && sources")
	list.Dir = ".."
	covered := strings.Fields(finish(t, list).stdout)
	const files = `{{with .Module}}{{if .Main}}{{range $.GoFiles}}{{$.Dir}}/{{.}}
{{end}}{{range $.EmbedFiles}}{{$.Dir}}/{{.}}
{{end}}{{end}}{{end}}`
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, goos := range []string{"linux", "darwin", "windows"} {
		read := exec.Command("go", "list", "-deps", "-f", files, "./cmd/stopgate")
		read.Dir = root
		read.Env = append(os.Environ(), "GOOS="+goos, "CGO_ENABLED=0", "GOFLAGS=")
		r := finish(t, read)
		want := strings.Fields(r.stdout)
		if r.status != 0 || len(want) < 10 {
			t.Fatalf("go list for %s: %+v", goos, r)
		}
		for _, path := range want {
			rel, err := filepath.Rel(root, path)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(covered, filepath.ToSlash(rel)) {
				t.Errorf("%s: %s can change without the binary counting as stale", goos, rel)
			}
		}
	}
	for _, path := range []string{"go.mod", "go.sum"} {
		if !slices.Contains(covered, path) {
			t.Errorf("%s can change without the binary counting as stale", path)
		}
	}
}

// TestTimeouts: the script must answer before the host kills it and drops its output.
func TestTimeouts(t *testing.T) {
	var hooks struct {
		Hooks map[string][]struct {
			Hooks []struct {
				Command string
				Timeout int
			}
		}
	}
	content, err := os.ReadFile("../hook/hooks.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &hooks); err != nil {
		t.Fatal(err)
	}
	start := hooks.Hooks["SessionStart"]
	if len(start) != 1 || len(start[0].Hooks) != 1 || !strings.HasSuffix(start[0].Hooks[0].Command, "/ensure-binary.sh") {
		t.Fatalf("SessionStart is %+v", start)
	}
	seconds := func(path, pattern string) int {
		t.Helper()
		script, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		m := regexp.MustCompile(pattern).FindSubmatch(script)
		if m == nil {
			t.Fatalf("%s does not hold %s", path, pattern)
		}
		n, err := strconv.Atoi(string(m[1]))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	wait := seconds("build.sh", `"\$waited" -ge (\d+)`)
	build := seconds("ensure-binary.sh", `STOPGATE_BUILD_SECONDS:-(\d+)`)
	if limit := start[0].Hooks[0].Timeout; wait+build+10 > limit {
		t.Errorf("waiting %d s and building %d s leaves no room in the host's %d s", wait, build, limit)
	}
}

// TestDemo plays scripts/demo.sh, which fails if an answer differs from the one that it announces.
func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("make demo takes its time")
	}
	binary := filepath.Join(t.TempDir(), "stopgate")
	build := exec.Command("go", "build", "-trimpath", "-o", binary, "../cmd/stopgate")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	demo := exec.Command("sh", "demo.sh")
	demo.Env = append(os.Environ(), "STOPGATE_BINARY="+binary)
	out, err := demo.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "claim-unchanged") || !strings.Contains(string(out), "Verdict: verified") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestShellcheck(t *testing.T) {
	need(t, "shellcheck")
	scripts, err := filepath.Glob("*.sh")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	cmd := exec.Command("shellcheck", append([]string{"--external-sources", "--source-path=SCRIPTDIR:SCRIPTDIR/.."}, append(scripts, "shim/git")...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// need skips the test if a tool is missing, unless STOPGATE_NO_SKIP forbids it.
func need(t *testing.T, tool string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err == nil {
		return
	}
	if os.Getenv("STOPGATE_NO_SKIP") == "1" {
		t.Fatalf("%s is not installed, and STOPGATE_NO_SKIP=1", tool)
	}
	t.Skipf("%s is not installed", tool)
}

// unprivileged makes the lab's commands run as a user whom a read-only folder stops, which root is not.
func (l *lab) unprivileged(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	for _, dir := range []string{filepath.Dir(l.program), l.root} {
		for ; dir != filepath.Clean(os.TempDir()) && dir != "/"; dir = filepath.Dir(dir) {
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	l.cmd = func(cmd *exec.Cmd) {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
}

// chmod changes the mode of a path in the plugin's folder.
func (l *lab) chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(filepath.Join(l.root, path), mode); err != nil {
		t.Fatal(err)
	}
}

// write writes the file path, named with slashes, under dir.
func write(t *testing.T, dir, path, content string, mode os.FileMode) {
	t.Helper()
	path = filepath.Join(dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // the umask, and files that were there before
		t.Fatal(err)
	}
}

// The race detector runs on all tests of the packages whose code does anything at the same time, and the Makefile names them.
func TestRacedPackages(t *testing.T) {
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^RACED = (.*)$`).FindSubmatch(makefile)
	if line == nil {
		t.Fatal("the Makefile does not say which packages are raced")
	}
	raced := regexp.MustCompile(strings.ReplaceAll(string(line[1]), "$$", "$"))
	starts := regexp.MustCompile(`(?m)^\s*go (func\b|[\w.]+\()|\.Go\(`)
	found := map[string]bool{}
	for _, root := range []string{"hook", "schema"} {
		err := filepath.WalkDir(filepath.Join("..", root), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			if starts.Match(text) {
				found["stopgate/"+strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../")] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(found) < 4 {
		t.Errorf("only %v start goroutines: does the test still find them?", found)
	}
	for name := range found {
		if !raced.MatchString(name) {
			t.Errorf("%s starts goroutines, and RACED in the Makefile does not name it", name)
		}
	}
}
