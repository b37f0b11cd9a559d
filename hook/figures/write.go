package figures

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/style"
)

// column is one measure as tables have it.
type column struct {
	name string
	of   func(Measures) float64
}

// counts are the measures that add up, but for those by verdict and the bytes, in the order of the columns of a CSV file.
var counts = []struct {
	name string
	of   func(*Measures) *int
}{
	{"stops", func(m *Measures) *int { return &m.Stops }},
	{"sent_back", func(m *Measures) *int { return &m.SentBack }},
	{"would_send_back", func(m *Measures) *int { return &m.WouldSendBack }},
	{"reports", func(m *Measures) *int { return &m.Reports }},
	{"right_first", func(m *Measures) *int { return &m.RightFirst }},
	{"mended_report", func(m *Measures) *int { return &m.MendedReport }},
	{"mended_work", func(m *Measures) *int { return &m.MendedWork }},
	{"mended_both", func(m *Measures) *int { return &m.MendedBoth }},
	{"mended_unknown", func(m *Measures) *int { return &m.MendedUnknown }},
	{"denied", func(m *Measures) *int { return &m.Denied }},
	{"would_deny", func(m *Measures) *int { return &m.WouldDeny }},
	{"claims", func(m *Measures) *int { return &m.Claims }},
	{"unproven", func(m *Measures) *int { return &m.Unproven }},
	{"artifacts", func(m *Measures) *int { return &m.Artifacts }},
	{"files", func(m *Measures) *int { return &m.Files }},
	{"launches", func(m *Measures) *int { return &m.Launches }},
	{"gate_results", func(m *Measures) *int { return &m.GateResults }},
	{"voided", func(m *Measures) *int { return &m.Voided }},
	{"overrides", func(m *Measures) *int { return &m.Overrides }},
	{"merged", func(m *Measures) *int { return &m.Merged }},
	{"closed", func(m *Measures) *int { return &m.Closed }},
}

// columns returns all measures, in the order of the columns of a CSV file.
func columns() (all []column) {
	whole := func(name string, of func(Measures) int) {
		all = append(all, column{name, func(m Measures) float64 { return float64(of(m)) }})
	}
	for _, c := range counts {
		whole(c.name, func(m Measures) int { return *c.of(&m) })
		switch c.name {
		case "stops":
			for _, v := range Verdicts() {
				whole(strings.ReplaceAll(v, "-", "_"), func(m Measures) int { return m.Verdicts[v] })
			}
		case "files":
			whole("bytes", func(m Measures) int { return int(m.Bytes) })
		}
	}
	for _, d := range []struct {
		name string
		of   func(Measures) Durations
	}{
		{"to_verified", func(m Measures) Durations { return m.ToVerified }},
		{"to_merged", func(m Measures) Durations { return m.ToMerged }},
		{"waited", func(m Measures) Durations { return m.Waited }},
	} {
		whole(d.name+"_count", func(m Measures) int { return d.of(m).Count })
		all = append(all,
			column{d.name + "_median", func(m Measures) float64 { return d.of(m).Median }},
			column{d.name + "_p90", func(m Measures) float64 { return d.of(m).P90 }},
		)
	}
	return all
}

// WriteCSV writes a table with a head, and a row for each group; without groups, one row with the total. A key that a spreadsheet would take
// for a formula has an apostrophe before it.
func (f Figures) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	head, rows := []string{}, f.Groups
	if f.By != ByNothing {
		head = append(head, string(f.By))
	} else {
		rows = []Group{{Measures: f.Total}}
	}
	for _, c := range columns() {
		head = append(head, c.name)
	}
	_ = out.Write(head) // Error has it
	for _, g := range rows {
		var row []string
		if f.By != ByNothing {
			row = append(row, cell(g.Key))
		}
		for _, c := range columns() {
			row = append(row, strconv.FormatFloat(c.of(g.Measures), 'f', -1, 64))
		}
		_ = out.Write(row)
	}
	out.Flush()
	return out.Error()
}

func cell(s string) string {
	if s != "" && strings.ContainsAny(s[:1], "=+-@\t\r") {
		return "'" + s
	}
	return s
}

// WriteText writes the figures for people: a table of the groups, or else a line for each figure.
func (f Figures) WriteText(w io.Writer, look style.Style) error {
	var b strings.Builder
	if f.By == ByNothing {
		f.writeTotal(&b, look)
	} else {
		f.writeGroups(&b, look)
	}
	_, err := io.WriteString(w, look.Wrap(b.String()))
	return err
}

// Line is one figure for people: its name, its value, and what explains it.
type Line struct{ Name, Value string }

func (f Figures) writeTotal(b *strings.Builder, look style.Style) {
	if f.First == nil {
		b.WriteString("nothing is recorded" + sinceWords(f.Since) + "\n")
		return
	}
	b.WriteString(look.Paint(style.Strong, fmt.Sprintf("%s, %s to %s", repositories(f.Repositories), f.First.Format(time.DateOnly), f.Last.Format(time.DateOnly))) + "\n\n")
	for _, l := range f.Total.Lines() {
		name := fmt.Sprintf("%-24s", l.Name)
		if verdict, ok := strings.CutPrefix(l.Name, "  "); ok && slices.Contains(Verdicts(), verdict) {
			name = look.Verdict(rule.Verdict(verdict), name)
		}
		b.WriteString(name + " " + l.Value + "\n")
	}
	if f.Unreadable > 0 {
		fmt.Fprintf(b, "%-24s %d\n", "unreadable records", f.Unreadable)
	}
}

