// Package sarif writes findings for code hosts: as SARIF 2.1.0 (OASIS), and as the annotations of a GitHub workflow.
package sarif

import (
	"cmp"
	"encoding/json"
	"io"
	"net/url"
	"strings"

	"stopgate/hook/quote"
	"stopgate/hook/rule"
)

// schemaURI is where OASIS publishes the schema of a log. It is not fetched.
const schemaURI = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// root is the symbolic name of the folder that paths are relative to (SARIF 2.1.0, 3.4.4).
const root = "%SRCROOT%"

// noFile is the path of a finding about no file.
const noFile = "no-file"

type (
	log struct {
		Schema  string `json:"$schema"`
		Version string `json:"version"`
		Runs    []run  `json:"runs"`
	}
	run struct {
		Tool    tool     `json:"tool"`
		Bases   bases    `json:"originalUriBaseIds"`
		Results []result `json:"results"`
	}
	tool struct {
		Driver driver `json:"driver"`
	}
	driver struct {
		Name    string       `json:"name"`
		Version string       `json:"semanticVersion"`
		Rules   []descriptor `json:"rules"`
	}
	descriptor struct {
		ID    string  `json:"id"`
		Short message `json:"shortDescription"`
		Full  message `json:"fullDescription"`
		Help  message `json:"help"`
	}
	bases map[string]base
	base  struct {
		Description message `json:"description"`
	}
	message struct {
		Text string `json:"text"`
	}
	result struct {
		Rule      string     `json:"ruleId"`
		Index     int        `json:"ruleIndex"`
		Level     string     `json:"level"`
		Message   message    `json:"message"`
		Locations []location `json:"locations"`
	}
	location struct {
		Physical physical `json:"physicalLocation"`
	}
	physical struct {
		Artifact artifact `json:"artifactLocation"`
		Region   region   `json:"region"`
	}
	region struct {
		Line int `json:"startLine"`
	}
	artifact struct {
		URI  string `json:"uri"`
		Base string `json:"uriBaseId"`
	}
)

// Write writes the findings as one SARIF log. version is the program's, as semver.org spells it. A finding that blocks or halts is an error, a note
// is a note. Paths are relative to the top of the worktree. Every finding has a location with a line, because GitHub refuses a log in which one has
// none (github/codeql-action, issue 1738): a finding about a file is at its first line, one about no file at the name noFile.
func Write(w io.Writer, version string, findings []rule.Finding) error {
	r := run{
		Tool:    tool{Driver: driver{Name: "stopgate", Version: version, Rules: []descriptor{}}},
		Bases:   bases{root: {Description: message{Text: "the top of the worktree that was checked"}}},
		Results: []result{},
	}
	index := map[rule.Name]int{}
	for _, f := range findings {
		at, known := index[f.Rule]
		if !known {
			at = len(r.Tool.Driver.Rules)
			index[f.Rule] = at
			r.Tool.Driver.Rules = append(r.Tool.Driver.Rules, describe(f.Rule))
		}
		uri := cmp.Or(uriOf(f.Path), noFile)
		r.Results = append(r.Results, result{
			Rule: string(f.Rule), Index: at, Level: level(f.Severity), Message: message{Text: f.Message},
			Locations: []location{{Physical: physical{Artifact: artifact{URI: uri, Base: root}, Region: region{Line: 1}}}},
		})
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(log{Schema: schemaURI, Version: "2.1.0", Runs: []run{r}})
}

// describe returns a rule in SARIF's form. A rule without a record is described by its name.
func describe(name rule.Name) descriptor {
	known, ok := rule.Find(name)
	if !ok {
		known = rule.Rule{Name: name, Title: string(name), What: string(name), Fix: string(name)}
	}
	return descriptor{
		ID: string(name), Short: message{Text: known.Title},
		Full: message{Text: strings.TrimSpace(known.What + " " + known.Why)}, Help: message{Text: known.Fix},
	}
}

func level(s rule.Severity) string {
	if s == rule.Note {
		return "note"
	}
	return "error"
}

// uriOf returns a path in a worktree as a relative reference of RFC 3986; "" for a path that leads out of it, or for none.
func uriOf(path string) string {
	path = strings.TrimPrefix(strings.TrimSuffix(path, "/"), "./")
	if path == "" || strings.HasPrefix(path, "/") || path == ".." || strings.HasPrefix(path, "../") || strings.Contains(path, "/../") || strings.HasSuffix(path, "/..") {
		return ""
	}
	// A colon in the first part would make a scheme of it; String then begins with "./".
	return (&url.URL{Path: path}).String()
}

// Annotate writes a line for each finding that a GitHub workflow shows beside the file: "::error file=…,title=…::message".
func Annotate(w io.Writer, findings []rule.Finding) error {
	var b strings.Builder
	for _, f := range findings {
		kind := "error"
		if f.Severity == rule.Note {
			kind = "notice"
		}
		b.WriteString("::" + kind + " ")
		if path := strings.TrimPrefix(f.Path, "./"); uriOf(path) != "" {
			b.WriteString("file=" + property.Replace(path) + ",")
		}
		b.WriteString("title=" + property.Replace(string(f.Rule)) + "::" + data.Replace(quote.Line(f.Message)) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Characters that must be escaped in an annotation: the runner would take them for the end of the value, or for another command.
var (
	data     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
