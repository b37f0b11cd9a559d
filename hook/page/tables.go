package page

import (
	"fmt"
	"slices"
	"strings"

	"stopgate/hook/figures"
	"stopgate/hook/quote"
)

// tiles returns the figures that show whether the gate is worth it; nil if nothing is recorded.
func tiles(f figures.Figures) (lines []figures.Line) {
	m := f.Total
	if f.First == nil {
		return nil
	}
	add := func(name, value string) { lines = append(lines, figures.Line{Name: name, Value: value}) }
	add("stops", fmt.Sprint(m.Stops))
	add("reports right the first time", figures.Rate(m.RightFirst, m.Reports))
	add("sent back", fmt.Sprint(m.SentBack))
	add("claims without evidence", fmt.Sprintf("%d of %d", m.Unproven, m.Claims))
	add("tool calls refused", fmt.Sprint(m.Denied))
	add("tasks merged", fmt.Sprint(m.Merged))
	if m.ToMerged.Count > 0 {
		add("launch to merged, median", figures.Span(m.ToMerged.Median))
	}
	if m.Waited.Count > 0 {
		add("waited for you, median", figures.Span(m.Waited.Median))
	}
	add("removed after agents", figures.Size(m.Bytes))
	add("merged by your decision", fmt.Sprint(m.Overrides))
	return lines
}

func totalTable(f figures.Figures) tableView {
	t := tableView{Caption: "All figures", Head: []string{"figure", "value"}}
	for i, l := range f.Total.Lines() {
		t.Rows = append(t.Rows, []cellView{{Text: strings.TrimSpace(l.Name)}, {Text: l.Value, Number: float64(i)}})
	}
	return t
}

// observedView has what the mode observe did not block.
type observedView struct {
	Sentence string
	Table    tableView
}

// observed returns what would have been blocked outside the mode observe; nil for nothing.
func observed(total figures.Measures, rules []figures.Group) *observedView {
	if total.WouldSendBack+total.WouldDeny == 0 {
		return nil
	}
	o := &observedView{
		Sentence: fmt.Sprintf("In the mode observe, %s would have been sent back and %s refused.", quote.Plural(total.WouldSendBack, "stop"), quote.Plural(total.WouldDeny, "tool call")),
		Table:    tableView{Caption: "What would have been blocked, by rule", Head: []string{"rule", "stops", "tool calls"}},
	}
	for _, g := range rules {
		if g.WouldSendBack+g.WouldDeny > 0 && len(o.Table.Rows) < maxRows {
			o.Table.Rows = append(o.Table.Rows, []cellView{{Text: word(g.Key)}, number(g.WouldSendBack), number(g.WouldDeny)})
		}
	}
	return o
}

// firstTime heads the column that is nothing by rule: a report that breaks one is not right.
const firstTime = "right the first time"

// columnView is a column of a table of groups.
type columnView struct {
	head string
	cell func(figures.Measures) cellView
}

func count(head string, of func(figures.Measures) int) columnView {
	return columnView{head, func(m figures.Measures) cellView { return number(of(m)) }}
}

func span(head string, of func(figures.Measures) figures.Durations) columnView {
	return columnView{head, func(m figures.Measures) cellView {
		d := of(m)
		if d.Count == 0 {
			return cellView{Text: "-"}
		}
		return cellView{Text: figures.Span(d.Median), Number: d.Median}
	}}
}

// groupColumns returns the figures that groups are compared by.
func groupColumns() []columnView {
	return []columnView{
		count("stops", func(m figures.Measures) int { return m.Stops }),
		count("verified", func(m figures.Measures) int { return m.Verdicts["verified"] }),
		{firstTime, func(m figures.Measures) cellView {
			c := cellView{Text: figures.Rate(m.RightFirst, m.Reports)}
			if m.Reports > 0 {
				c.Number = float64(m.RightFirst) / float64(m.Reports)
				c.Bars = shares(m.Reports, share{m.RightFirst, "good"}, share{m.Reports - m.RightFirst, "bad"})
			}
			return c
		}},
		count("sent back", func(m figures.Measures) int { return m.SentBack }),
		{"mended in report, work, both", mends},
		count("refused", func(m figures.Measures) int { return m.Denied }),
		count("no evidence", func(m figures.Measures) int { return m.Unproven }),
		count("would block", func(m figures.Measures) int { return m.WouldSendBack + m.WouldDeny }),
		{"removed", func(m figures.Measures) cellView {
			return cellView{Text: figures.Size(m.Bytes) + ", " + quote.Plural(m.Files, "file"), Number: float64(m.Bytes)}
		}},
		count("merged", func(m figures.Measures) int { return m.Merged }),
		count("overrides", func(m figures.Measures) int { return m.Overrides }),
		span("to verified", func(m figures.Measures) figures.Durations { return m.ToVerified }),
		span("to merged", func(m figures.Measures) figures.Durations { return m.ToMerged }),
		span("waited for you", func(m figures.Measures) figures.Durations { return m.Waited }),
	}
}

// mends returns where agents mended what they were sent back for.
func mends(m figures.Measures) cellView {
	text := fmt.Sprintf("%d, %d, %d", m.MendedReport, m.MendedWork, m.MendedBoth)
	if m.MendedUnknown > 0 {
		text += fmt.Sprintf(" (%d unknown)", m.MendedUnknown)
	}
	return cellView{
		Text: text, Number: float64(m.Mended()),
		Bars: shares(m.Mended(), share{m.MendedReport, "warn"}, share{m.MendedWork, "calm"}, share{m.MendedBoth, "good"}),
	}
}

// groupTable has a row for each group. A column in which every group has nothing is left out. The medians of times are of each group.
func groupTable(caption, key string, groups []figures.Group) tableView {
	return tableOf(groupColumns(), caption, key, groups)
}

func tableOf(columns []columnView, caption, key string, groups []figures.Group) tableView {
	shown, omitted := quote.First(groups, maxRows)
	t := tableView{Caption: caption, Head: []string{key}, Omitted: omitted}
	for _, g := range shown {
		t.Rows = append(t.Rows, []cellView{{Text: word(g.Key)}})
	}
	for i, c := range columns {
		cells := make([]cellView, len(shown))
		for j, g := range shown {
			cells[j] = c.cell(g.Measures)
		}
		if i > 0 && !slices.ContainsFunc(cells, func(c cellView) bool { return c.Number != 0 || c.Bars != nil }) {
			continue
		}
		t.Head = append(t.Head, c.head)
		for j := range cells {
			t.Rows[j] = append(t.Rows[j], cells[j])
		}
	}
	return t
}

// ruleTable has the rules that were broken most often first.
func ruleTable(groups []figures.Group) tableView {
	sorted := slices.Clone(groups)
	slices.SortStableFunc(sorted, func(a, b figures.Group) int {
		return b.Stops + b.Denied + b.WouldDeny - (a.Stops + a.Denied + a.WouldDeny)
	})
	columns := slices.DeleteFunc(groupColumns(), func(c columnView) bool { return c.head == firstTime || c.head == "verified" })
	return tableOf(columns, "By rule: stops and tool calls with a finding of it, the most frequent first", "rule", sorted)
}

// byMonth adds days up, with the stops by verdict and what else adds up.
func byMonth(days []figures.Group) []figures.Group {
	var months []figures.Group
	for _, d := range days {
		month := d.Key[:min(7, len(d.Key))]
		if n := len(months); n == 0 || months[n-1].Key != month {
			months = append(months, figures.Group{Key: month})
		}
		months[len(months)-1].Add(d.Measures)
	}
	if n := len(months); n > maxBars {
		return months[n-maxBars:]
	}
	return months
}
