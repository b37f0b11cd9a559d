package suite

import (
	"testing"

	"stopgate/hook/transcript"
)

func TestRunsWholeSuite(t *testing.T) {
	for command, want := range map[string]bool{
		`(cd "./trees/PROJ-1-integration" && npm test)`:                                  true, // the seed's own
		`(cd "./trees/PROJ-1-integration" && pytest)`:                                    true,
		`(cd "./trees/PROJ-1-integration" && npm test -- path/to/stripe-client.test.js)`: false,
		`(cd "./trees/PROJ-1-integration" && pytest tests/integrations/test_stripe.py)`:  false,
		"npm test 2>&1 | tail -20":                                                       true,
		"CI=1 npm test -- --coverage":                                                    true,
		"npm test -- --testNamePattern=Stripe":                                           false,
		"go test ./...":                                                                  true,
		"go test -race -count=1 ./...":                                                   true,
		"go test ./payments":                                                             false,
		"go test ./... -run TestStripe":                                                  false,
		"go test":                                                                        false,
		"cd trees/x; npx jest src/a.test.js; ls":                                         false,
		"python3 -m pytest -q":                                                           true,
		"pytest -k stripe":                                                               false,
		"cargo test":                                                                     true,
		"cargo test retries":                                                             false,
		"grep -rn 'npm test' docs":                                                       false,
		"echo npm test":                                                                  false,
		"for d in a b; do (cd $d && npm test); done":                                     false, // not read: a note may be missed, never wrong
		"": false,
	} {
		if got := runsWholeSuite(command); got != want {
			t.Errorf("%s: %t", command, got)
		}
	}
}

func TestWhole(t *testing.T) {
	run := transcript.Run{Number: 1}
	agent := func(prompt string) *transcript.Agent {
		return &transcript.Agent{Prompt: prompt, Run: run, ToolUses: []transcript.ToolUse{
			{Name: "Bash", Command: "npm test", Run: 0, Line: 3}, {Name: "Bash", Command: "npm test", Run: 1, Line: 9}, {Name: "Bash", Command: "cd x && npm test", Run: 1, Line: 12},
		}}
	}
	for prompt, want := range map[string]int{
		"Add retries. Test only your own change.":            2,
		"Run tests for src/payments only":                    2,
		"Do not run the full test suite":                     2,
		"Never run the whole suite; the test-runner does so": 2,
		"Run targeted tests":                                 2,
		"Add retries, and run the full test suite":           0,
		"Add tests for the retries":                          0,
	} {
		if suites := Whole(agent(prompt), []string{prompt}); len(suites) != want || want > 0 && suites[0].Line != 9 {
			t.Errorf("%s: %+v", prompt, suites)
		}
	}
}
