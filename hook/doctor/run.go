package doctor

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// lookPath returns the program of that name in the world's PATH, or fs.ErrNotExist. Folders that are not absolute are passed over, because
// they would be of the repository.
func (w *World) lookPath(name string) (string, error) {
	for _, dir := range filepath.SplitList(w.getenv("PATH")) {
		if !filepath.IsAbs(dir) {
			continue
		}
		path := filepath.Join(dir, name)
		if runtime.GOOS == "windows" {
			path += ".exe"
		}
		if info, err := os.Stat(path); err == nil && !info.IsDir() && (runtime.GOOS == "windows" || info.Mode()&0o111 != 0) {
			return path, nil
		}
	}
	return "", fs.ErrNotExist
}

// call is one run of a program.
type call struct {
	dir   string
	path  string // absolute
	args  []string
	env   []string // in addition to the world's
	stdin string
	limit int // of what is kept of each stream, in bytes; 0 is maxOutput
}

// maxOutput bounds what is kept of a program's output, in bytes.
const maxOutput = 1 << 20

// run runs a program to its end. An exit status other than 0 is an error of the type *exec.ExitError.
func (w *World) run(ctx context.Context, c call) (stdout, stderr string, err error) {
	cmd := exec.CommandContext(ctx, c.path, c.args...)
	cmd.Dir, cmd.Env, cmd.Stdin = c.dir, append(append([]string{}, w.Env...), c.env...), strings.NewReader(c.stdin)
	cmd.WaitDelay = time.Second
	out, problems := bounded{limit: cmp.Or(c.limit, maxOutput)}, bounded{limit: maxOutput}
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err = cmd.Run(); err != nil && ctx.Err() != nil {
		err = errSlow
	}
	return string(out.text), string(problems.text), err
}

// errSlow is why a program was ended.
var errSlow = errors.New("it does not end")

// failure returns why a program failed, with what it says itself.
func failure(err error, problems string) string {
	if line := firstLine(problems); line != "" {
		return err.Error() + ": " + line
	}
	return err.Error()
}

// bounded keeps the first bytes up to a limit. It must not embed a bytes.Buffer: io.Copy would call ReadFrom, which knows no bound.
type bounded struct {
	text  []byte
	limit int
}

func (b *bounded) Write(p []byte) (int, error) {
	b.text = append(b.text, p[:min(b.limit-len(b.text), len(p))]...)
	return len(p), nil
}

// runGit runs git in the project. It fails with fs.ErrNotExist if there is no git.
func (w *World) runGit(ctx context.Context, args ...string) (stdout, stderr string, err error) {
	path, err := w.lookPath("git")
	if err != nil {
		return "", "", err
	}
	return w.run(ctx, call{dir: w.Dir, path: path, args: append(harmless(), args...), env: gitEnv()})
}

// gitEnv has git speak English, and write nothing.
func gitEnv() []string { return []string{"LC_ALL=C", "GIT_OPTIONAL_LOCKS=0"} }

// harmless returns the options with which git runs no program that the repository names.
func harmless() []string {
	return []string{"--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=" + os.DevNull}
}

// exited reports whether the program ran and ended with another status than 0.
func exited(err error) bool {
	exit, ok := errors.AsType[*exec.ExitError](err)
	return ok && exit.Exited()
}

// firstLine returns the first line of text that is not empty.
func firstLine(text string) string {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			return line
		}
	}
	return ""
}
