package launch

import (
	"regexp"
	"strings"

	"github.com/tidwall/gjson"

	"stopgate/hook/lazyregexp"
)

// labels is the part of a pattern that matches the labels of an assignment.
const labels = `TASK(?:[ _-]?ID(?:ENTIFIER)?)?|WORKTREE(?:[ _-]?PATH)?|WORKING[ _-]?DIR(?:ECTORY)?|DESCRIPTION|BRIEF|REQUIREMENTS|SCOPE|RESTRICTIONS?|FILES|EXCLUSIVE(?:[ _-]?FILES)?`

// maxLabelLine is the longest line, in bytes, in which labels in other markup are recognised.
const maxLabelLine = 4 << 10

var (
	// What may stand before a label: quotes, list marks with numbers and check boxes, and pictograms.
	beforeLabel = lazyregexp.New("(?i)^(?:[ \\t>*+-]|[0-9]{1,2}[.)][ \\t]|\\[[ x]?\\]|[\\p{So}\\p{Sk}\\x{FE0F}\\x{200D}])*([*_`]*(?:" + labels + ")[*_`]*[ \\t]*[:=].*)$")
	// A row of a table with two columns, and the line that makes the row before it the heading.
	labelRow     = lazyregexp.NewFor("|", "(?i)^[ \\t>]*\\|[ \\t*_`]*("+labels+")[ \\t*_`:]*\\|([^|]*)\\|?[ \\t]*$")
	belowHeading = lazyregexp.New(`^[ \t>]*\|?[ \t]*:?-{2,}`)
	// A label in capitals and a dash: "TASK — PROJ-1".
	labelDash = lazyregexp.NewFor("-–—→", "^(?:[ \\t>*+-]|[0-9]{1,2}[.)][ \\t])*[*_`]*("+labels+")[*_`]*[ \\t]+(?:[–—-]|->|→)[ \\t]+(\\S.*)$")
	// An element on one line, and a heading whose text is on the next.
	labelElement = lazyregexp.NewFor("<", `(?i)^[ \t>]*<(`+labels+`)>[ \t]*(\S.*?)[ \t]*</(?:`+labels+`)>[ \t]*$`)
	labelHeading = lazyregexp.NewFor("#", "(?i)^[ \\t>]*#{1,6}[ \\t]+[*_`]*("+labels+")[*_`:]*[ \\t]*$")
)

// labelledFields puts before a prompt that is one JSON object, perhaps as a block of code, a line with a label for each string in it. An object in
// another text gets none, since it may be an example of a report.
func labelledFields(prompt string) string {
	object := strings.TrimSpace(prompt)
	if block, fenced := strings.CutPrefix(object, "```"); fenced {
		object = strings.TrimPrefix(strings.TrimSpace(strings.TrimSuffix(block, "```")), "json")
	}
	if object = strings.TrimSpace(object); !strings.HasPrefix(object, "{") || !gjson.Valid(object) {
		return prompt
	}
	var lines []string
	gjson.Parse(object).ForEach(func(name, value gjson.Result) bool {
		if value.Type == gjson.String {
			lines = append(lines, name.String()+": "+value.String())
		}
		return true
	})
	return strings.Join(append(lines, prompt), "\n")
}

// plainLabels rewrites the labels in a prompt as the seed writes them, at the beginning of a line and with a colon. People also put them into
// tables, elements and headings, or after check boxes and pictograms, or the whole prompt is a JSON object.
func plainLabels(prompt string) string {
	lines := strings.Split(labelledFields(prompt), "\n")
	for i, line := range lines {
		line = strings.TrimSuffix(line, "\r")
		if len(line) > maxLabelLine {
			continue
		}
		next := ""
		if i+1 < len(lines) {
			next = lines[i+1]
		}
		if m := labelHeading(line).FindStringSubmatch(line); m != nil {
			at := i + 1
			for at < len(lines) && strings.TrimSpace(lines[at]) == "" {
				at++
			}
			if at < len(lines) && !strings.HasPrefix(strings.TrimSpace(lines[at]), "#") {
				lines[i], lines[at] = "", m[1]+": "+strings.TrimLeft(lines[at], " \t>*+-")
			}
			continue
		}
		if m := labelRow(line).FindStringSubmatch(line); m != nil && !belowHeading().MatchString(next) {
			lines[i] = m[1] + ": " + strings.TrimSpace(m[2])
			continue
		}
		for _, form := range []*regexp.Regexp{labelElement(line), labelDash(line)} {
			if m := form.FindStringSubmatch(line); m != nil {
				line = m[1] + ": " + m[2]
				lines[i] = line
			}
		}
		if m := beforeLabel().FindStringSubmatch(line); m != nil {
			lines[i] = m[1]
		}
	}
	return strings.Join(lines, "\n")
}
