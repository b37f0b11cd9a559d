package doctor

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"

	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/quote"
	"stopgate/hook/shell"
	"stopgate/hook/site"
)

const checkConfig = "stopgate config check"

// configuration looks whether the repository's configuration is valid, and committed, which is when it counts.
func configuration(ctx context.Context, w *World) []Finding {
	place, ok := w.Reader.Grounds.Main()
	if !ok {
		return nil
	}
	git := gitIn(w, place.Root)
	commit := git + " commit -m 'Configure stopgate' " + config.FileName
	settings := site.ReadSettings(ctx, w.Reader.Observe, w.Reader.Grounds, io.Discard)
	if warning := settings.Warning(); warning != "" {
		seen, _, _ := strings.Cut(strings.TrimPrefix(warning, "stopgate: "), "; the default configuration applies until")
		mend := "correct " + config.FileName + " (" + checkConfig + ") and commit it"
		if strings.Contains(warning, "git refused") {
			mend = "run git status in " + shell.Quote(place.Root) + ", and fix what it reports"
		}
		return []Finding{{State: Blind, Seen: seen, Means: "the default configuration applies instead of yours", Mend: mend}}
	}
	committed, err := w.Reader.Observe.FileAt(ctx, place, "HEAD", config.FileName, config.MaxBytes)
	if err != nil {
		return []Finding{{State: Unknown, Seen: fmt.Sprintf("the committed %s cannot be read: %v", config.FileName, err), Means: "the default configuration applies", Mend: checkConfig}}
	}
	here, err := readBounded(filepath.Join(place.Root, config.FileName), config.MaxBytes)
	switch {
	case os.IsNotExist(err) && committed == nil:
		return misnamed(w, place.Root)
	case os.IsNotExist(err):
		return []Finding{{State: Note, Seen: config.FileName + " is committed and was removed from the main worktree", Means: "the committed one still applies"}}
	case err != nil:
		return []Finding{{State: Unknown, Seen: fmt.Sprintf("%s cannot be read: %v", config.FileName, err), Means: "only the committed one applies", Mend: "mv " + shell.Quote(filepath.Join(place.Root, config.FileName)) + " " + shell.Quote(filepath.Join(place.Root, config.FileName+".old"))}}
	case committed == nil:
		return []Finding{{State: Blind, Seen: config.FileName + " is not committed", Means: "it is not used: the default configuration applies", Mend: git + " add -f " + config.FileName + " && " + commit}}
	case !bytes.Equal(unixLines(here), unixLines(committed)):
		return []Finding{{State: Blind, Seen: config.FileName + " differs from the committed one", Means: "the changes take effect once they are committed", Mend: commit}}
	}
	if settings.Mode == config.Observe {
		return []Finding{{State: Note, Seen: config.FileName + " sets mode: observe", Means: "everything is recorded and nothing is blocked"}}
	}
	return fine(config.FileName + " is valid and committed")
}

// misnamed looks for a configuration that has another name than the one that is read.
func misnamed(w *World, root string) []Finding {
	for _, name := range []string{".stopgate.yaml", "stopgate.yml", "stopgate.yaml", ".stopgate.json"} {
		if _, err := os.Stat(filepath.Join(root, name)); err == nil {
			return []Finding{{
				State: Blind, Seen: fmt.Sprintf("there is a %s, and the file that is read is %s", name, config.FileName), Means: "the default configuration applies instead of yours",
				Mend: fmt.Sprintf("mv %s %s && %s add -f %s && %s commit -m 'Configure stopgate' %[4]s", shell.Quote(filepath.Join(root, name)), shell.Quote(filepath.Join(root, config.FileName)),
					gitIn(w, root), config.FileName, gitIn(w, root)),
			}}
		}
	}
	return fine("no " + config.FileName + ": the default configuration applies")
}

