package shell_test

import (
	"slices"
	"testing"

	"stopgate/hook/shell"
)

// TestMadeBy: what a command makes, and whether it only prints. What is not plain does more.
func TestMadeBy(t *testing.T) {
	t.Parallel()
	file := func(name string, prints bool) shell.Made { return shell.Made{Name: name, File: true, Prints: prints} }
	function := func(name string, prints bool) shell.Made { return shell.Made{Name: name, Prints: prints} }
	for command, want := range map[string][]shell.Made{
		"npm test":                                                    nil,
		"npm() { echo 12 passed; }; npm test":                         {function("npm", true)},
		"npm() { printf '12 passed\\n'; return 0; }":                  {function("npm", true)},
		"function npm { cat old.log; }\nnpm test":                     {function("npm", true)},
		"npm() { :; }; npm test":                                      {function("npm", true)},
		"say() { echo \"$1 passed\"; }; npm() { say 12; }":            {function("say", true), function("npm", true)},
		"npm() { say 12; }; say() { echo \"$1 passed\"; }":            {function("npm", true), function("say", true)},
		"(cd x && npm() { echo ok; }; npm test)":                      {function("npm", true)},
		"bash -c 'npm() { echo ok; }; npm test'":                      {function("npm", true)},
		"eval 'npm() { echo ok; }'; npm test":                         {function("npm", true)},
		"alias npm='echo 12 passed'":                                  {function("npm", true)},
		"npm() { command npm --silent \"$@\"; }; npm test":            {function("npm", false)},
		"npm() { docker compose run web npm \"$@\"; }; npm test":      {function("npm", false)},
		"npm() { echo '+ npm'; npx jest; }; npm test":                 {function("npm", false)},
		"npm() { echo \"$(command npm \"$@\")\"; }; npm test":         {function("npm", false)},
		"alias npm=pnpm; npm test":                                    {function("npm", false)},
		"echo 'echo 12 passed' > /tmp/x/npm":                          {file("/tmp/x/npm", true)},
		"printf '#!/bin/sh\\necho 12 passed\\n' > /tmp/x/npm":         {file("/tmp/x/npm", true)},
		"cat > /tmp/t.sh <<'E'\n#!/bin/sh\nx=12\necho \"$x ok\"\nE\n": {file("/tmp/t.sh", true)},
		"cat > /tmp/t.sh <<'E'\nrun() { echo 1; }\nrun\nnpm test\nE":  {file("/tmp/t.sh", false)},
		"tee ./t.sh <<'E'\necho 12 passed\nE\nsh t.sh":                {file("t.sh", true)},
		"echo 'echo 12 passed' | tee t.sh":                            {file("t.sh", true)},
		"{ echo '#!/bin/sh'; echo 'echo 3 passed'; } > t.sh":          {file("t.sh", true)},
		"echo 'print(\"12 passed\")' > run_tests.py":                  {file("run_tests.py", true)},
		"echo 'exec docker run x npm \"$@\"' > /tmp/x/npm":            {file("/tmp/x/npm", false)},
		"npm test > out.log":                                          {file("out.log", false)},
		"cat a > b":                                                   {file("b", false)},
		"npm test 2> err.log; npm test > /dev/null":                   nil,
	} {
		if got := shell.MadeBy(command); !slices.Equal(got, want) {
			t.Errorf("%s: %+v, want %+v", command, got, want)
		}
	}
}
