package reportname

import (
	"os"
	"strings"
	"testing"
)

// TestIsReport compares the verdict on names with labels, and prints precision and recall. A file wrongly taken for a report would send an agent
// back for its real work.
func TestIsReport(t *testing.T) {
	data, err := os.ReadFile("testdata/report-files.txt")
	if err != nil {
		t.Fatal(err)
	}
	var truePositive, falsePositive, falseNegative, trueNegative float64
	seen := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		label, name, ok := strings.Cut(line, "\t")
		if !ok || label != "report" && label != "work" || seen[name] {
			t.Fatalf("a line that is none, or stands there twice: %q", line)
		}
		seen[name] = true
		switch got := IsReport(name); {
		case got && label == "report":
			truePositive++
		case got:
			falsePositive++
			t.Errorf("%s is work and taken for a report", name)
		case label == "report":
			falseNegative++
			t.Logf("%s is a report and taken for work", name)
		default:
			trueNegative++
		}
	}
	precision, recall := truePositive/(truePositive+falsePositive), truePositive/(truePositive+falseNegative)
	t.Logf("%d names, %.0f reports and %.0f others: precision %.3f, recall %.3f",
		len(seen), truePositive+falseNegative, falsePositive+trueNegative, precision, recall)
	if len(seen) < 200 || truePositive+falseNegative < 80 || trueNegative+falsePositive < 80 {
		t.Errorf("only %d names", len(seen))
	}
	if precision != 1 || recall < 0.9 {
		t.Errorf("precision %.3f, recall %.3f", precision, recall)
	}
}

// TestReportNames: each row of the table decides on its example.
func TestReportNames(t *testing.T) {
	for i, row := range reportNames {
		name, _, _ := strings.Cut(row.example, ",")
		n := factsOf(name)
		for k, earlier := range reportNames[:i] {
			if earlier.fits(n) {
				t.Errorf("%s is decided by row %d before row %d", name, k, i)
			}
		}
		if !row.fits(n) {
			t.Errorf("%s does not fit its row", name)
		}
	}
}

func TestAsksFor(t *testing.T) {
	tests := []struct {
		prompt, name string
		want         bool
	}{
		{"Write the outcome into docs/integration-report.md", "docs/integration-report.md", true},
		{"Write it to INTEGRATION_REPORT.MD, please", "integration_report.md", true},
		{"Save a summary of the API as a markdown file", "SUMMARY.md", true},
		{"Produce coverage-analysis.json", "coverage-analysis.json", true},
		{"Produce coverage-analysis.json", "INTEGRATION_REPORT.md", false},
		{"Add retries to the client", "SUMMARY.md", false},
		{"Write no report files. Add retries", "INTEGRATION_REPORT.md", false},
		{"Add a report page to the admin", "REPORT_SUMMARY.md", true}, // in doubt it is asked for
	}
	for _, tt := range tests {
		if got := AskedFor([]string{"", tt.prompt}, tt.name); got != tt.want {
			t.Errorf("%s, %s: %t", tt.prompt, tt.name, got)
		}
	}
}