func repositories(n int) string {
	if n == 1 {
		return "1 repository"
	}
	return fmt.Sprintf("%d repositories", n)
}

func sinceWords(since *time.Time) string {
	if since == nil {
		return ""
	}
	return " since " + since.Format(time.DateOnly)
}

// Lines returns the figures for people, without those that are zero, except the first ones.
func (m Measures) Lines() []Line {
	lines := []Line{{"stops", strconv.Itoa(m.Stops)}}
	add := func(name string, n int, rest string) {
		if n > 0 {
			lines = append(lines, Line{name, strings.TrimSpace(strconv.Itoa(n) + rest)})
		}
	}
	for _, v := range Verdicts() {
		add("  "+v, m.Verdicts[v], "")
	}
	if m.Reports > 0 {
		lines = append(lines, Line{"right the first time", Rate(m.RightFirst, m.Reports)})
	}
	add("sent back", m.SentBack, "")
	add("  mended in the report", m.MendedReport, "")
	add("  mended in the work", m.MendedWork, "")
	add("  mended in both", m.MendedBoth, "")
	add("  mended, place unknown", m.MendedUnknown, "")
	add("tool calls refused", m.Denied, "")
	add("would be sent back", m.WouldSendBack, " (mode: observe)")
	add("would be refused", m.WouldDeny, " (mode: observe)")
	if m.Claims > 0 || m.Unproven > 0 {
		lines = append(lines, Line{"claims without evidence", fmt.Sprintf("%d of %d", m.Unproven, m.Claims)})
	}
	add("artifacts removed", m.Artifacts, fmt.Sprintf(", %s, %s", quote.Plural(m.Files, "file"), Size(m.Bytes)))
	add("launches", m.Launches, "")
	add("results of gates", m.GateResults, "")
	add("passes made void", m.Voided, "")
	add("tasks merged", m.Merged, "")
	add("tasks closed by hand", m.Closed, "")
	add("overrides", m.Overrides, "")
	for _, d := range []struct {
		name string
		d    Durations
	}{{"launch to verified", m.ToVerified}, {"launch to merged", m.ToMerged}, {"waited for the person", m.Waited}} {
		if d.d.Count > 0 {
			lines = append(lines, Line{d.name, fmt.Sprintf("%s median, %s at most in 9 of 10 (%d)", Span(d.d.Median), Span(d.d.P90), d.d.Count)})
		}
	}
	return lines
}

// writeGroups writes the table of the figures that people compare groups by. CSV and JSON have them all.
func (f Figures) writeGroups(b *strings.Builder, look style.Style) {
	if len(f.Groups) == 0 {
		b.WriteString("nothing is recorded" + sinceWords(f.Since) + "\n")
		return
	}
	var table strings.Builder
	t := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(t, "%s\tstops\tverified\tright first\tsent back\tmended\trefused\tno evidence\twould block\n", f.By)
	for _, g := range f.Groups {
		_, _ = fmt.Fprintf(t, "%s\t%d\t%d\t%s\t%d\t%d\t%d\t%d\t%d\n", shown(g.Key), g.Stops, g.Verdicts["verified"], Rate(g.RightFirst, g.Reports), g.SentBack, g.Mended(),
			g.Denied, g.Unproven, g.WouldSendBack+g.WouldDeny)
	}
	_ = t.Flush() // a builder takes everything
	head, rows, _ := strings.Cut(table.String(), "\n")
	b.WriteString(look.Paint(style.Strong, head) + "\n" + rows)
}

// Mended returns how many broken rules were fixed, in any place.
func (m Measures) Mended() int { return m.MendedReport + m.MendedWork + m.MendedBoth + m.MendedUnknown }

// shown returns a key unchanged, or quoted if it is ambiguous.
func shown(key string) string {
	if strings.ContainsFunc(key, func(r rune) bool { return !unicode.IsPrint(r) || r == '"' || r == '\\' }) {
		return quote.String(key, quote.MaxName)
	}
	return quote.Clip(key, quote.MaxName)
}

// Rate is "3 of 4 (75%)"; "-" of none.
func Rate(part, of int) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%d of %d (%d%%)", part, of, part*100/of)
}

// Size returns a number of bytes for people.
func Size(bytes int64) string {
	switch {
	case bytes < 1000:
		return quote.Plural(int(bytes), "byte")
	case bytes < 1_000_000:
		return fmt.Sprintf("%.1f kB", float64(bytes)/1e3)
	case bytes < 1_000_000_000:
		return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(bytes)/1e9)
}

// Span returns a number of seconds for people.
func Span(seconds float64) string {
	switch d := time.Duration(seconds * float64(time.Second)); {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%.1fh", d.Hours())
	}
	return fmt.Sprintf("%.1fd", seconds/86400)
}
