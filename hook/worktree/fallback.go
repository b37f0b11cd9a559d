package worktree

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxOutput bounds what is read from a git process, in bytes.
const maxOutput = 64 << 20

// git runs the binary at the top of the work tree. Options that would run
// somebody's program or write the index are switched off.
func (e environment) run(ctx context.Context, args ...string) ([]byte, error) {
	return e.runReading(ctx, nil, args...)
}

// gitReading runs it with something to read.
func (e environment) runReading(ctx context.Context, stdin io.Reader, args ...string) ([]byte, error) {
	if e.git == "" {
		return nil, errNoGit
	}
	args = append([]string{"--no-optional-locks", "--no-pager", "--literal-pathspecs", "-c", "core.fsmonitor=false"}, args...)
	cmd := exec.CommandContext(ctx, e.git, args...)
	cmd.Dir = e.root
	cmd.Env = e.forGit()
	cmd.WaitDelay = time.Second
	out, complaint := &bounded{limit: maxOutput}, &bounded{limit: 4 << 10}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, out, complaint
	err := cmd.Run()
	switch exit := (*exec.ExitError)(nil); {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("git was not done in time: %w", context.Cause(ctx))
	case errors.As(err, &exit) && exit.ExitCode() == 1 && complaint.Len() == 0:
		return nil, errNothing
	case err != nil:
		return nil, fmt.Errorf("git refused: %s (%w)", gist(complaint.String()), err)
	case out.full:
		return nil, fmt.Errorf("git printed more than %d bytes", maxOutput)
	}
	return out.Bytes(), nil
}

// askLine returns the one line that git prints, "" where it finds nothing.
func (e environment) askLine(ctx context.Context, args ...string) (string, error) {
	out, err := e.run(ctx, args...)
	if errors.Is(err, errNothing) {
		err = nil
	}
	return strings.TrimSuffix(string(out), "\n"), err
}

// gist is the line of git's complaint that says why it ended; others, of the programs that it ran too, may stand before.
func gist(complaint string) string {
	why, _, _ := strings.Cut(strings.TrimSpace(complaint), "\n")
	for line := range strings.Lines(complaint) {
		if strings.HasPrefix(line, "fatal: ") {
			why = strings.TrimSpace(line)
		}
	}
	return why
}

var (
	errNoGit = errors.New("there is no git to ask")
	// errNothing is how a quiet git says that there is no such thing: by the exit
	// status 1, in silence (git-rev-parse(1), git-symbolic-ref(1), "--quiet").
	errNothing = errors.New("git found nothing")
)

// bounded keeps the first bytes that are written to it.
type bounded struct {
	bytes.Buffer
	limit int
	full  bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if room := b.limit - b.Len(); len(p) > room {
		b.full = true
		b.Buffer.Write(p[:room])
		return len(p), nil
	}
	return b.Buffer.Write(p)
}

// A record is what git status says of one path.
type record struct {
	xy          string
	head, index File   // known for tracked paths
	mode        uint32 // in the work tree, of tracked paths
}

// maxPathspecs is where matching every entry of the index against every path
// costs more than a look at the whole tree; maxArguments bounds a command line in
// bytes.
const (
	maxPathspecs = 100
	maxArguments = 24 << 10
)

// askStatus runs git status on names. A record that covers a whole directory
// (ignored, or a nested repository) has a name that ends in a slash. broken are the
// filters that failed.
func (e environment) askStatus(ctx context.Context, names []string) (records map[string]record, broken brokenFilters, err error) {
	records = map[string]record{}
	err = e.eachBatch(topmost(names), func(batch []string) error {
		out, err := e.status(ctx, &broken, append([]string{
			"status", "--porcelain=v2", "-z", "--untracked-files=all",
			"--ignored=matching", "--no-renames", "--",
		}, batch...)...)
		if err != nil {
			return err
		}
		return parseStatus(out, records)
	})
	return records, broken, err
}

// brokenFilters are the clean filters that git could not run, by name, although they are required (gitattributes(5), "filter"): of a file
// that one of them is for nobody can tell what git would store.
type brokenFilters []string

// maxBroken bounds how often git is asked again without a filter that failed.
const maxBroken = 8

// filtersIn are the filters that git may complain of, and then end. Of one that is a process which ends at once git says no name, so that
// it may be any of those.
func (e environment) filtersIn(ctx context.Context, complaint string) []string {
	_, rest, _ := strings.Cut(complaint, ": clean filter '")
	if name, _, found := strings.Cut(rest, "' failed"); found {
		return []string{name}
	}
	if !strings.Contains(complaint, "the remote end hung up") {
		return nil
	}
	out, err := e.run(ctx, "config", "-z", "--name-only", "--get-regexp", `^filter\..*\.process$`)
	if err != nil {
		return nil
	}
	var names []string
	for key := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		names = append(names, strings.TrimSuffix(strings.TrimPrefix(key, "filter."), ".process"))
	}
	return names
}

