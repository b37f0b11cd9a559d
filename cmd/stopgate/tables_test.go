package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"stopgate/hook/artifact"
	"stopgate/hook/config"
	"stopgate/hook/rule"
	"stopgate/schema"
)

// The tables of the documents that are made from data.

// rulesTable has every rule.
func rulesTable() string {
	var b strings.Builder
	b.WriteString("| rule | effect | what is wrong |\n| --- | --- | --- |\n")
	for _, r := range rule.All() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", r.Name, r.Effect, r.Title)
	}
	return b.String()
}

// kindsTable has the gates that each default kind of file needs.
func kindsTable() string {
	var b strings.Builder
	b.WriteString("| kind | tests | reviewers | security audit | files, for example |\n| --- | --- | --- | --- | --- |\n")
	for _, k := range config.Default().Kinds {
		security := "no"
		if k.Security {
			security = "yes"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | `%s` |\n", k.Name, k.Tests, strings.Join(k.Reviewers, ", "), security, k.Files[0])
	}
	return b.String()
}

// artifactsTable has the leftovers that are known.
func artifactsTable() string {
	var b strings.Builder
	b.WriteString("| name | left by | without git's ignoring it, removed |\n| --- | --- | --- |\n")
	for p := range artifact.Patterns() {
		name, marked := "`"+p.String()+"`", "never"
		if p.Beside != "" {
			name += " beside `" + p.Beside + "`"
		}
		if p.Mark != nil {
			marked = "if its content is the tool's"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", name, p.Tool, marked)
	}
	return b.String()
}

// setting is what the schema of the configuration says of one setting.
type setting struct {
	Description string
	Type        string
	Properties  map[string]setting
	Items       *setting
}

// settingsTable has every setting of .stopgate.yml, in the order of their names, with what the schema says of it.
func settingsTable() string {
	source, err := schema.Source("config")
	if err != nil {
		panic(err) // it is part of the program
	}
	var top setting
	if err := json.Unmarshal(source, &top); err != nil {
		panic(err)
	}
	var b strings.Builder
	b.WriteString("| setting | what it does |\n| --- | --- |\n")
	top.write(&b, "")
	return b.String()
}

func (s setting) write(b *strings.Builder, name string) {
	if name != "" {
		fmt.Fprintf(b, "| `%s` | %s |\n", name, strings.ReplaceAll(s.Description, "|", "\\|"))
		name += "."
	}
	for _, key := range slices.Sorted(maps.Keys(s.Properties)) {
		s.Properties[key].write(b, name+key)
	}
	if s.Items != nil {
		for _, key := range slices.Sorted(maps.Keys(s.Items.Properties)) {
			s.Items.Properties[key].write(b, strings.TrimSuffix(name, ".")+"[]."+key)
		}
	}
}
