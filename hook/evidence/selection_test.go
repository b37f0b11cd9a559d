package evidence_test

import (
	"strings"
	"testing"

	"stopgate/hook/evidence"
)

// TestSelection: a gate that ran a part of the tests has not run all of them. If it says that it did, the pass does not count; if it reports the
// command, that is a note. Folders and options of the output choose no tests, and the gate's prompt may ask for a part.
func TestSelection(t *testing.T) {
	t.Parallel()
	const (
		all, noted, sentBack = "", "noted", "sent back"
		asks                 = "Changed files: tests/test_a.py\nRun only tests/test_b.py, by pytest -k fast.\n"
	)
	for _, tt := range []struct {
		claim string
		ran   []string
		want  string
	}{
		{"pytest -q", []string{"pytest -q tests/test_a.py"}, sentBack},
		{"pytest -q", []string{"pytest -q", "pytest -q tests/test_a.py"}, all},
		{"pytest -q tests/test_a.py", []string{"pytest -q tests/test_a.py"}, noted},
		{"pytest", []string{"pytest tests/test_b.py"}, all}, // the prompt asks for that
		{"pytest", []string{"python -m pytest -k fast"}, all},
		{"pytest", []string{"pytest -k slow"}, all}, // it asks for one
		{"pytest", []string{"pytest --deselect tests/test_a.py::test_x"}, sentBack},
		{"pytest", []string{"pytest --ignore=tests/e2e"}, sentBack},
		{"pytest", []string{"pytest -o python_files=test_a.py"}, sentBack},
		{"pytest", []string{"pytest --override-ini=testpaths=tests/unit"}, sentBack},
		{"pytest", []string{"pytest -o log_cli=true -o addopts="}, all},
		{"pytest", []string{"pytest --ignore=trees tests"}, all},
		{"pytest", []string{"python -m pytest -m unit tests/unit"}, all},
		{"PYTEST_ADDOPTS=-q pytest", []string{"PYTEST_ADDOPTS='--deselect tests/test_a.py' pytest"}, sentBack},
		{"npm test", []string{"npm test -- src/cart.test.ts"}, sentBack},
		{"npm test", []string{"CI=1 npm test -- --coverage --ci"}, all},
		{"npm test", []string{"npm test -- -t adds"}, sentBack},
		{"npx jest", []string{"npx jest --testPathIgnorePatterns='trees|backup'"}, all},
		{"npx playwright test", []string{"npx playwright test --grep-invert pays"}, sentBack},
		{"node --test", []string{"node --test --test-name-pattern adds"}, sentBack},
		{"go test ./...", []string{"go test -run TestA ./..."}, sentBack},
		{"go test ./...", []string{"go test ./cart"}, sentBack},
		{"go test ./...", []string{"go test -race -short ./... -count=1"}, all},
		{"go test ./...", []string{"go test $(go list ./... | grep -v vendor)"}, all},
		{"cargo test", []string{"cargo test -- --skip pays"}, sentBack},
		{"cargo test", []string{"cargo test --workspace --all-features"}, all},
		{"mvn verify", []string{"mvn verify -Dtest=CartTest"}, sentBack},
		{"mvn verify", []string{"mvn -pl shop verify"}, all},
		{"python -m unittest", []string{"python -m unittest -v tests.test_cart"}, sentBack},
		{"python -m unittest", []string{"python -m unittest discover -s tests"}, all},
		{"node --test", []string{"node --check cart.js"}, sentBack},
		{"node --test", []string{"node --test tests/"}, all},
		{"node --test tests/", []string{"node --test tests/*.test.js"}, all},
		{"bash ./test.sh", []string{"bash test.sh"}, all},
		{"python run_tests.py", []string{"python run_tests.py"}, all},
		{"node cart.test.js", []string{"node cart.test.js"}, all},
		{"vendor/bin/phpunit", []string{"vendor/bin/phpunit --filter CartTest"}, sentBack},
		{"bundle exec rspec", []string{"bundle exec rspec spec/cart_spec.rb"}, sentBack},
	} {
		at := place
		at.Prompt = asks
		var uses []evidence.Use
		for _, command := range tt.ran {
			uses = append(uses, bash(command, "", false))
		}
		findings, got := checkTests(evidence.Claim{Commands: []string{tt.claim}, Counts: unknown}, uses, at), all
		if len(findings) > 0 {
			got = map[evidence.Kind]string{evidence.Noted: noted, evidence.Contradicted: sentBack}[findings[0].Kind]
		}
		if got != tt.want {
			t.Errorf("%s, reported as %q: %v, want %q", tt.ran, tt.claim, findings, tt.want)
		}
	}
}

