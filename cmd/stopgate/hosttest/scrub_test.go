package hosttest

import (
	"strings"
	"testing"
)

func TestScrub(t *testing.T) {
	scrub := newScrubber(map[string]string{"/tmp/x.1": "/session", "/tmp/x.1/repository": "/repository", "/tmp/x.1/config": "/home/person/.claude"})
	tests := map[string]struct{ line, want string }{
		"paths, the longest first, and what is named after them": {
			`{"type":"user","cwd":"/tmp/x.1/repository","z":1,"a":{"p":["/tmp/x.1/config/projects/-tmp-x-1-repository/s.jsonl","/tmp/x.1/tmp"]}}`,
			`{"type":"user","cwd":"/repository","z":1,"a":{"p":["/home/person/.claude/projects/-repository/s.jsonl","/session/tmp"]}}`,
		},
		"what the session said stays as it is": {
			`{"type":"assistant","message":{"content":[{"type":"text","text":"<b> & \u2028 é"}]},"n":1.50,"big":12345678901234567890}`,
			`{"type":"assistant","message":{"content":[{"type":"text","text":"<b> & \u2028 é"}]},"n":1.50,"big":12345678901234567890}`,
		},
		"the host's prompts go, their lines stay": {
			`{"type":"attachment","attachment":{"type":"skill_listing","content":"You are"},"uuid":"u","rendered":[{"content":"You are"}]}`,
			`{"type":"attachment","attachment":{"type":"skill_listing"},"uuid":"u","rendered":[]}`,
		},
		"a hook's answer stays": {
			`{"type":"attachment","attachment":{"type":"hook_blocking_error","blockingError":{"blockingError":"R"}}}`,
			`{"type":"attachment","attachment":{"type":"hook_blocking_error","blockingError":{"blockingError":"R"}}}`,
		},
		"requests": {
			`{"type":"api-request-shape","shape":{"system":"You are"},"version":"2"}`,
			`{"type":"api-request-shape","shape":{},"version":"2"}`,
		},
		"a repeated message of the system's goes": {
			`{"type":"api-request-blob","message":{"role":"system","content":"You are"}}`,
			`{"type":"api-request-blob","message":{}}`,
		},
		"a repeated message of the person's stays": {
			`{"type":"api-request-blob","message":{"role":"user","content":[{"text":"<system-reminder>\nAs you answer, know that\n</system-reminder>"},{"text":"TASK: 1"}]}}`,
			`{"type":"api-request-blob","message":{"role":"user","content":[{"text":"<system-reminder>(host text)</system-reminder>"},{"text":"TASK: 1"}]}}`,
		},
		"a kind that is not known": {`{"type":"new","prompt":{"system":"You are"},"n":2}`, `{"type":"new","prompt":{},"n":2}`},
		"a record of the plugin's": {`{"kind":"stop","data":{"step":"/tmp/x.1/repository"}}`, `{"kind":"stop","data":{"step":"/repository"}}`},
		"a notification": {
			`{"type":"user","message":{"content":"[SYSTEM NOTIFICATION - NOT USER INPUT]\nDo NOT.\n\n<task-notification>\n<task-id>a</task-id>\n<note>A task</note>\n<result>R</result>"}}`,
			`{"type":"user","message":{"content":"(host text)\n<task-notification>\n<task-id>a</task-id>\n<note>(host text)</note>\n<result>R</result>"}}`,
		},
		"a report handed back": {
			`{"type":"user","x":"[Subagent hand-back] The text below. The report follows:\n  R\nagentId: a1 (use SendMessage with to: 'a1', to continue)\n<usage>"}`,
			`{"type":"user","x":"(host text)\n  R\nagentId: a1 (host text)\n<usage>"}`,
		},
		"a launch": {
			`{"type":"user","x":"Async agent launched successfully. (This is internal)\nagentId: a1 (internal ID - do not)\nThe agent is working in the background. You\nDo not.\noutput_file: /tmp/x.1/tmp/claude-0/a\nDo NOT Read"}`,
			`{"type":"user","x":"(host text)\nagentId: a1 (host text)\n(host text)\noutput_file: /session/tmp/claude-1000/a"}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := scrub.lines([]byte(test.line + "\n"))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != test.want+"\n" {
				t.Errorf("got  %swant %s", got, test.want)
			}
		})
	}
}

func TestScrubRefusesWhatItCannotRead(t *testing.T) {
	for _, line := range []string{`{"type":`, `[]`, `{} {}`, `x`} {
		if out, err := newScrubber(nil).lines([]byte("{}\n" + line)); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%s: %q, error %v", line, out, err)
		}
	}
}

func TestLeaks(t *testing.T) {
	got := leaks([]byte(`{"cwd":"/home/jo/x"}`), []string{"/home/jo/", "elsewhere", ""})
	if len(got) != 1 || got[0] != "/home/jo/" {
		t.Errorf("leaks %q, want /home/jo/", got)
	}
}
