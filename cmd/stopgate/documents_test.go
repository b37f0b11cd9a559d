package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"stopgate/hook/config"
	"stopgate/schema"
)

// guides returns the documents that show commands and their output.
func guides(t *testing.T) []string {
	t.Helper()
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("no documents: %v", err)
	}
	names := []string{"README.md"}
	for _, page := range pages {
		names = append(names, "docs/"+filepath.Base(page))
	}
	return names
}

// TestDocuments runs what the documents show. In a block marked "console" each line after "$ " is run in the repository of the examples, and
// the lines below it are what it prints. In a block marked "sh" each line is run, and what it prints is not shown. A block marked "text"
// follows a comment "shows: NAME", and is what an agent or the orchestrator has read there. Tables between comments are made from data.
// With -update what is not true is written again.
func TestDocuments(t *testing.T) {
	shared := newShop(t)
	for _, name := range guides(t) {
		t.Run(name, func(t *testing.T) {
			before := string(readRoot(t, name))
			d := document{t: t, shop: shared}
			if changing.MatchString(before) {
				d.shop = newShop(t)
			}
			after := d.tables(d.blocks(before))
			if after == before {
				return
			}
			if !*update {
				t.Fatalf("%s is not true any more; go test ./cmd/stopgate -run TestDocuments -update makes it\n%s", name, firstDifference(before, after))
			}
			if err := os.WriteFile(filepath.Join(root, filepath.FromSlash(name)), []byte(after), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func firstDifference(before, after string) string {
	b, a := strings.Split(before, "\n"), strings.Split(after, "\n")
	for i := range min(len(b), len(a)) {
		if b[i] != a[i] {
			return "- " + b[i] + "\n+ " + a[i]
		}
	}
	return "one is the beginning of the other"
}

// document is a page of the documents, and the repository of its examples.
type document struct {
	t    *testing.T
	shop *shop
}

var (
	// stepID is the whole id of a step.
	stepID = regexp.MustCompile(`\b[0-9a-f]{24}\b`)
	// fence is a block of code, with the comment before it.
	fence = regexp.MustCompile("(?ms)^(?:<!-- shows: ([^\n]*) -->\n)?```([a-z]*)\n(.*?)^```\n")
	table = regexp.MustCompile(`(?s)(<!-- table: ([^\n]*) -->\n)(.*?)(<!-- end of table -->)`)
	// when is a time, how long it is ago, or what is named after one.
	when = regexp.MustCompile(`\d{4}-\d\d-\d\d([ T]\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)| UTC| [+-]\d\d:\d\d)?( \(\d+[smhd]\))?|(?m:^  \d\d:\d\d:\d\d )|step [0-9a-f]{8}|clean-\d{8}-\d{6}`)
	// changing are the commands after which the repository is not what other pages show.
	changing = regexp.MustCompile(`(?m)^\$ stopgate (clean|restore) `)
)

// same reports whether two texts differ in no more than what differs from one run to the next.
func same(a, b string) bool {
	masked := func(text string) string { return stepID.ReplaceAllString(when.ReplaceAllString(text, "TIME"), "ID") }
	return masked(a) == masked(b)
}

// blocks returns the page with the present output in its blocks of code.
func (d document) blocks(page string) string {
	return fence.ReplaceAllStringFunc(page, func(block string) string {
		parts := fence.FindStringSubmatch(block)
		shows, language, text := parts[1], parts[2], parts[3]
		want := text
		switch language {
		case "console":
			want = d.console(text)
		case "sh":
			d.lines(text)
		case "text":
			shown, ok := d.shop.shown[shows]
			if !ok {
				d.t.Errorf("no text is called %q:\n%s", shows, block)
			}
			want = d.shop.asShown(shown) + "\n"
		case "json":
			d.object(text)
		case "yaml":
			if _, problems := config.Parse(config.FileName, []byte(text)); len(problems) > 0 {
				d.t.Errorf("%v in\n%s", problems, text)
			}
		case "yml":
			d.workflow(text)
		case "conf":
			if err := yaml.Unmarshal([]byte(text), new(map[string]any)); err != nil {
				d.t.Errorf("%v in\n%s", err, text)
			}
		case "mermaid", "sql", "js": // hook/figures runs the queries, and hosttest the script of a workflow
		default:
			d.t.Errorf("a block is marked %q, which nothing checks:\n%s", language, block)
		}
		if same(text, want) {
			return block
		}
		return strings.TrimSuffix(block, text+"```\n") + want + "```\n"
	})
}

// workflow holds the use of the action in a workflow against action.yml.
func (d document) workflow(text string) {
	var action struct {
		Inputs  map[string]struct{ Required bool }
		Outputs map[string]any
	}
	source, err := os.ReadFile("../../action.yml")
	if err == nil {
		err = yaml.Unmarshal(source, &action)
	}
	var w struct {
		Jobs map[string]struct {
			Steps []struct {
				ID   string
				Uses string
				With map[string]any
			}
		}
	}
	if err := errors.Join(err, yaml.Unmarshal([]byte(text), &w)); err != nil {
		d.t.Fatal(err)
	}
	uses := 0
	for _, job := range w.Jobs {
		for _, step := range job.Steps {
			if !strings.Contains(step.Uses, "/stopgate@") {
				continue
			}
			uses++
			if !strings.HasSuffix(step.Uses, "@v"+release) {
				d.t.Errorf("%s is not this version", step.Uses)
			}
			for name := range step.With {
				if _, ok := action.Inputs[name]; !ok {
					d.t.Errorf("the action has no input %q", name)
				}
			}
			for name, input := range action.Inputs {
				if _, ok := step.With[name]; input.Required && !ok {
					d.t.Errorf("the input %q is required", name)
				}
			}
			for _, used := range regexp.MustCompile(`steps\.`+step.ID+`\.outputs\.(\w+)`).FindAllStringSubmatch(text, -1) {
				if _, ok := action.Outputs[used[1]]; !ok {
					d.t.Errorf("the action has no output %q", used[1])
				}
			}
		}
	}
	if uses == 0 {
		d.t.Errorf("no step uses the action:\n%s", text)
	}
}

// console runs the commands of a block, and returns the block with their output.
func (d document) console(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		line, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "$ ")
		if !ok {
			continue
		}
		output, _ := d.shop.run(line)
		b.WriteString("$ " + line + "\n" + output)
		if output != "" && !strings.HasSuffix(output, "\n") {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// lines runs the lines of a block. None may fail, but for a status that tells of a verdict.
func (d document) lines(text string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		target, made := strings.CutPrefix(line, "make ")
		switch {
		case line == "":
		case made:
			target, _, _ = strings.Cut(target, " ")
			if !strings.Contains(string(readRoot(d.t, "Makefile")), "\n"+target+":") {
				d.t.Errorf("the Makefile has no target %s", target)
			}
		case strings.HasPrefix(line, "claude --plugin-dir "), strings.HasPrefix(line, "claude plugin "), strings.HasPrefix(line, "/plugin "):
			// the tests with the real client do this
		case strings.HasSuffix(line, " --follow"):
			d.shop.follow(line)
		default:
			if output, status := d.shop.run(line); status != exitOK && status != exitNot {
				d.t.Errorf("%s: status %d\n%s", line, status, output)
			}
		}
	}
}

// object checks an example of what an agent hands in.
func (d document) object(text string) {
	var doc map[string]any
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		d.t.Errorf("%v in\n%s", err, text)
		return
	}
	name := "report"
	if _, ok := doc["gate_status"]; ok {
		name = "gate"
	}
	if violations, err := schema.Validate(name, doc); err != nil || len(violations) > 0 {
		d.t.Errorf("%v, %v in\n%s", err, violations, text)
	}
}

// tables returns the page with the present values in its tables.
func (d document) tables(page string) string {
	made := map[string]func() string{"rules": rulesTable, "kinds": kindsTable, "artifacts": artifactsTable, "settings": settingsTable}
	return table.ReplaceAllStringFunc(page, func(text string) string {
		parts := table.FindStringSubmatch(text)
		make, ok := made[parts[2]]
		if !ok {
			d.t.Errorf("no table is called %q", parts[2])
			return text
		}
		return parts[1] + make() + parts[4]
	})
}

// TestDocumentsAreWhole checks that everything that the documents name exists.
func TestDocumentsAreWhole(t *testing.T) {
	commands := string(readRoot(t, "docs/commands.md"))
	for _, sub := range subcommands() {
		if !strings.Contains(commands, "\n## stopgate "+sub.name+"\n") || !strings.Contains(commands, "\n$ stopgate help "+sub.name+"\n") {
			t.Errorf("docs/commands.md has no part on stopgate %s with its usage", sub.name)
		}
	}
	for _, name := range schema.Names() {
		if !strings.Contains(commands, "`"+name+"`") {
			t.Errorf("docs/commands.md does not name the schema %s", name)
		}
	}
	readme := string(readRoot(t, "README.md"))
	for _, name := range guides(t)[1:] {
		if !strings.Contains(readme, "]("+name+")") {
			t.Errorf("README.md does not link to %s", name)
		}
	}
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	span    = regexp.MustCompile("`((?:cmd|hook|schema|scripts|docs|agents)/[^`\\s]*)`")
)

// TestLinks follows the links of every document to a file here, and to a heading in it.
func TestLinks(t *testing.T) {
	for _, name := range markdown(t) {
		text := fence.ReplaceAllString(string(readRoot(t, name)), "")
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			target, anchor, _ := strings.Cut(match[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			file := name
			if target != "" {
				file = path.Join(path.Dir(name), target)
			}
			if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(file))); err != nil {
				t.Errorf("%s links to %s: %v", name, match[1], err)
				continue
			}
			if anchor != "" && !slices.Contains(anchors(string(readRoot(t, file))), anchor) {
				t.Errorf("%s links to %s, and there is no such heading", name, match[1])
			}
		}
	}
}

// TestNamedFilesExist holds the files and packages that a document names against those that there are. Decisions and the changelog tell of
// their own day.
func TestNamedFilesExist(t *testing.T) {
	for _, name := range markdown(t) {
		if name == "CHANGELOG.md" || strings.HasPrefix(name, "docs/decisions/") {
			continue
		}
		for _, match := range span.FindAllStringSubmatch(string(readRoot(t, name)), -1) {
			if found, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(match[1]))); err != nil || len(found) == 0 {
				t.Errorf("%s names %s, and there is none", name, match[1])
			}
		}
	}
}

// TestDecisions holds the index of the decisions against their files, which all have the same parts.
func TestDecisions(t *testing.T) {
	index := string(readRoot(t, "docs/decisions/README.md"))
	listed := 0
	for _, name := range markdown(t) {
		base, ok := strings.CutPrefix(name, "docs/decisions/")
		if !ok || base == "README.md" {
			continue
		}
		listed++
		text := string(readRoot(t, name))
		title, _, _ := strings.Cut(strings.TrimPrefix(text, "# "), "\n")
		date := base[:min(len(base), len(time.DateOnly))]
		if _, err := time.Parse(time.DateOnly, date); err != nil || !strings.Contains(index, "| "+date+" | ["+title+"]("+base+") |\n") {
			t.Errorf("the index does not list %s with its date and title (%v)", base, err)
		}
		for _, part := range []string{"\n\n" + date + "\n", "\n## Context\n", "\n## Decision\n", "\n## Consequences\n"} {
			if strings.Count(text, part) != 1 {
				t.Errorf("%s has no part %q", base, part)
			}
		}
	}
	if listed == 0 || strings.Count(index, "](2") != listed {
		t.Errorf("the index does not list the %d decisions alone", listed)
	}
}

// markdown returns the documents of the repository.
func markdown(t *testing.T) (names []string) {
	t.Helper()
	files := os.DirFS(root)
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (name != "." && strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata"):
			return fs.SkipDir
		case strings.HasSuffix(name, ".md"):
			names = append(names, name)
		}
		return nil
	})
	if err != nil || len(names) < 5 {
		t.Fatalf("found %q, %v", names, err)
	}
	return names
}

// anchors returns the names by which GitHub links to a document's headings.
func anchors(text string) (names []string) {
	for _, match := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 127:
				return r
			}
			return -1
		}, strings.ToLower(match[1]))
		names = append(names, name)
	}
	return names
}
