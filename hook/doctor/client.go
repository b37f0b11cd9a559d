package doctor

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"sync"
)

// OldestClient is the oldest release of the client that the gate works with. docs/clients.md has the measurements.
const OldestClient = "2.1.144"

var versionNumber = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\d+\.\d+(?:\.\d+)?`) })

// older reports whether version a comes before b. Both are numbers with dots.
func older(a, b string) bool {
	x, y := numbers(a), numbers(b)
	for i := range x {
		if x[i] != y[i] {
			return x[i] < y[i]
		}
	}
	return false
}

// numbers are the first three numbers of a version.
func numbers(version string) (n [3]int) {
	for i, digits := range regexp.MustCompile(`\d+`).FindAllString(version, 3) {
		n[i], _ = strconv.Atoi(digits) // digits, and one that is too long is a large number
	}
	return n
}

// client looks at the version of the client in PATH.
func (w *World) client(ctx context.Context) []Finding {
	path, err := w.lookPath("claude")
	if err != nil {
		return []Finding{{State: Note, Seen: "no claude in PATH", Means: "the version of the client is checked at the start of each session instead"}}
	}
	out, problems, err := w.run(ctx, call{dir: w.Dir, path: path, args: []string{"--version"}, env: []string{"DISABLE_AUTOUPDATER=1"}})
	version := regexp.MustCompile(`^\d+\.\d+\.\d+`).FindString(out)
	if err == nil && version == "" {
		err = fmt.Errorf("it prints %q", firstLine(out))
	}
	if err != nil {
		return []Finding{{
			State: Unknown, Seen: fmt.Sprintf("%s --version gives no version: %s", path, failure(err, problems)), Means: "whether the client runs the hooks is not known",
			Mend: "run " + shellWord(path) + " --version, and mend what it reports",
		}}
	}
	return clientFinding(version)
}

// runningClient looks at the version of the client that started this process, as its environment has it.
func (w *World) runningClient(context.Context) []Finding {
	m := regexp.MustCompile(`^claude-code_(\d+(?:[.-]\d+)+)_`).FindStringSubmatch(w.getenv("AI_AGENT"))
	if m == nil {
		return nil // by hand, or a client that does not say so
	}
	return clientFinding(regexp.MustCompile(`-`).ReplaceAllString(m[1], "."))
}

func clientFinding(version string) []Finding {
	if older(version, OldestClient) {
		return []Finding{{
			State: Blind, Seen: "the client is version " + version, Means: fmt.Sprintf("stopgate works with %s and later: with older ones no report is verified", OldestClient),
			Mend: "claude update",
		}}
	}
	return fine("the client is version " + version)
}
