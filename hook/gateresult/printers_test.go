package gateresult

import (
	"testing"

	"stopgate/hook/evidence"
	"stopgate/hook/transcript"
)

// TestPrinters: a test runner that the gate made itself and that only prints runs no tests. One that runs something may.
func TestPrinters(t *testing.T) {
	t.Parallel()
	const output = "Tests:       12 passed, 12 total\n"
	for _, test := range []struct {
		claimed  string
		commands []string
		counts   bool
	}{
		{"npm test", []string{"npm test"}, true},
		{"npm test", []string{"npm() { echo 'Tests: 12 passed, 12 total'; }; npm test"}, false},
		{"npm test", []string{"cd /w/trees/T1 && npm() { echo fine; }; if ! npm test; then exit 1; fi"}, false},
		{"npm test", []string{"alias npm='echo 12 passed'\nnpm test"}, false},
		{"npm test", []string{"function npm { cat old.log; }; (time npm test)"}, false},
		{"npm test", []string{"npm() { echo fine; }; npm test", "npm test"}, true}, // a later command has no such function
		{"npm test", []string{"npm() { echo fine; }; command npm test"}, true},
		{"npm test", []string{"npm() { command npm --silent \"$@\"; }; npm test"}, true},
		{"npm test", []string{"npm() { docker compose run --rm web npm \"$@\"; }; npm test"}, true},
		{"npm test", []string{"log() { echo \"== $*\"; }; log tests; npm test"}, true},
		{"npm test", []string{"mkdir /tmp/x; echo 'echo 12 passed' > /tmp/x/npm; chmod +x /tmp/x/npm; PATH=/tmp/x:$PATH npm test"}, false},
		{"npm test", []string{"printf '#!/bin/sh\\necho 12 passed\\n' > /tmp/x/npm", "export PATH=/tmp/x:$PATH; npm test"}, false},
		{"npm test", []string{"echo 'echo 12 passed' > /tmp/x/npm", "/tmp/x/npm test"}, false},
		{"npm test", []string{"echo 'echo 12 passed' > /tmp/x/npm", "npm test"}, true}, // it is not in PATH
		{"npm test", []string{"echo 'exec docker run web npm \"$@\"' > /tmp/x/npm", "PATH=/tmp/x:$PATH npm test"}, true},
		{"sh test.sh", []string{"cat > test.sh <<'E'\necho 12 passed\nE\nsh ./test.sh"}, false},
		{"bash ci.sh", []string{"echo 'echo 12 passed' > /tmp/ci.sh", "bash -e /tmp/ci.sh"}, false},
		{"python run_tests.py", []string{"echo 'print(\"12 passed\")' > run_tests.py; python run_tests.py"}, false},
		{"bash ci.sh", []string{"cat > ci.sh <<'E'\nset -e\nnpm test\nE\nbash ci.sh"}, true},
		{"bash ci.sh", []string{"echo 'echo 12 passed' > ci.sh", "echo 'npm test' > ci.sh", "bash ci.sh"}, true},
		{"npm test", []string{"echo 'echo 12 passed' > node_modules/.bin/jest; npm test"}, false},
		{"npx jest", []string{"cp /bin/true node_modules/.bin/jest && npx jest"}, false},
		{"pytest", []string{"ln -s \"$(which true)\" /tmp/x/pytest; PATH=/tmp/x:$PATH pytest"}, false},
		{"pytest", []string{"install -m 755 /usr/bin/echo ~/.local/bin/pytest", "pytest"}, false},
		{"npx jest", []string{"python3 -c \"open('node_modules/.bin/jest','w').write('#!/bin/sh\\necho 12 passed')\"", "npx jest"}, false},
		{"npx jest", []string{"python3 - <<'E'\nfrom pathlib import Path\nPath('node_modules/.bin/jest').write_text(\"\"\"#!/bin/sh\necho 12 passed\n\"\"\")\nE\nnpx jest"}, false},
		{"npx jest", []string{"node -e \"fs.writeFileSync('node_modules/.bin/jest', '#!/bin/sh\\necho 12 passed')\"", "npx jest"}, false},
		{"npx jest", []string{"ln -s ../../node_modules node_modules && npx jest"}, true},
		{"npx jest", []string{"cp -r ../../node_modules . && npx jest"}, true},
		{"bash ci.sh", []string{"python3 -c \"open('ci.sh','w').write('set -e\\nnpm test\\n')\" && bash ci.sh"}, true},
		{"bash ci.sh", []string{"python3 -c \"s=open('ci.sh').read(); open('ci.sh','w').write(s.replace('a', 'b'))\" && bash ci.sh"}, true},
		{"npm test", []string{"python3 -c \"open('note.txt','w').write('x')\" && npm test"}, true},
		{"npm test", []string{"echo '== tests' > /tmp/t.log; npm test >> /tmp/t.log; cat /tmp/t.log"}, true},
	} {
		var agent transcript.Agent
		for _, command := range test.commands {
			agent.ToolUses = append(agent.ToolUses, transcript.ToolUse{Name: "Bash", Command: command, Output: output, Outcome: transcript.Succeeded})
		}
		claim := evidence.Claim{Commands: []string{test.claimed}, Counts: evidence.Counts{Passed: 12, Failed: 0, Skipped: 0, Total: 12}}
		if found := evidence.Tests(claim, evidence.Follow(usesOf(&agent, nil)), evidence.Place{}); test.counts != (len(found) == 0) || len(found) > 0 && found[0].Kind != evidence.Contradicted {
			t.Errorf("%q: %v", test.commands, found)
		}
	}
}
