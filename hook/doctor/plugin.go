package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxFile bounds a settings file or a manifest, in bytes.
const maxFile = 4 << 20

// readJSON reads a JSON file of the client or of the plugin into v. A file that does not exist gives fs.ErrNotExist.
func readJSON(path string, v any) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	switch {
	case err != nil:
		return err
	case len(data) > maxFile:
		return fmt.Errorf("%s is longer than %d bytes", path, maxFile)
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s is not the JSON that is expected: %w", path, err)
	}
	return nil
}

const installAgain = "install the plugin again: claude plugin install stopgate@stopgate"

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
		return []Finding{{State: Off, Seen: fmt.Sprintf("%s has no .claude-plugin/plugin.json", dir), Means: "the client does not take it for a plugin", Mend: installAgain}}
	case err != nil:
		return []Finding{{State: Off, Seen: err.Error(), Means: "the client does not load the plugin", Mend: installAgain}}
	}
	return fine(fmt.Sprintf("%s %s in %s", manifest.Name, manifest.Version, dir))
}