// TestNoneButSkipped: tests that were all skipped did not pass.
func TestNoneButSkipped(t *testing.T) {
	t.Parallel()
	for output, passes := range map[string]bool{
		"============ 3 skipped in 0.01s ============\n":           false,
		"============ 2 passed, 1 skipped in 0.01s ============\n": true,
		"Tests:       3 skipped, 3 total\n":                        false,
	} {
		for _, passed := range []int{3, -1} {
			claim := evidence.Claim{Commands: []string{"make test"}, Counts: evidence.Counts{Passed: passed, Failed: 0, Skipped: -1, Total: -1}}
			if findings := checkTests(claim, []evidence.Use{bash("make test", output, false)}, place); passes != (len(findings) == 0) {
				t.Errorf("%d passed of %q: %v", passed, output, findings)
			}
		}
	}
}

// TestStatusOfAnother: a printed status counts if it is that of the tests.
func TestStatusOfAnother(t *testing.T) {
	t.Parallel()
	for command, counts := range map[string]bool{
		"make test > log 2>&1; echo \"exit: $?\"":                                   true,
		"cd " + root + " && make test > log; rc=$?; tail -3 log; echo \"exit $rc\"": true,
		"(cd x && make test > log 2>&1); echo \"exit: $?\"":                         true,
		"./check.sh > log 2>&1\necho \"exit: $?\"":                                  true,
		"make test > log & wait $!; echo \"exit: $?\"":                              true,
		"make test > log || echo \"exit: $?\"":                                      true,
		"make test > log; true; echo \"exit: $?\"":                                  false,
		"make test > log 2>&1; tail -0 log; echo \"exit: $?\"":                      false,
		"make test > log\ncd ..\necho \"exit: $?\"":                                 false,
	} {
		claim := evidence.Claim{Commands: []string{"./check.sh"}, Counts: unknown}
		if !strings.Contains(command, "check.sh") {
			claim.Commands = []string{"make test"}
		}
		findings := checkTests(claim, []evidence.Use{bash(command, "exit: 0\n", false)}, place)
		if counts != (len(findings) == 0) {
			t.Errorf("%q: %v", command, findings)
		}
	}
}

// TestFlaky: tests that failed and passed in a later run of the same command are noted. Those that fail without the work are not.
func TestFlaky(t *testing.T) {
	t.Parallel()
	const failed, passed = "1 failed, 2 passed in 0.1s\n", "3 passed in 0.1s\n"
	at := place
	at.Others = []string{"/home/dev/shop"}
	for _, tt := range []struct {
		uses  []evidence.Use
		noted bool
	}{
		{[]evidence.Use{bash("pytest -q", failed, true), bash("pytest", passed, false)}, true},
		{[]evidence.Use{bash("pytest -q", passed, false), bash("pytest", passed, false)}, false},
		{[]evidence.Use{bash("cd /home/dev/shop && pytest", failed, true), bash("cd "+root+" && pytest", passed, false)}, false},
		{[]evidence.Use{bash("cd /home/dev/shop && pytest -q tests", failed, true), bash("cd /home/dev/shop && pytest -q trees/T1-x/tests", passed, false)}, false},
		{[]evidence.Use{bash("cd /home/dev/shop && pytest ./tests", failed, true), bash("pytest "+root+"/tests", passed, false)}, false},
	} {
		findings := checkTests(evidence.Claim{Counts: unknown}, tt.uses, at)
		if tt.noted != (len(findings) == 1 && findings[0].Kind == evidence.Noted) || !tt.noted && len(findings) > 0 {
			t.Errorf("%s: %v", tt.uses[0].Command, findings)
		}
	}
}
