package doctor

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"stopgate/hook/quote"
)

const (
	// maxIndex bounds what is read of git's list of files, in bytes: a million files and more.
	maxIndex = 128 << 20
	// maxHidden bounds the files that are named.
	maxHidden = 3
	// newFile is a name that no rule has a reason to ignore.
	newFile = "stopgate-doctor-probe.txt"
)

// hidden looks for what git was told not to look at: files whose changes it does not show, and rules by which it ignores every new file.
func (w *World) hidden(ctx context.Context) []Finding {
	path, err := w.lookPath("git")
	if err != nil || w.Reader.Grounds.Repository == nil {
		return nil // the check of PATH says so; outside of a repository nothing is hidden
	}
	list, problems, err := w.run(ctx, call{dir: w.Reader.Grounds.Repository.Root, path: path, args: []string{"ls-files", "-v", "-z"}, env: gitEnv(), limit: maxIndex})
	if err != nil {
		if _, _, refused := w.runGit(ctx, "rev-parse", "--git-dir"); refused != nil {
			return nil // the check of git says so
		}
		index := filepath.Join(w.Reader.Grounds.Repository.GitDir, "index")
		return []Finding{{
			State: Blind, Seen: "git cannot read the index of the repository: " + failure(err, problems), Means: "what changed in it is unknown",
			Mend: "mv " + shellWord(index) + " " + shellWord(index+".old") + " && git reset",
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
		first, omitted := quote.First(marked.names, maxHidden)
		for i, name := range first {
			first[i] = quote.String(name, quote.MaxPath)
		}
		found = append(found, Finding{
			State: Blind, Seen: fmt.Sprintf("git does not look at files that are marked %s: %s%s", marked.flag, strings.Join(first, ", "), quote.AndMore(omitted)),
			Means: "a change of them is not seen, and an agent that reports one is sent back", Mend: "git update-index --no-" + marked.flag + " " + shellWord(marked.names[0]),
		})
	}
	if f, ok := w.ignored(ctx); ok {
		found = append(found, f)
	}
	if len(found) == 0 {
		return fine("git looks at every tracked file, and shows new ones")
	}
	return found
}

// ignored asks git for the rule by which it ignores a new file. One in a .gitignore is the project's own choice.
func (w *World) ignored(ctx context.Context) (Finding, bool) {
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
