package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestSpeaks: a hook whose stdin and stdout are sockets of the process that started it is the client's, also through a program between them. One
// with other streams is not, whatever its environment says.
func TestSpeaks(t *testing.T) {
	t.Parallel()
	repo := newRepository(t)
	const event = `{"hook_event_name":"UserPromptSubmit","session_id":"s1","transcript_path":"/nowhere","prompt":"hello","cwd":"` + "/" + `"}`
	for name, tt := range map[string]struct {
		agent   string // AI_AGENT
		client  string // CLAUDE_PID; "" for this process
		command []string
		sockets bool
		alarm   string // "" for none
	}{
		"the client":                          {"claude-code_2.1.332_harness", "", []string{"stopgate", "hook"}, true, ""},
		"the client, through a program":       {"claude-code_2.1.332_harness", "", []string{"sh", "-c", "cat | stopgate hook | cat"}, true, ""},
		"another process's socket":            {"claude-code_2.1.332_harness", "1", []string{"stopgate", "hook"}, true, "look like the client"},
		"a file":                              {"claude-code_2.1.332_harness", "", []string{"sh", "-c", "cat | stopgate hook | cat"}, false, "look like the client"},
		"a command of the client's":           {"claude-code_2.1.332_agent", "", []string{"stopgate", "hook"}, false, "by hand"},
		"no client":                           {"", "", []string{"stopgate", "hook"}, false, ""},
		"a client that nobody has seen":       {"claude-code_2.2.0_harness", "", []string{"stopgate", "hook"}, false, ""},
		"a client that has no sockets so far": {"claude-code_2.1.139_harness", "", []string{"stopgate", "hook"}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			client := tt.client
			if client == "" {
				client = strconv.Itoa(os.Getpid())
			}
			env := append([]string{"PATH=" + os.Getenv("PATH"), "CLAUDE_PROJECT_DIR=" + repo, "CLAUDE_PID=" + client, "AI_AGENT=" + tt.agent}, cleanEnv(home)...)
			cmd := exec.Command(tt.command[0], tt.command[1:]...)
			cmd.Dir, cmd.Env = repo, env
			if tt.sockets {
				in, out := socketPair(t), socketPair(t)
				cmd.Stdin, cmd.Stdout = in[1], out[1]
				if _, err := in[0].WriteString(event); err != nil {
					t.Fatal(err)
				}
				_ = in[0].Close() // the end of the event
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				_, _ = in[1].Close(), out[1].Close() // the program has its own
				if answer, err := io.ReadAll(out[0]); err != nil || len(answer) > 0 {
					t.Errorf("%v: %s", err, answer)
				}
				if err := cmd.Wait(); err != nil {
					t.Fatal(err)
				}
			} else {
				name := filepath.Join(home, "event.json")
				if err := os.WriteFile(name, []byte(event), 0o600); err != nil {
					t.Fatal(err)
				}
				file, err := os.Open(name)
				if err != nil {
					t.Fatal(err)
				}
				defer file.Close()
				cmd.Stdin = file
				if out, err := cmd.Output(); err != nil || strings.Contains(string(out), "look like") {
					t.Fatalf("%v: %s", err, out)
				}
			}
			var recorded strings.Builder
			files, _ := filepath.Glob(filepath.Join(home, "state", "stopgate", "*", "*.jsonl"))
			for _, file := range files {
				content, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				recorded.Write(content)
			}
			if alarmed := strings.Contains(recorded.String(), `"alarm"`); alarmed != (tt.alarm != "") || !strings.Contains(recorded.String(), tt.alarm) {
				t.Errorf("recorded, want %q: %s", tt.alarm, recorded.String())
			}
		})
	}
}

// socketPair are two connected sockets. A hook keeps only its own end.
func socketPair(t *testing.T) [2]*os.File {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	return [2]*os.File{os.NewFile(uintptr(fds[0]), "ours"), os.NewFile(uintptr(fds[1]), "theirs")}
}
