package shell

import (
	"strings"
	"testing"
)

// TestScriptOf: a program's version may be in its name, and its options before the script may have values.
func TestScriptOf(t *testing.T) {
	t.Parallel()
	const script = "open('/r/x','w')"
	for command, found := range map[string]bool{
		`python3 -c "` + script + `"`:              true,
		`/usr/bin/python3.12 -W all -c "` + script: true,
		`nodejs -e "` + script + `"`:               true,
		`ruby3.2 -Itest -e "` + script + `"`:       true,
		`php8.3 -d x=1 -r "` + script + `"`:        true,
		`ruby -Itest test/all.rb`:                  false,
		`pythonic -c "` + script + `"`:             false,
	} {
		r := Run{Words: strings.Fields(strings.ReplaceAll(command, `"`, ""))}
		if got := scriptOf(r) == script; got != found {
			t.Errorf("%s: found %t", command, got)
		}
	}
}
