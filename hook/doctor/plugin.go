package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxFile bounds a settings file or a manifest, in bytes.
const maxFile = 4 << 20

// readJSON reads a JSON file of the client or of the plugin into v. A file that does not exist gives fs.ErrNotExist. A byte order mark is
// passed over, as the client does.
func readJSON(path string, v any) error {
	data, err := readBounded(path, maxFile)
	switch {
	case err != nil:
		return err
	case len(data) > maxFile:
		return fmt.Errorf("%s is longer than %d bytes", path, maxFile)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s: %s", path, jsonFault(data, err))
	}
	return nil
}

// jsonFault is what is wrong with a JSON file, in the words of whoever has to correct it.
func jsonFault(data []byte, err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return "it is empty, which is not JSON"
	case errors.As(err, &syntax):
		return fmt.Sprintf("line %d is not JSON: %v", 1+bytes.Count(data[:min(int(syntax.Offset), len(data))], []byte("\n")), err)
	case errors.As(err, &kind):
		return fmt.Sprintf("%s may not be %s %s", or(kind.Field, "the whole of it"), article(kind.Value), kind.Value)
	}
	return err.Error()
}

func article(noun string) string {
	if strings.ContainsAny(noun[:min(1, len(noun))], "aeiou") {
		return "an"
	}
	return "a"
}

// again is the command that installs the plugin of a folder anew. An update, and an install over it, leave a damaged copy of the same version
// as it is.
func (w *World) again(dir string) string {
	installed, _ := w.installed() // the check of the list says what is wrong with it
	for _, p := range installed {
		if physical(p.folder) == physical(dir) {
			return fmt.Sprintf("claude plugin uninstall %s && claude plugin install %s", p.id, p.id)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
		return "git -C " + shellWord(dir) + " checkout HEAD -- .claude-plugin hook scripts"
	}
	return "unpack the release again, to " + shellWord(dir)
}

// pluginFolder looks at the plugin's manifest.
func (w *World) pluginFolder(context.Context) []Finding {
	dir := w.plugin()
	if dir == "" {
		return []Finding{{
			State: Off, Seen: "this program does not lie in a plugin's folder, and no plugin called stopgate is installed",
			Means: gateSilent, Mend: "claude plugin marketplace add FOLDER, then: claude plugin install stopgate@stopgate",
		}}
	}
	var manifest struct{ Name, Version string }
	err := readJSON(filepath.Join(dir, ".claude-plugin", "plugin.json"), &manifest)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return []Finding{{State: Off, Seen: fmt.Sprintf("%s has no .claude-plugin/plugin.json", dir), Means: "the client does not take it for a plugin", Mend: w.again(dir)}}
	case err != nil:
		return []Finding{{State: Off, Seen: err.Error(), Means: "the client does not load the plugin", Mend: w.again(dir)}}
	}
	return fine(fmt.Sprintf("%s %s in %s", manifest.Name, manifest.Version, dir))
}
