package sarif_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"stopgate/hook/rule"
	"stopgate/hook/sarif"
)

var findings = []rule.Finding{
	{Rule: rule.ClaimUnchanged, Severity: rule.Block, Path: "src/a b%.js", Message: "\"src/a b%.js\" is listed, and git shows no change"},
	{Rule: rule.ClaimUnchanged, Severity: rule.Block, Path: "./c:d.js", Message: "the same <b>of</b> another"},
	{Rule: rule.GitHistory, Severity: rule.Halt, Message: "HEAD was moved"},
	{Rule: rule.ChangeUndeclared, Severity: rule.Note, Path: "größe/", Message: "a folder\nof files: 100%"},
	{Rule: rule.ClaimOutside, Severity: rule.Block, Path: "../../etc/passwd", Message: "outside"},
	{Rule: "no-such-rule", Severity: rule.Block, Path: "x\n::error::y,z:1", Message: "::set-output name=x::y"},
}

func TestWrite(t *testing.T) {
	var b strings.Builder
	if err := sarif.Write(&b, "1.2.3", findings); err != nil {
		t.Fatal(err)
	}
	if !json.Valid([]byte(b.String())) {
		t.Fatal(b.String())
	}
	get := func(path string) string { return gjson.Get(b.String(), path).String() }
	for path, want := range map[string]string{
		"version":                            "2.1.0",
		"runs.0.tool.driver.semanticVersion": "1.2.3",
		"runs.0.tool.driver.rules.#":         "5",
		"runs.0.tool.driver.rules.0.id":      string(rule.ClaimUnchanged),
		"runs.0.results.#":                   "6",
		"runs.0.results.0.level":             "error",
		"runs.0.results.1.ruleIndex":         "0",
		"runs.0.results.1.message.text":      "the same <b>of</b> another",
		"runs.0.results.2.level":             "error",
		"runs.0.results.2.locations.0.physicalLocation.artifactLocation.uri": "no-file",
		"runs.0.results.3.level": "note",
		"runs.0.results.4.locations.0.physicalLocation.artifactLocation.uri": "no-file",
		"runs.0.results.#.locations.0.physicalLocation.region.startLine":     "[1,1,1,1,1,1]",
		"runs.0.results.5.ruleId":                              "no-such-rule",
		"runs.0.originalUriBaseIds.%SRCROOT%.description.text": "the top of the worktree that was checked",
	} {
		if got := get(path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	for i, want := range map[string]string{"0": "src/a b%.js", "1": "c:d.js", "3": "größe"} {
		uri, err := url.Parse(get("runs.0.results." + i + ".locations.0.physicalLocation.artifactLocation.uri"))
		if err != nil || uri.Scheme != "" || strings.TrimPrefix(uri.Path, "./") != want {
			t.Errorf("%s: %v %v, want %q", i, uri, err, want)
		}
	}
	for _, d := range gjson.Get(b.String(), "runs.0.tool.driver.rules").Array() {
		for _, text := range []string{"shortDescription.text", "fullDescription.text", "help.text"} {
			if d.Get(text).String() == "" {
				t.Errorf("%s has no %s", d.Get("id"), text)
			}
		}
	}
}

func TestWriteNothing(t *testing.T) {
	var b strings.Builder
	if err := sarif.Write(&b, "1.2.3", nil); err != nil || gjson.Get(b.String(), "runs.0.results").Raw != "[]" {
		t.Errorf("%v\n%s", err, b.String())
	}
}

// One line for one finding, whatever its values hold: no value can make another workflow command.
func TestAnnotate(t *testing.T) {
	var b strings.Builder
	if err := sarif.Annotate(&b, findings); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(lines) != len(findings) {
		t.Fatalf("%d lines:\n%s", len(lines), b.String())
	}
	for i, want := range []string{
		`::error file=src/a b%25.js,title=claim-unchanged::"src/a b%25.js" is listed`,
		`::error file=c%3Ad.js,title=claim-unchanged::the same`,
		`::error title=git-history::HEAD was moved`,
		`::notice file=größe/,title=change-undeclared::a folder`,
		`::error title=claim-outside::outside`,
		`::error file=x%0A%3A%3Aerror%3A%3Ay%2Cz%3A1,title=no-such-rule::`,
	} {
		if !strings.HasPrefix(lines[i], want) {
			t.Errorf("line %d is %q, want %q", i, lines[i], want)
		}
	}
}
