package hook

import (
	"fmt"
	"strings"
)

// Ground is what one finding rests on.
type Ground struct {
	Rule Rule `json:"rule"`
	// Claim is what was claimed, Base what it was compared with, Seen what git or the transcript showed; values are quoted.
	Claim string `json:"claim"`
	Base  string `json:"base"`
	Seen  string `json:"seen"`
	// Lines are the lines of the transcript that speak of it, from 1; never nil.
	Lines []int `json:"lines"`
}

// Explain says for each finding what it rests on, in their order.
func (c Case) Explain(reportLine int) []Ground {
	grounds := make([]Ground, 0, len(c.Findings))
	for _, f := range c.Findings {
		grounds = append(grounds, c.explain(f, reportLine))
	}
	return grounds
}

func (c Case) explain(f Finding, reportLine int) Ground {
	g := Ground{Rule: f.Rule, Base: c.Base, Lines: []int{}}
	if reportLine > 0 {
		g.Lines = append(g.Lines, reportLine)
	}
	if f.Path == "" {
		g.Claim, g.Seen = "the report as a whole", f.Message
		return g
	}
	g.Claim = "files_modified lists " + quote(f.Path, maxPathShown)
	g.Seen = "nothing"
	path := f.Path
	for _, file := range c.Files {
		if file.Path == f.Path || file.Path == strings.TrimPrefix(f.Path, "./") {
			path, g.Seen = file.Path, string(file.Change)
			break
		}
	}
	var uses []string
	for _, e := range c.Edits {
		if e.Path == path {
			uses = append(uses, fmt.Sprintf("%s at line %d", e.Tool, e.Line))
			g.Lines = append(g.Lines, e.Line)
		}
	}
	if len(uses) == 0 {
		uses = []string{"no successful edit of it"}
	}
	g.Seen += "; in the transcript: " + strings.Join(uses, ", ")
	return g
}
