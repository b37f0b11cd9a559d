package hosttest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// pluginParts is what a plugin is made of beside its executable: what a marketplace install copies and the host reads.
var pluginParts = []string{".claude-plugin", "plugin.json", "hook/hooks.json", "agents", "scripts", "go.mod", "README.md", "LICENSE"}

// copyPlugin copies the plugin of the repository at root to dir, without its executable.
func copyPlugin(root, dir string) error {
	for _, part := range pluginParts {
		from, to := filepath.Join(root, part), filepath.Join(dir, part)
		info, err := os.Stat(from)
		if err != nil {
			return fmt.Errorf("copy the plugin: %w", err)
		}
		if info.IsDir() {
			err = os.CopyFS(to, os.DirFS(from))
		} else {
			err = copyFile(from, to, info.Mode())
		}
		if err != nil {
			return fmt.Errorf("copy the plugin: %w", err)
		}
	}
	return nil
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
