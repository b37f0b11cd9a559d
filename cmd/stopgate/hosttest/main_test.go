package hosttest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// suite is shared by all sessions of a test run: the pinned client, and the plugin with an executable built for this run. It is made when the first
// session asks for it.
type suite struct {
	dir  string
	once sync.Once

	root, client, plugin string
	err                  error
}

var shared suite

func TestMain(m *testing.M) {
	if events := os.Getenv(eventsVariable); events != "" {
		os.Exit(recordEvent(events)) // this test replaces the plugin's executable
	}
	dir, err := os.MkdirTemp("", "stopgate-hosttest-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	shared.dir = dir
	flag.Parse()
	if !slices.ContainsFunc(os.Args, func(arg string) bool { return strings.Contains(arg, "test.parallel") }) {
		_ = flag.Set("test.parallel", strconv.Itoa(3*runtime.GOMAXPROCS(0))) // a session waits most of its time; the flag exists
	}
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// get prepares the suite once. If the client is unavailable, it skips the test, or fails it with STOPGATE_NO_SKIP=1.
func (s *suite) get(t *testing.T) *suite {
	t.Helper()
	if testing.Short() {
		skip(t, "sessions of the real client are left out with -short")
	}
	s.once.Do(func() { s.err = s.prepare(context.Background()) })
	if errors.Is(s.err, errUnavailable) {
		skip(t, s.err.Error())
	}
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s
}

func (s *suite) prepare(ctx context.Context) (err error) {
	if s.root, err = filepath.Abs("../../.."); err != nil {
		return err
	}
	if s.client, err = installClient(ctx, filepath.Join(s.root, ".cache")); err != nil {
		return err
	}
	s.plugin = filepath.Join(s.dir, "plugin")
	if err := copyParts(s.root, s.plugin, pluginParts...); err != nil {
		return err
	}
	executable := filepath.Join(s.plugin, "bin", "stopgate")
	if err := buildBinary(ctx, s.root, executable); err != nil {
		return err
	}
	if os.Getenv("STOPGATE_RECORD") != "" {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		return tap(executable, self)
	}
	return nil
}

func skip(t *testing.T, reason string) {
	t.Helper()
	if os.Getenv("STOPGATE_NO_SKIP") == "1" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

// play runs a scenario to its end, and compares its verdicts with those of a replay.
func play(t *testing.T, sc Scenario) *Session {
	t.Helper()
	if sc.Plugin == "" {
		sc.Plugin = shared.get(t).plugin
	}
	session := playOnly(t, sc)
	wantSameReplay(t, session, sc.Plugin)
	return session
}

// playOnly runs a scenario to its end. It supplies the plugin, the client and a small repository if the scenario names none.
func playOnly(t *testing.T, sc Scenario) *Session {
	t.Helper()
	s := shared.get(t)
	if sc.Client == "" {
		sc.Client = s.client
	}
	if sc.Plugin == "" {
		sc.Plugin = s.plugin
	}
	if sc.Files == nil {
		sc.Files = map[string]string{".gitignore": "/trees/\n/coverage/\n", "README.md": "# A project\n", "src/client.js": "export {}\n"}
	}
	session, err := Run(t.Context(), t.TempDir(), sc)
	if session != nil {
		t.Cleanup(func() {
			if t.Failed() {
				t.Logf("the client wrote:\n%s\n%s\nwhat the models were told:\n%s", session.Stderr, session.Screen, session.Story())
			}
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	if session.Exit != 0 {
		t.Fatalf("the client exited with status %d", session.Exit)
	}
	if dir := os.Getenv("STOPGATE_RECORD"); dir != "" {
		if err := session.record(filepath.Join(dir, filepath.FromSlash(t.Name())), sc.Plugin); err != nil {
			t.Fatal(err)
		}
	}
	return session
}