// status runs git status, or what else reads files, without the filters that fail: one of them would keep git from telling of any file.
func (e environment) status(ctx context.Context, broken *brokenFilters, args ...string) ([]byte, error) {
	for {
		var options []string
		for _, name := range *broken {
			options = append(options, "-c", "filter."+name+".required=false", "-c", "filter."+name+".process=", "-c", "filter."+name+".clean=")
		}
		out, err := e.run(ctx, append(options, args...)...)
		if err == nil || ctx.Err() != nil {
			return out, err
		}
		known := len(*broken)
		for _, name := range e.filtersIn(ctx, err.Error()) {
			if len(*broken) < maxBroken && !slices.Contains(*broken, name) {
				*broken = append(*broken, name)
			}
		}
		if len(*broken) == known {
			return nil, err
		}
	}
}

// filterFails is why nobody can tell what git would store of a file.
func filterFails(name string) string {
	return fmt.Sprintf("the filter %q, which its content goes through, fails", name)
}

// through tells which of the names go through one of the filters, and through which.
func (b brokenFilters) through(ctx context.Context, e environment, names []string) (map[string]string, error) {
	if len(b) == 0 {
		return nil, nil
	}
	out, err := e.runReading(ctx, strings.NewReader(strings.Join(names, "\x00")+"\x00"), "check-attr", "--stdin", "-z", "filter")
	if err != nil {
		return nil, err
	}
	fields := strings.Split(string(out), "\x00")
	found := map[string]string{}
	for i := 0; i+2 < len(fields); i += 3 { // a name, the attribute, its value
		if slices.Contains(b, fields[i+2]) {
			found[fields[i]] = fields[i+2]
		}
	}
	return found, nil
}

// askTracked returns what the index holds under names.
func (e environment) askTracked(ctx context.Context, names []string) (map[string]File, error) {
	tracked := map[string]File{}
	err := e.eachBatch(topmost(names), func(batch []string) error {
		out, err := e.run(ctx, append([]string{"ls-files", "--stage", "-z", "--"}, batch...)...)
		for line := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
			meta, name, _ := strings.Cut(line, "\t")
			if fields := strings.Fields(meta); len(fields) == 3 {
				tracked[name] = parseFile(fields[0], fields[1])
			}
		}
		return err
	})
	return tracked, err
}

// topmost leaves out the names that lie below others: those cover them, and git is
// silent about a nested repository if it is also given a path inside.
func topmost(names []string) []string {
	known := map[string]bool{}
	for _, name := range names {
		known[name] = true
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		for dir := range parents(name) {
			if known[dir] {
				return true
			}
		}
		return false
	})
}

// eachBatch calls ask with as many names as a command line holds, or with none,
// which is the whole tree, where there are too many.
func (e environment) eachBatch(names []string, ask func(batch []string) error) error {
	if len(names) > maxPathspecs {
		return ask(nil)
	}
	for len(names) > 0 {
		n, size := 0, 0
		for n < len(names) && (n == 0 || size+len(names[n]) < maxArguments) {
			size += len(names[n]) + 1
			n++
		}
		if err := ask(names[:n]); err != nil {
			return err
		}
		names = names[n:]
	}
	return nil
}

// parseStatus reads porcelain format 2 (git-status(1)).
func parseStatus(out []byte, into map[string]record) error {
	for line := range bytes.SplitSeq(out, []byte{0}) {
		if len(line) == 0 {
			continue
		}
		name, r, err := parseRecord(string(line))
		if err != nil {
			return err
		}
		if before, found := into[name]; found && before.xy != r.xy {
			before.xy += r.xy
			r = before
		}
		into[name] = r
	}
	return nil
}

func parseRecord(line string) (string, record, error) {
	fields := map[byte]int{'1': 9, 'u': 11, '?': 2, '!': 2}[line[0]]
	parts := strings.SplitN(line, " ", max(fields, 1))
	if fields == 0 || len(parts) != fields {
		return "", record{}, fmt.Errorf("git status printed %q", line)
	}
	name := parts[fields-1]
	switch line[0] {
	case '?':
		return name, record{xy: "??"}, nil
	case '!':
		return name, record{xy: "!!"}, nil
	}
	r := record{xy: strings.ReplaceAll(parts[1], ".", " ")}
	if line[0] == '1' {
		r.head = parseFile(parts[3], parts[6])
		r.index = parseFile(parts[4], parts[7])
		r.mode = parseFile(parts[5], "").Mode
	} else { // unmerged: stage 2 is what HEAD has
		r.head = parseFile(parts[4], parts[8])
		r.mode = parseFile(parts[6], "").Mode
	}
	return name, r, nil
}

func parseFile(mode, blob string) File {
	m, err := strconv.ParseUint(mode, 8, 32)
	if err != nil || m == 0 {
		return File{}
	}
	return File{Mode: uint32(m), Blob: blob}
}
