package hosttest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// ClientVersion is the release of @anthropic-ai/claude-code that the suite drives. Newer ones may word things otherwise, so a
// change of it is a change of the project.
const ClientVersion = "2.1.330"

// errUnavailable says that this machine cannot get the client: a reason to skip, where skipping is allowed.
var errUnavailable = errors.New("the real client is not available")

// installClient returns the path of the client's executable in cache, and installs it from npm where it is not there yet. One
// process installs at a time; others wait for it. The error wraps errUnavailable if there is no client for this platform or npm
// cannot be reached.
func installClient(ctx context.Context, cache string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	switch runtime.GOOS + "/" + runtime.GOARCH {
	case "linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64":
	default:
		return "", fmt.Errorf("%w on %s/%s", errUnavailable, runtime.GOOS, runtime.GOARCH)
	}
	dir := filepath.Join(cache, "claude-code-"+ClientVersion)
	if client, err := findClient(ctx, dir); err == nil {
		return client, nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", fmt.Errorf("make the client's cache: %w", err)
	}
	lock := flock.New(dir + ".lock")
	if _, err := lock.TryLockContext(ctx, 200*time.Millisecond); err != nil {
		return "", fmt.Errorf("lock the client's cache: %w", err)
	}
	defer lock.Unlock() //nolint:errcheck // the lock ends with the process at the latest
	if client, err := findClient(ctx, dir); err == nil {
		return client, nil // another process has installed it meanwhile
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", fmt.Errorf("remove a broken install: %w", err)
	}
	npm := exec.CommandContext(ctx, "npm", "install", "--prefix", dir, "--no-audit", "--no-fund", "--loglevel", "error",
		"@anthropic-ai/claude-code@"+ClientVersion)
	npm.Dir = cache // a project around it must not take part
	if out, err := npm.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: npm install: %w: %s", errUnavailable, err, strings.TrimSpace(string(out)))
	}
	return findClient(ctx, dir)
}

// findClient returns the executable installed under dir, after it has said that it is the pinned version.
func findClient(ctx context.Context, dir string) (string, error) {
	// The package for the platform holds the executable itself; the main package only copies it, by a script that people
	// switch off.
	found, err := filepath.Glob(filepath.Join(dir, "node_modules", "@anthropic-ai", "claude-code-*", "claude"))
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("no client under %s", dir)
	}
	cmd := exec.CommandContext(ctx, found[0], "--version")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "DISABLE_AUTOUPDATER=1"}
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("run %s --version: %w", found[0], err)
	}
	if version, _, _ := strings.Cut(string(out), " "); version != ClientVersion {
		return "", fmt.Errorf("%s is version %q, want %s", found[0], version, ClientVersion)
	}
	return found[0], nil
}
