package doctor

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"stopgate/hook/config"
	"stopgate/hook/quote"
	"stopgate/hook/site"
)

const checkConfig = "stopgate config check"

// configuration looks whether the repository's configuration is valid, and committed, which is when it counts.
func (w *World) configuration(ctx context.Context) []Finding {
	place, ok := w.Reader.Grounds.Main()
	if !ok {
		return nil
	}
	settings := site.ReadSettings(ctx, w.Reader.Observe, w.Reader.Grounds, io.Discard)
	if warning := settings.Warning(); warning != "" {
		seen := strings.TrimPrefix(strings.TrimSuffix(warning, "; the default configuration holds until that is mended and committed"), "stopgate: ")
		return []Finding{{State: Blind, Seen: seen, Means: "the default configuration holds instead of yours", Mend: "correct " + config.FileName + " (" + checkConfig + ") and commit it"}}
	}
	committed, err := w.Reader.Observe.FileAt(ctx, place, "HEAD", config.FileName, config.MaxBytes)
	if err != nil {
		return []Finding{{State: Unknown, Seen: fmt.Sprintf("the committed %s cannot be read: %v", config.FileName, err), Means: "the default configuration holds", Mend: checkConfig}}
	}
	here, err := readBounded(filepath.Join(place.Root, config.FileName))
	switch {
	case os.IsNotExist(err) && committed == nil:
		return misnamed(place.Root)
	case os.IsNotExist(err):
		return []Finding{{State: Note, Seen: config.FileName + " is committed and was removed from the main worktree", Means: "the committed one still counts"}}
	case err != nil:
		return []Finding{{State: Unknown, Seen: fmt.Sprintf("%s cannot be read: %v", config.FileName, err), Means: "only the committed one counts", Mend: checkConfig}}
	case committed == nil:
		return []Finding{{State: Blind, Seen: config.FileName + " is not committed", Means: "it does not count: the default configuration holds", Mend: "git add -f " + config.FileName + " && git commit -m 'Configure stopgate' " + config.FileName}}
	case !bytes.Equal(unixLines(here), unixLines(committed)):
		return []Finding{{State: Blind, Seen: config.FileName + " differs from the committed one", Means: "the changes do not count until they are committed", Mend: "git commit -m 'Configure stopgate' " + config.FileName}}
	}
	if settings.Mode == config.Observe {
		return []Finding{{State: Note, Seen: config.FileName + " sets mode: observe", Means: "everything is recorded and nothing is blocked"}}
	}
	return fine(config.FileName + " is valid and committed")
}

// misnamed looks for a configuration that has another name than the one that is read.
func misnamed(root string) []Finding {
	for _, name := range []string{".stopgate.yaml", "stopgate.yml", "stopgate.yaml", ".stopgate.json"} {
		if _, err := os.Stat(filepath.Join(root, name)); err == nil {
			return []Finding{{
				State: Blind, Seen: fmt.Sprintf("there is a %s, and the file that is read is %s", name, config.FileName), Means: "the default configuration holds instead of yours",
				Mend: fmt.Sprintf("mv %s %s, then: stopgate config check, and commit it", name, config.FileName),
			}}
		}
	}
	return fine("no " + config.FileName + ": the default configuration holds")
}

// readBounded reads a file of a few kilobytes. A longer one gives its beginning, which differs from any configuration.
func readBounded(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, config.MaxBytes+1))
}

// unixLines is text with the line ends that git stores.
func unixLines(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")) }

// maxGone bounds the tasks that are named.
const maxGone = 5

// worktrees looks for open tasks whose worktree is gone.
func (w *World) worktrees(ctx context.Context) []Finding {
	if w.Reader.Grounds.Repository == nil || w.StateError != nil {
		return nil
	}
	reader := w.Reader
	reader.Log = io.Discard
	status, err := reader.Status(ctx, false)
	if err != nil {
		return []Finding{{State: Unknown, Seen: fmt.Sprintf("the tasks cannot be read: %v", err), Means: "whether a task's worktree is gone is not known", Mend: "stopgate status"}}
	}
	if len(status.Gone) == 0 {
		return fine(quote.Plural(len(status.Tasks), "open task") + ", no worktree is gone")
	}
	first, omitted := quote.First(status.Gone, maxGone)
	for i, task := range first {
		first[i] = quote.String(task, quote.MaxTaskShort)
	}
	return []Finding{{
		State: Blind, Seen: "the worktree of " + strings.Join(first, ", ") + quote.AndMore(omitted) + " is gone", Means: "the work of that task cannot be judged, and the task stays open",
		Mend: "restore it (git worktree list; git worktree add PATH BRANCH), or end the task: stopgate close TASK --reason TEXT",
	}}
}
