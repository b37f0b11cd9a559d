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
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// ClientVersion is the release of @anthropic-ai/claude-code that the suite drives. Newer releases may change texts, so raising it is a change of
// the project.
const ClientVersion = "2.1.330"

// errUnavailable means that this machine cannot get the client. The tests are then skipped, if skipping is allowed.
var errUnavailable = errors.New("the real client is not available")

// installClient returns the path of the client's executable in cache, and installs it from npm if it is missing. One process installs at a time,
// and others wait for it. The error wraps errUnavailable if there is no client for this platform or npm cannot be reached.
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
	npm.Dir = cache // a project around the folder must not take part
	if out, err := npm.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: npm install: %w: %s", errUnavailable, err, strings.TrimSpace(string(out)))
	}
	return findClient(ctx, dir)
}

// findClient returns the executable under dir, if it reports the pinned version.
func findClient(ctx context.Context, dir string) (string, error) {
	// The platform's package holds the executable. The main package only copies it, with an install script that can be switched off.
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

// On a machine without npm the suite may be skipped, but not because the client has another version.
func TestInstallClientWithoutNpm(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if client, err := installClient(t.Context(), t.TempDir()); !errors.Is(err, errUnavailable) {
		t.Errorf("client %q, error %v; want %v", client, err, errUnavailable)
	}
}

func TestFindClientOfOtherVersion(t *testing.T) {
	if runtime.GOOS == "windows" {
		skip(t, "the client that stands in is a shell script")
	}
	for output, want := range map[string]string{
		"0.0.1 (Claude Code)":             `is version "0.0.1"`,
		ClientVersion + "9 (Claude Code)": `want ` + ClientVersion,
		ClientVersion + " (Claude Code)":  "",
	} {
		dir := t.TempDir()
		client := filepath.Join(dir, "node_modules", "@anthropic-ai", "claude-code-any-any", "claude")
		if err := os.MkdirAll(filepath.Dir(client), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(client, []byte("#!/bin/sh\necho '"+output+"'\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		found, err := findClient(t.Context(), dir)
		switch {
		case want == "" && (err != nil || found != client):
			t.Errorf("%q: found %q, error %v", output, found, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: error %v, want %q in it", output, err, want)
		}
	}
}
