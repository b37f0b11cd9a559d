package hosttest

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// The parts of a plugin beside its executable: pluginParts are those that the host reads or runs. sourceParts are the sources of the
// executable, which only an install from the repository has.
var (
	pluginParts = []string{".claude-plugin", "plugin.json", "hook/hooks.json", "agents", "commands", "scripts"}
	sourceParts = []string{"cmd", "hook", "schema", "go.mod", "go.sum"}
)

// copyParts copies parts of the repository at root to dir.
func copyParts(root, dir string, parts ...string) error {
	for _, part := range parts {
		from, to := filepath.Join(root, part), filepath.Join(dir, part)
		info, err := os.Stat(from)
		if err != nil {
			return fmt.Errorf("copy the plugin: %w", err)
		}
		if info.IsDir() {
			err = copyTree(from, to)
		} else {
			err = copyFile(from, to, info.Mode())
		}
		if err != nil {
			return fmt.Errorf("copy the plugin: %w", err)
		}
	}
	return nil
}

// copyTree copies a folder and overwrites existing files.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		return copyFile(path, filepath.Join(to, name), info.Mode())
	})
}

func copyFile(from, to string, mode os.FileMode) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, content, mode.Perm())
}

// buildBinary builds the plugin's executable as a release is built.
func buildBinary(ctx context.Context, root, out string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", out, "./cmd/stopgate")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the plugin's executable: %w\n%s", err, text)
	}
	return nil
}