// readBounded returns the first limit+1 bytes of a regular file. It opens nothing else, such as a pipe.
func readBounded(path string, limit int64) ([]byte, error) {
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
	return io.ReadAll(io.LimitReader(file, limit+1))
}

// unixLines returns text with the line ends that git stores.
func unixLines(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")) }

// maxGone bounds the tasks that are named.
const maxGone = 5

// worktrees looks for open tasks whose worktree is gone, or is no longer one.
func worktrees(ctx context.Context, w *World) []Finding {
	if w.Reader.Grounds.Repository == nil || w.StateError != nil {
		return nil
	}
	reader := w.Reader
	reader.Log = io.Discard
	status, err := reader.Status(ctx, true)
	if err != nil {
		return []Finding{{State: Unknown, Seen: fmt.Sprintf("the tasks cannot be read: %v", err), Means: "it is unknown whether a task's worktree is gone", Mend: "fix the folder of the journals first, then: stopgate doctor"}}
	}
	var found []Finding
	open, gone := 0, 0
	for _, task := range status.Tasks {
		if task.Phase == gates.Done {
			continue
		}
		open++
		seen, means := "is no worktree of this repository any more", "the work of that task cannot be judged, and the task stays open"
		switch w.Reader.Grounds.FindSite(task.Worktree, "").Problem {
		case site.Absent, site.Gone:
			seen, means = "is gone", means+"; a folder that was moved by hand has to be moved back"
		case site.NotTop, site.Unreadable:
		default:
			continue
		}
		if gone++; gone > maxGone {
			continue
		}
		found = append(found, Finding{
			State: Blind, Seen: "the worktree of " + quote.String(task.Task, quote.MaxTaskShort) + " " + seen, Means: means,
			Mend: mendWorktree(ctx, w, task.Task, task.Worktree),
		})
	}
	if gone > maxGone {
		found[maxGone-1].Seen += fmt.Sprintf(", and so are %d more", gone-maxGone)
	}
	if gone == 0 {
		return fine(quote.Plural(open, "open task") + ", no worktree is gone")
	}
	return found
}

// mendWorktree returns the command that brings the worktree of a task back to its path, and the one that ends the task instead.
func mendWorktree(ctx context.Context, w *World, task, path string) string {
	root, end := projectRoot(w), "stopgate close "+shell.Quote(task)+" --reason TEXT"
	path = site.From(root, path)
	mend := ""
	list, _, _ := w.runGit(ctx, "worktree", "list", "--porcelain") // without it there is the other command
	for entry := range strings.SplitSeq(list, "\n\n") {
		lines := strings.Split(entry, "\n")
		if site.Physical(filepath.Dir(path)) != site.Physical(filepath.Dir(strings.TrimPrefix(lines[0], "worktree "))) || filepath.Base(lines[0]) != filepath.Base(path) {
			continue
		}
		head := ""
		for _, line := range lines[1:] {
			if branch, ok := strings.CutPrefix(line, "branch refs/heads/"); ok {
				head = shell.Quote(path) + " " + shell.Quote(branch)
			} else if commit, ok := strings.CutPrefix(line, "HEAD "); ok {
				head = "--detach " + shell.Quote(path) + " " + commit
			}
		}
		switch info, err := os.Lstat(path); {
		case err == nil && info.IsDir():
			mend = "git worktree repair"
		case err == nil:
			mend = "mv " + shell.Quote(path) + " " + shell.Quote(path+".old") + " && git worktree add -f -f " + head
		default: // twice -f is for one that is locked, too
			mend = "git worktree add -f -f " + head
		}
	}
	if moved, ok := w.Reader.Grounds.MovedTo(path); ok && mend == "" {
		mend = "git worktree move " + shell.Quote(moved.Root) + " " + shell.Quote(path)
	}
	if mend == "" {
		return end
	}
	return mend + ", or end the task: " + end
}

const (
	// maxIndex bounds what is read of git's list of files, in bytes: a million files and more.
	maxIndex = 128 << 20
	// maxHidden bounds the files that are named.
	maxHidden = 3
	// newFile is a name that no rule has a reason to ignore.
	newFile = "stopgate-doctor-probe.txt"
)

// hidden looks for what git was told not to look at: files whose changes it does not show, and rules by which it ignores every new file.
func hidden(ctx context.Context, w *World) []Finding {
	path, err := w.lookPath("git")
	if err != nil || w.Reader.Grounds.Repository == nil {
		return nil // the check of PATH says so; outside of a repository nothing is hidden
	}
	list, problems, err := w.run(ctx, call{dir: w.Reader.Grounds.Repository.Root, path: path, args: append(harmless(), "ls-files", "-v", "-z"), env: gitEnv(), limit: maxIndex})
	if err != nil {
		if _, _, refused := w.runGit(ctx, "rev-parse", "--git-dir"); refused != nil {
			return nil // the check of git says so
		}
		index := filepath.Join(w.Reader.Grounds.Repository.GitDir, "index")
		return []Finding{{
			State: Blind, Seen: "git cannot read the index of the repository: " + failure(err, problems), Means: "what changed in it is unknown",
			Mend: "mv " + shell.Quote(index) + " " + shell.Quote(index+".old") + " && git reset",
		}}
	}
	var assumed, skipped []string
	for entry := range strings.SplitSeq(list, "\x00") {
		tag, name, _ := strings.Cut(entry, " ")
		switch {
		case tag == "s" || tag == "S":
			skipped = append(skipped, name)
		case len(tag) == 1 && strings.ToLower(tag) == tag:
			assumed = append(assumed, name)
		}
	}
	if sparse, _, _ := w.runGit(ctx, "config", "--type=bool", "--get", "core.sparseCheckout"); strings.TrimSpace(sparse) == "true" {
		skipped = nil // they are not on the disk
	}
	var found []Finding
	for _, marked := range []struct {
		flag  string
		names []string
	}{{"assume-unchanged", assumed}, {"skip-worktree", skipped}} {
		if len(marked.names) == 0 {
			continue
		}
		git := gitIn(w, w.Reader.Grounds.Repository.Root)
		mend := git + " update-index --no-" + marked.flag + " --"
		for _, name := range marked.names {
			mend += " " + shell.Quote(name)
		}
		if len(mend) > maxSeen/2 || strings.ContainsFunc(mend, unicode.IsControl) { // of every file
			mend = git + " ls-files -z | " + git + " update-index --no-" + marked.flag + " -z --stdin"
		}
		found = append(found, Finding{
			State: Blind, Seen: fmt.Sprintf("git does not look at files that are marked %s: %s", marked.flag, quote.List(quote.First(marked.names, maxHidden))),
			Means: "a change of them is not seen, and an agent that reports one is sent back", Mend: mend,
		})
	}
	if f, ok := ignored(ctx, w); ok {
		found = append(found, f)
	}
	if len(found) == 0 {
		return fine("git looks at every tracked file, and shows new ones")
	}
	return found
}

// ignored asks git for the rule by which it ignores a new file. One in a .gitignore is the project's own choice.
func ignored(ctx context.Context, w *World) (Finding, bool) {
	out, _, err := w.runGit(ctx, "check-ignore", "--no-index", "-v", newFile)
	part := regexp.MustCompile(`^(.+):\d+:([^!\t].*)\t`).FindStringSubmatch(out)
	if err != nil || part == nil {
		return Finding{}, false
	}
	file, rule := part[1], part[2]
	f := Finding{
		State: Blind, Seen: fmt.Sprintf("the rule %s in %s makes git ignore new files", quote.String(rule, quote.MaxPath), file),
		Means: "new files that an agent does not report are not found", Mend: "take that rule out of " + file,
	}
	if filepath.Base(file) == ".gitignore" {
		f.State, f.Mend = Note, ""
	}
	return f, true
}
