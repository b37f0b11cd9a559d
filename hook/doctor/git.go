package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/shell"
	"stopgate/hook/site"
)

// oldestGit is the oldest git with which the tests were run (docs/limits.md).
const oldestGit = "2.30"

// gitInPath looks for the git program, without starting it.
func gitInPath(_ context.Context, w *World) []Finding {
	if path, err := w.lookPath("git"); err == nil {
		return fine(path)
	}
	return []Finding{{
		State: Blind, Seen: "no git in PATH", Means: "everything that needs git is unknown: repositories with filters, a split index or SHA-256", Mend: "install git, and make sure that its folder is in the client's PATH",
	}}
}

// git looks at git's version, and whether git accepts this repository.
func git(ctx context.Context, w *World) []Finding {
	out, problems, err := w.runGit(ctx, "--version")
	version := versionNumber().FindString(out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // the check of PATH says so
	case err == nil && version == "":
		err = fmt.Errorf("it prints %q for its version", firstLine(out))
	}
	if err != nil {
		path, _ := w.lookPath("git") // it was there
		return []Finding{{
			State: Blind, Seen: fmt.Sprintf("git does not run (%s): %s", path, failure(err, problems)), Means: "everything that needs git is unknown",
			Mend: "run " + shell.Quote(path) + " --version, and fix what it reports",
		}}
	}
	if older(version, oldestGit) {
		return []Finding{{State: Blind, Seen: "git is version " + version, Means: fmt.Sprintf("stopgate needs %s or later to ask git", oldestGit), Mend: "install a newer git"}}
	}
	if dir := gitAbove(w.Dir); w.Reader.Grounds.Repository == nil && dir != "" {
		return []Finding{{
			State: Blind, Seen: "there is " + filepath.Join(dir, ".git") + ", and it is no repository that can be read", Means: "reports are checked only in a git repository",
			Mend: "run git status in " + shell.Quote(dir) + ", and fix what it reports",
		}}
	}
	if w.Dir == "" {
		return []Finding{{State: Unknown, Seen: "the folder that this command runs in is gone", Means: "the checks of a repository are skipped", Mend: "cd to the repository, then: stopgate doctor"}}
	}
	if w.Reader.Grounds.Repository == nil {
		return []Finding{{State: Note, Seen: "git " + version + "; " + w.Dir + " is in no git repository", Means: "reports are checked only in a git repository"}}
	}
	_, problems, err = w.runGit(ctx, "rev-parse", "--git-dir")
	switch {
	case err == nil:
		return fine("git " + version + " accepts the repository")
	case strings.Contains(problems, "dubious ownership") || strings.Contains(problems, "unsafe repository"):
		return []Finding{{
			State: Blind, Seen: "git refuses this repository, because it belongs to another user", Means: "everything that needs git is unknown, and agents cannot use git here",
			Mend: "git config --global --add safe.directory " + shell.Quote(w.Reader.Grounds.Repository.Root),
		}}
	}
	return []Finding{{State: Blind, Seen: "git refuses this repository: " + cmp.Or(firstLine(problems), fmt.Sprint(err)), Means: "everything that needs git is unknown", Mend: "run git status in " + shell.Quote(w.Dir) + " and fix what it reports"}}
}

// gitIn returns how the person calls git in a worktree, whose top need not be the folder that they are in.
func gitIn(w *World, root string) string {
	if site.Physical(w.Dir) == site.Physical(root) {
		return "git"
	}
	return "git -C " + shell.Quote(root)
}

// gitAbove returns the nearest folder from dir upwards that has a .git; "" for none, and inside of a .git.
func gitAbove(dir string) string {
	if strings.Contains(dir+string(filepath.Separator), filepath.FromSlash("/.git/")) {
		return ""
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// filters looks whether the programs are in PATH that git runs for files of the repository, such as git-lfs.
func filters(ctx context.Context, w *World) []Finding {
	if w.Reader.Grounds.Repository == nil {
		return nil
	}
	out, _, err := w.runGit(ctx, "config", "--null", "--get-regexp", `^filter\..*\.(clean|process)$`)
	if err != nil && !exited(err) {
		return nil
	}
	known := map[string]bool{}
	var found []Finding
	for entry := range strings.SplitSeq(out, "\x00") {
		key, command, ok := strings.Cut(entry, "\n")
		dot := strings.LastIndexByte(key, '.')
		if !ok || dot < 0 {
			continue
		}
		name := strings.TrimPrefix(key[:dot], "filter.")
		known[name] = true
		if f, missing := w.filterProgram(name, command); missing {
			found = appendNew(found, f)
		}
	}
	for _, name := range attributeFilters(ctx, w) {
		if !known[name] {
			mend := "configure filter." + name + ".clean, as the project describes it"
			if name == "lfs" {
				mend = "git lfs install"
				if _, err := w.lookPath("git-lfs"); err != nil {
					mend = "install git-lfs (https://git-lfs.com), then: " + mend
				}
			}
			found = append(found, Finding{
				State: Blind, Seen: fmt.Sprintf(".gitattributes asks for the filter %q, which git's configuration does not have", name),
				Means: "those files are compared as they are on the disk, and look changed", Mend: mend,
			})
		}
	}
	if len(found) == 0 {
		return fine("every filter that git runs is in PATH")
	}
	return found
}

// filterProgram returns the finding about a filter whose program is missing.
func (w *World) filterProgram(name, command string) (f Finding, missing bool) {
	program, _, _ := strings.Cut(strings.TrimSpace(command), " ")
	program = strings.Trim(program, `'"`)
	if program == "" || strings.ContainsAny(program, "$`(){}|&;<>") { // the shell decides
		return f, false
	}
	if strings.ContainsAny(program, `/\`) { // a path is git's to find
		return f, false
	}
	if _, err := w.lookPath(program); err == nil {
		return f, false
	}
	mend := "install " + program + ", and make sure that its folder is in the client's PATH"
	if program == "git-lfs" {
		mend = "install git-lfs (https://git-lfs.com), and make sure that its folder is in the client's PATH"
	}
	return Finding{
		State: Blind, Seen: fmt.Sprintf("git's filter %q runs %s, which is not in PATH", name, program),
		Means: "whether files under that filter changed is unknown", Mend: mend,
	}, true
}

// attributeFilters returns the filters that the .gitattributes of the repository name, those of folders too.
func attributeFilters(ctx context.Context, w *World) []string {
	out, _, err := w.runGit(ctx, "grep", "--no-color", "-h", "filter=", "--", ":(top,glob)**/.gitattributes")
	if err != nil {
		return nil // also where no file has one
	}
	var names []string
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Fields(line)
		for _, field := range fields[min(1, len(fields)):] {
			if name, ok := strings.CutPrefix(field, "filter="); ok && name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
