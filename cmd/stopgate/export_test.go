package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"stopgate/schema"
)

// TestExport: every record once, also over several runs; and a page and other programs can be made from it.
func TestExport(t *testing.T) {
	t.Parallel()
	run, folder := desk(t)
	status, whole, stderr := run("export", "--all")
	if status != exitOK || stderr != "" || strings.Count(whole, "\n") != 3 || strings.Contains(whole, "secret") {
		t.Fatalf("status %d, %q, %q", status, whole, stderr)
	}
	for line := range strings.Lines(whole) {
		var doc any
		if err := json.Unmarshal([]byte(line), &doc); err != nil {
			t.Fatal(err)
		}
		if violations, err := schema.Validate("event", doc); err != nil || len(violations) > 0 {
			t.Errorf("%v, %v: %s", err, violations, line)
		}
	}
	if _, recent, _ := run("export", "--since", "30d"); strings.Count(recent, "\n") != 1 {
		t.Errorf("since 30 days: %q", recent)
	}
	if _, words, _ := run("export", "--with-reports"); !strings.Contains(words, "secret") {
		t.Errorf("with reports: %q", words)
	}
	_, otlp, _ := run("export", "--format", "otlp-json")
	first := gjson.Parse(strings.SplitN(otlp, "\n", 2)[0]).Get("resourceLogs.0.scopeLogs.0.logRecords.0")
	if first.Get("timeUnixNano").Type != gjson.String || gjson.Get(first.Get("body.stringValue").String(), "verdict").String() != "rejected" ||
		first.Get(`attributes.#(key=="stopgate.verdict").value.stringValue`).String() != "rejected" || first.Get(`attributes.#(key=="stopgate.sent_back").value.boolValue`).Type != gjson.True {
		t.Errorf("otlp: %s", otlp)
	}

	cursor := filepath.Join(folder, "..", "cursor.json")
	_, begin, _ := run("export", "--cursor", cursor)
	_, none, _ := run("export", "--cursor", cursor)
	_, other, _ := run("export", "--all", "--cursor", cursor)
	if strings.Count(begin, "\n") != 2 || none != "" || strings.Count(other, "\n") != 1 {
		t.Errorf("with a cursor: %q, then %q, then %q", begin, none, other)
	}
	if err := os.WriteFile(cursor, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, stdout, stderr := run("export", "--cursor", cursor); status != exitCannotRun || stdout != "" || !strings.Contains(stderr, "cursor") {
		t.Errorf("another file: status %d, %q, %q", status, stdout, stderr)
	}

	fleet := filepath.Join(folder, "..", "fleet.jsonl")
	if err := os.WriteFile(fleet, []byte(whole+begin+"not json\n{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	status, text, stderr := run("dashboard", "--from", fleet, "--out", "-")
	if status != exitOK || !strings.Contains(text, "2 repositories") || !strings.Contains(text, "from 3 records") || !strings.Contains(stderr, "skipped 2 lines") {
		t.Errorf("from exports: status %d, %q", status, stderr)
	}
	if status, _, stderr := run("dashboard", "--from", "absent.jsonl"); status != exitCannotRun || !strings.Contains(stderr, "reading an export") {
		t.Errorf("no export: status %d, %q", status, stderr)
	}
}
