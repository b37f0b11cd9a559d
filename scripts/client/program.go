package client

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Program returns the absolute path of the program that a session calls: the given one or, for "", one that it builds from the project at source
// into dir.
func Program(given, source, dir string) (string, error) {
	if given != "" {
		return filepath.Abs(given)
	}
	program := filepath.Join(dir, "stopgate")
	build := exec.Command("go", "build", "-trimpath", "-o", program, "./cmd/stopgate")
	build.Dir, build.Env = source, append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the program: %w\n%s", err, text)
	}
	return program, nil
}

// Environment returns an environment without this machine's configuration of git. dir is the parent of its home folder and of its folder for
// temporary files.
func Environment(dir string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Join(dir, "home"), "TMPDIR=" + filepath.Join(dir, "tmp"), "LANG=C.UTF-8",
		"XDG_CONFIG_HOME=" + filepath.Join(dir, "home", ".config"), "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com",
	}
}
