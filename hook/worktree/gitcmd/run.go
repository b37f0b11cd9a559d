package gitcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"stopgate/hook/worktree/object"
)

// maxOutput is the largest output of a git process in bytes.
const maxOutput = 64 << 20

// harmless are options that keep git from writing, and from running programs in its configuration: a file system monitor, a hook, or the program
// with which git log checks signatures.
var harmless = []string{
	"--no-optional-locks", "--no-pager", "--literal-pathspecs",
	"-c", "core.fsmonitor=false", "-c", "core.hooksPath=" + os.DevNull, "-c", "log.showSignature=false",
	"-c", "hook.post-index-change.enabled=false", // since git 2.55; it is the one hook of the commands that are run here, of those on a copied index
}

// Run runs git at the top of the worktree and returns its output. Git is run with options so that it does not write the index and does not run the
// user's programs. Run fails with ErrNothing if git found nothing.
func (e Git) Run(ctx context.Context, args ...string) ([]byte, error) {
	return e.RunReading(ctx, nil, args...)
}

// RunReading is like Run, and git reads stdin.
func (e Git) RunReading(ctx context.Context, stdin io.Reader, args ...string) ([]byte, error) {
	if e.Path == "" {
		return nil, ErrNoGit
	}
	if e.Forbidden == "" && e.Distrust != nil {
		e.Forbidden = e.Distrust()
	}
	if e.Forbidden != "" {
		return nil, fmt.Errorf("git was not asked: %s", e.Forbidden)
	}
	args = append(slices.Clone(harmless), args...)
	cmd := exec.CommandContext(ctx, e.Path, args...)
	cmd.Dir = e.root
	cmd.Env = e.forGit()
	cmd.WaitDelay = time.Second
	endTogether(cmd)
	out, complaint := &bounded{limit: maxOutput}, &bounded{limit: 4 << 10}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, out, complaint
	err := cmd.Run()
	endRest(cmd)
	exit, exited := errors.AsType[*exec.ExitError](err)
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("git was not done in time: %w", context.Cause(ctx))
	case exited && exit.ExitCode() == 1 && len(complaint.text) == 0:
		return nil, ErrNothing
	case err != nil:
		return nil, fmt.Errorf("git refused: %s (%w)", gist(string(complaint.text)), err)
	case out.full:
		return nil, fmt.Errorf("git printed more than %d bytes", maxOutput)
	}
	return out.text, nil
}

// Line returns the one line that git prints. It returns "" if git found nothing.
func (e Git) Line(ctx context.Context, args ...string) (string, error) {
	out, err := e.Run(ctx, args...)
	if errors.Is(err, ErrNothing) {
		err = nil
	}
	return strings.TrimSuffix(string(out), "\n"), err
}

// gist returns the line of git's error output that has the reason. Git, and the programs that it ran, may have written other lines too.
func gist(complaint string) string {
	why, _, _ := strings.Cut(strings.TrimSpace(complaint), "\n")
	for line := range strings.Lines(complaint) {
		if strings.HasPrefix(line, "fatal: ") && strings.TrimSpace(line) != "fatal: adding files failed" {
			why = strings.TrimSpace(line)
		}
	}
	const exception = "git config --global --add safe.directory"
	if _, name, found := strings.Cut(complaint, exception); found {
		name, _, _ = strings.Cut(name, "\n")
		why = "dubious ownership; to trust it: " + exception + name
	}
	return why
}

var (
	// ErrNoGit means that there is no git binary.
	ErrNoGit = errors.New("there is no git to ask")
	// ErrNothing means that git with --quiet found nothing: it exited with status 1 and without output (git-rev-parse(1), git-symbolic-ref(1),
	// "--quiet").
	ErrNothing = errors.New("git found nothing")
)

// bounded keeps the first bytes that are written to it, at most limit. It must not embed a bytes.Buffer: io.Copy would call its ReadFrom, which has
// no limit.
type bounded struct {
	text  []byte
	limit int
	full  bool
}

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	room := b.limit - len(b.text)
	b.full = b.full || len(p) > room
	b.text = append(b.text, p[:min(room, len(p))]...)
	return len(p), nil
}

// maxPathspecs is the number of paths up to which git is asked about them. With more paths git is slower than with the whole tree, because it
// matches every index entry with every path. maxArguments limits the length of a command line in bytes.
const (
	maxPathspecs = 100
	maxArguments = 24 << 10
)

// Topmost returns names without those that are below another of them. Git would not report a nested repository if it were also asked about a path
// inside it.
func Topmost(names []string) []string {
	known := map[string]bool{}
	for _, name := range names {
		known[name] = true
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		for dir := range object.Parents(name) {
			if known[dir] {
				return true
			}
		}
		return false
	})
}

// EachBatch calls ask with as many names as fit on a command line, until all are asked about. If there are more than maxPathspecs, it calls ask
// once with nil, which means the whole tree.
func (e Git) EachBatch(names []string, ask func(batch []string) error) error {
	if len(names) > maxPathspecs {
		return ask(nil)
	}
	for batch := range batches(names) {
		if err := ask(batch); err != nil {
			return err
		}
	}
	return nil
}

// batches yields as many names at a time as fit on a command line, and at most maxPathspecs.
func batches(names []string) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for len(names) > 0 {
			n, size := 0, 0
			for n < len(names) && n < maxPathspecs && (n == 0 || size+len(names[n]) < maxArguments) {
				size += len(names[n]) + 1
				n++
			}
			if !yield(names[:n]) {
				return
			}
			names = names[n:]
		}
	}
}
