package figures

import (
	"encoding/csv"
	"fmt"
	"io"
	"reflect"
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

// each calls yield with the name and the value of every measure, in the order of the columns of a CSV file.
func (m Measures) each(yield func(name string, value float64)) {
	fields := reflect.ValueOf(m)
	for i := range fields.NumField() {
		name := fields.Type().Field(i).Tag.Get("json")
		switch v := fields.Field(i).Interface().(type) {
		case int:
			yield(name, float64(v))
		case int64:
			yield(name, float64(v))
		case map[string]int:
			for _, verdict := range Verdicts() {
				yield(strings.ReplaceAll(verdict, "-", "_"), float64(v[verdict]))
			}
		case Durations:
			yield(name+"_count", float64(v.Count))
			yield(name+"_median", v.Median)
			yield(name+"_p90", v.P90)
		}
	}
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
	Measures{}.each(func(name string, _ float64) { head = append(head, name) })
	_ = out.Write(head) // Error has it
	for _, g := range rows {
		var row []string
		if f.By != ByNothing {
			row = append(row, cell(g.Key))
		}
		g.each(func(_ string, value float64) { row = append(row, strconv.FormatFloat(value, 'f', -1, 64)) })
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
	b.WriteString(look.Paint(style.Strong, fmt.Sprintf("%s, %s to %s", quote.Number(f.Repositories, "repository", "repositories"), f.First.Format(time.DateOnly), f.Last.Format(time.DateOnly))) + "\n\n")
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
