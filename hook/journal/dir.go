package journal

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
)

// Dir returns the folder in which journals are kept, which may not exist yet: STOPGATE_STATE_DIR, else "stopgate" in the
// platform's folder for state:
//
//	Unix     $XDG_STATE_HOME, else ~/.local/state (XDG Base Directory Specification 0.8)
//	macOS    ~/Library/Application Support
//	Windows  %LocalAppData%
//
// It does not use CLAUDE_PLUGIN_DATA: the host sets it for a plugin's hooks, but not for the hooks of a project's own agents, and a
// person's terminal does not have it. All of them must find the same journal.
// It fails if the variables that it needs are not set, or if STOPGATE_STATE_DIR is not an absolute path.
func Dir(getenv func(string) string) (string, error) {
	dir, err := platformDir(runtime.GOOS, getenv)
	if err == nil && !filepath.IsAbs(dir) {
		err = fmt.Errorf("%q is not an absolute path", dir)
	}
	if err != nil {
		return "", fmt.Errorf("find the folder for journals: %w", err)
	}
	return dir, nil
}

func platformDir(goos string, getenv func(string) string) (string, error) {
	if dir := getenv("STOPGATE_STATE_DIR"); dir != "" {
		return dir, nil
	}
	if goos == "windows" {
		if dir := getenv("LocalAppData"); dir != "" {
			return filepath.Join(dir, "stopgate"), nil
		}
		return "", errors.New("neither STOPGATE_STATE_DIR nor LocalAppData is set")
	}
	// The specification requires that a relative path be ignored.
	if dir := getenv("XDG_STATE_HOME"); goos != "darwin" && filepath.IsAbs(dir) {
		return filepath.Join(dir, "stopgate"), nil
	}
	home := getenv("HOME")
	switch {
	case home == "":
		return "", errors.New("neither STOPGATE_STATE_DIR nor HOME is set")
	case goos == "darwin":
		return filepath.Join(home, "Library", "Application Support", "stopgate"), nil
	}
	return filepath.Join(home, ".local", "state", "stopgate"), nil
}
