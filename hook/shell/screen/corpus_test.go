package screen

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"stopgate/hook/shell/gitop"
)

// labelled is one line of testdata/commands.txt.
type labelled struct {
	line    int
	kinds   []gitop.Kind // none for a command that passes
	mark    string
	command string
}

func (l labelled) String() string {
	return fmt.Sprintf("testdata/commands.txt:%d: %.200q", l.line, l.command)
}

func corpus(t testing.TB) []labelled {
	t.Helper()
	data, err := os.ReadFile("testdata/commands.txt")
	if err != nil {
		t.Fatal(err)
	}
	var list []labelled
	seen := map[string]int{}
	for i, text := range strings.Split(string(data), "\n") {
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		columns := strings.SplitN(text, "\t", 3)
		if len(columns) != 3 {
			t.Fatalf("testdata/commands.txt:%d: not three columns", i+1)
		}
		l := labelled{line: i + 1, mark: columns[1], command: columns[2]}
		if n := len(l.command); strings.HasPrefix(l.command, "$'") && strings.HasSuffix(l.command, "'") && strings.Count(l.command, "'")-strings.Count(l.command, `\'`) == 2 {
			l.command = strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\'`, "'", `\\`, `\`).Replace(l.command[2 : n-1])
		}
		if columns[0] != "pass" {
			for kind := range strings.SplitSeq(columns[0], ",") {
				l.kinds = append(l.kinds, gitop.Kind(kind))
			}
		}
		for _, kind := range l.kinds {
			if kind.Effect() == "" {
				t.Fatalf("%v: no kind %q", l, kind)
			}
		}
		if !slices.Contains([]string{"run", "unstage", "unseen", "guard", "later", "-"}, l.mark) {
			t.Fatalf("%v: no mark %q", l, l.mark)
		}
		if before := seen[l.command]; before > 0 {
			t.Fatalf("%v stands in line %d already", l, before)
		}
		seen[l.command] = l.line
		list = append(list, l)
	}
	return list
}

// TestCorpus compares the reader's verdict with the label of each command, and prints how often it is right. A command that is refused without need
// stops honest work. One that passes wrongly is left to the check of the repository afterwards.
func TestCorpus(t *testing.T) {
	var rightlyPassed, wronglyPassed, rightlyDenied, wronglyDenied, otherwiseDenied, unseen, guarded, later int
	kinds := map[gitop.Kind]int{}
	for _, l := range corpus(t) {
		var got []gitop.Kind
		for _, use := range Prohibited(l.command) {
			got = append(got, use.Kind)
		}
		if l.mark == "unseen" {
			unseen++
		}
		switch {
		case (l.mark == "guard" || l.mark == "later") && len(got) > 0:
			t.Errorf("%v: denied as %q by a guess", l, got)
		case l.mark == "guard":
			guarded++
		case l.mark == "later":
			later++
		case len(l.kinds) == 0 && len(got) == 0:
			rightlyPassed++
		case len(l.kinds) == 0:
			wronglyDenied++
			t.Errorf("%v: denied as %q", l, got)
		case len(got) == 0:
			wronglyPassed++
			t.Errorf("%v: passed, want %q", l, l.kinds)
		case slices.Equal(got, l.kinds):
			rightlyDenied++
		default:
			otherwiseDenied++
			t.Errorf("%v: %q, want %q", l, got, l.kinds)
		}
		for _, kind := range l.kinds {
			kinds[kind]++
		}
	}
	t.Logf("%27s %8s %8s", "", "denied", "passed")
	t.Logf("%27s %8d %8d", "to be denied", rightlyDenied+otherwiseDenied, wronglyPassed)
	t.Logf("%27s %8d %8d", "to pass", wronglyDenied, rightlyPassed)
	t.Logf("of another kind: %d; denied by the guard when git runs: %d; seen only afterwards: %d", otherwiseDenied, guarded, unseen+later)
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		t.Logf("%27s %8d", kind, kinds[kind])
		if kinds[kind] < 3 {
			t.Errorf("%d commands of kind %s", kinds[kind], kind)
		}
	}
	if n, m := rightlyDenied+wronglyPassed+otherwiseDenied, rightlyPassed+wronglyDenied; n < 150 || m < 150 || guarded < 50 {
		t.Errorf("%d commands to deny and %d to pass", n, m)
	}
}
