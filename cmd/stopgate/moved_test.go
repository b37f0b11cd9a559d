package main

import (
	"fmt"
	"strings"
	"testing"
)

// TestMovedFolder: an agent that moves a folder, edits the files and lists them by their new names is not asked for the old ones. A file that was
// deleted on the way is not moved.
func TestMovedFolder(t *testing.T) {
	t.Parallel()
	python := `python3 -c "import os; os.rename('lib/' + 'old', 'lib/' + 'new')"`
	const loop = "for f in lib/old/*; do g=lib/new/$(basename \"$f\" %s)%s; mkdir -p \"${g%%/*}\"; mv \"$f\" \"$g\"; done"
	for name, tt := range map[string]struct {
		files    int
		from, to string // the patterns of the files' names in lib/old and lib/new
		move     string
		content  string // of each, before its number
		also     string // is deleted besides
	}{
		"by mv":                             {20, "f%d.js", "f%d.js", "mv lib/old lib/new", "same\nsame too\n", ""},
		"by mv in the folder":               {20, "f%d.js", "f%d.js", "cd lib && mv old new", "same\nsame too\n", ""},
		"by mv, and nothing stays the same": {20, "f%d.js", "f%d.js", "mv lib/old lib/new", "", ""},
		"by a program":                      {20, "f%d.js", "f%d.js", python, "same\nsame too\n", ""},
		"by a program, files of one name":   {20, "p%d/index.js", "p%d/index.js", python, "same\nsame too\n", ""},
		"to another extension":              {40, "f%d.js", "f%d.ts", fmt.Sprintf(loop, ".js", ".ts"), "same\nsame too\n", ""},
		"to other names":                    {40, "%d_old.js", "%d.test.js", fmt.Sprintf(loop, "_old.js", ".test.js"), "same\nsame too\n", ""},
		"one is deleted on the way":         {3, "f%d.js", "f%d.js", "mv lib/old lib/new", "same\nsame too\n", "f1.js"},
		"one is deleted, by other names":    {3, "f%d.js", "f%d.ts", fmt.Sprintf(loop, ".js", ".ts"), "same\nsame too\n", "f1.ts"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			skipSome(t)
			if strings.Contains(tt.move, "python3") {
				needTool(t, "python3")
			}
			w := newAgentWorld(t)
			var listed []string
			for i := range tt.files {
				w.write(ownTree+"/lib/old/"+fmt.Sprintf(tt.from, i), fmt.Sprint(tt.content, i, "\n"))
				if file := fmt.Sprintf(tt.to, i); file != tt.also {
					listed = append(listed, "lib/new/"+file)
				}
			}
			w.git("-C", ownTree, "add", ".")
			w.git("-C", ownTree, "commit", "-qm", "files")
			w.begin()
			w.run(tt.move)
			if tt.also != "" {
				w.run("rm lib/new/" + tt.also)
			}
			for _, file := range listed {
				w.write(ownTree+"/"+file, tt.content+"edited\n")
			}
			w.run("prettier() { ls; }; prettier -w lib")
			record, answer := w.stop(listed...)
			if got := record.Get("data.verdict").String(); tt.also == "" && got != "verified" {
				t.Errorf("the verdict is %q: %s", got, answer)
			}
			if found := findings(record, "change-undeclared"); tt.also != "" && (len(found) != 1 || !strings.Contains(found[0].Raw, "lib/old/"+strings.TrimSuffix(tt.also, ".ts"))) {
				t.Errorf("want one finding, about %s: %s", tt.also, record.Get("data.findings"))
			}
		})
	}
}
