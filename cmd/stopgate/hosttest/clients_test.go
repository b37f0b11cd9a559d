//go:build clients

package hosttest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stopgate/hook/rule"
)

// TestClients plays one session with each client below the folder STOPGATE_CLIENTS. For each it writes a line to the file STOPGATE_CLIENTS_SEEN:
// the version, the outcome of a false and of the corrected report, how far the gates came, and whether the start of the session warned of the
// version. `make clients` runs it. It asserts nothing about a client, because it measures which ones work.
func TestClients(t *testing.T) {
	clients, err := filepath.Glob(filepath.Join(os.Getenv("STOPGATE_CLIENTS"), "*", "node_modules", "@anthropic-ai", "claude-code-*", "claude"))
	if err != nil || len(clients) == 0 {
		t.Fatalf("no client in %q (%v)", os.Getenv("STOPGATE_CLIENTS"), err)
	}
	s := shared.get(t)
	for _, client := range clients {
		rel, err := filepath.Rel(os.Getenv("STOPGATE_CLIENTS"), client)
		if err != nil {
			t.Fatal(err)
		}
		version, _, _ := strings.Cut(filepath.ToSlash(rel), "/")
		t.Run(version, func(t *testing.T) {
			claim := Say(report("PAY-20", "src/payments.js"))
			sc := protocol("PAY-20", false, []Turn{claim, Write(in("PAY-20", "src/payments.js"), "export {}\n"), claim}, nil)
			sc.Then = []string{"Yes, merge it."}
			sc.Client, sc.Plugin = client, s.plugin
			sc.Files = map[string]string{".gitignore": "/trees/\n", "README.md": "# A project\n", "src/client.js": "export {}\n"}
			seen, gates, warned := "no session: it ended before the agent did", "none ran", "says nothing"
			session, err := Run(t.Context(), t.TempDir(), sc)
			switch {
			case err != nil:
				t.Logf("%v", err)
				seen = "no session: " + strings.SplitN(err.Error(), "\n", 2)[0]
			case session.Exit != 0:
				t.Logf("exit %d\n%s", session.Exit, session.Stderr)
				seen = fmt.Sprintf("no session: exit status %d", session.Exit)
			default:
				var verdicts []string
				for _, stops := range liveJudgements(t, session) {
					for _, stop := range stops {
						if rule.Verdict(stop.Verdict).OfCoder() {
							verdicts = append(verdicts, stop.Verdict)
						}
					}
				}
				if all := orders(t, session); len(all) > 0 {
					gates = fmt.Sprintf("not passed: the last step is %q", all[len(all)-1].Action)
					if all[len(all)-1].String() == "done: close" {
						gates = "passed, and merged at the person's word"
					}
				}
				seen = "nothing was judged"
				if len(verdicts) > 0 {
					seen = strings.Join(verdicts, ", then ")
				}
				if len(session.Objects(Orchestrator, "step_id")) == 0 {
					seen += ", and no step was read"
				}
				if seen != "rejected, then verified" {
					t.Logf("%s\n%s", seen, session.journal)
				}
				if bytes.Contains(session.Stdout, []byte("the client is version")) {
					warned = "warns of the version"
				}
			}
			file, err := os.OpenFile(os.Getenv("STOPGATE_CLIENTS_SEEN"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			if _, err := fmt.Fprintf(file, "%s\t%s\t%s\t%s\n", version, seen, gates, warned); err != nil {
				t.Fatal(err)
			}
		})
	}
}
