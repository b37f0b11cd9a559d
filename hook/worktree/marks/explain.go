package marks

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"stopgate/hook/worktree/gitconfig"
	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/refs"
)

// Explain adds information to changes that Compare found between before and now. It adds the entries of the reflog since then, at most
// refs.MaxLogEntries for each change, and when files were written: that of the reflog, or if there is none, as for tags and deleted refs, those that have
// the value.
func (t Reader) Explain(ctx context.Context, before Marks, changes []Change) {
	reftable := t.hasReftable()
	trees, _ := t.otherWorktrees() // if worktrees cannot be listed, their reflogs are not used
	for i := range changes {
		c := &changes[i]
		if ctx.Err() != nil {
			return
		}
		source := logOf(t, before, trees, c)
		switch {
		case source.Ref == "":
			c.Written = written(t, c)
			continue
		case reftable:
			c.Log = t.AskLog(ctx, source)
		default:
			c.Log = refs.ReadLog(source)
			c.Written = modified(filepath.Join(source.Dir, "logs", filepath.FromSlash(source.Ref)))
		}
		if len(c.Log) > 0 && source.Ref != stashRef {
			c.By = commandOf(c.Log[0].Message)
		}
		if len(c.Log) == 0 {
			c.Written = written(t, c)
		}
	}
}

// written returns the modification times of the files that have the changed value. For a deleted ref they are those of its folder and of
// packed-refs.
func written(t Reader, c *Change) []time.Time {
	name := filepath.FromSlash(string(c.Name))
	if c.Many || !filepath.IsLocal(name) && c.Kind != ConfigChanged && c.Kind != GlobalChanged {
		return nil
	}
	var files []string
	switch c.Kind {
	case BranchCreated, BranchMoved, TagCreated, TagMoved, RemoteCreated, RemoteMoved, RefCreated, RefMoved:
		files = []string{filepath.Join(refs.Dir(t.Place, string(c.Name)), name)}
	case BranchDeleted, TagDeleted, RemoteDeleted, RefDeleted:
		files = []string{filepath.Join(refs.Dir(t.Place, string(c.Name)), filepath.Dir(name)), filepath.Join(t.Place.CommonDir, "packed-refs")}
	case ConfigChanged:
		files = []string{filepath.Join(t.Place.CommonDir, "config")}
	case GlobalChanged:
		files, _ = gitconfig.ConfigFiles(t.Git) // on failure the times are unknown
	case HookChanged, InfoChanged:
		files = []string{filepath.Join(t.Place.CommonDir, name)}
	default:
	}
	return modified(files...)
}

// modified returns the modification times of the files that exist.
func modified(files ...string) (times []time.Time) {
	for _, file := range files {
		if info, err := os.Lstat(file); err == nil {
			times = append(times, info.ModTime().UTC())
		}
	}
	return times
}

// logOf returns the query for the reflog that explains c. Its Ref is "" if there is none.
func logOf(t Reader, before Marks, trees []worktreeDir, c *Change) refs.LogQuery {
	switch c.Kind {
	case HeadMoved, HeadSwitched, HeadReturned:
		return refs.LogQuery{Ref: "HEAD", Dir: t.Place.GitDir, Since: before.Head.Commit, After: before.Head.Log}
	case StashGrown, StashReplaced:
		return refs.LogQuery{Ref: stashRef, Dir: t.Place.CommonDir, Since: c.From}
	case BranchCreated, BranchMoved, TagCreated, TagMoved, RemoteCreated, RemoteMoved, RefCreated, RefMoved:
		if name := string(c.Name); !c.Many && refs.IsSafe(name) {
			return refs.LogQuery{Ref: name, Dir: refs.Dir(t.Place, name), Since: c.From}
		}
	case WorktreeHeadMoved, WorktreeCommitted:
		source := refs.LogQuery{Ref: "HEAD"}
		_, source.Since, _ = strings.Cut(c.From, " ")
		if _, now, _ := strings.Cut(c.To, " "); now == source.Since { // another branch at the same commit
			source.Since, source.Newest = "", true
		}
		for _, other := range trees {
			if other.root == c.Name {
				source.Dir = other.gitDir
				return source
			}
		}
	}
	return refs.LogQuery{} // git removes the reflog of a ref together with the ref
}

// MaxLogGrowth is the number of bytes that are read of what was added to the reflog of HEAD.
const MaxLogGrowth = refs.MaxLogGrowth

// logBytes returns the size of the file with the reflog of HEAD; 0 if there is none.
func logBytes(t Reader) int64 {
	info, err := os.Stat(filepath.Join(t.Place.GitDir, "logs", "HEAD"))
	if err != nil {
		return 0
	}
	return info.Size()
}

// logEntries asks git for the number of entries in the reflog of HEAD, of which there must be a commit.
func logEntries(ctx context.Context, t Reader) (int64, error) {
	out, err := t.Git.Run(ctx, "log", "-g", "-n", strconv.Itoa(maxLogCount), "--format=%H", "HEAD", "--")
	return int64(bytes.Count(out, []byte{'\n'})), err
}

// maxLogCount is the largest number of entries that are counted of a reflog. What is added to a longer one is not seen.
const maxLogCount = 50_000

// commandOf returns the command in a message of a reflog; "" if there is none. Git writes most messages as "COMMAND (DETAIL): ...". git update-ref
// writes the text that it is given. For a push git writes only "update by push".
func commandOf(message string) string {
	if message == "update by push" {
		return "push"
	}
	head, _, found := strings.Cut(message, ":")
	command, _, _ := strings.Cut(strings.ToLower(head), " ")
	if !found || strings.Trim(command, "abcdefghijklmnopqrstuvwxyz-") != "" {
		return ""
	}
	return command
}

// AskLog asks git for the entries of a reflog, the newest first. It does not use Dir, and After is the number of entries to leave out. The oldest entry
// may have no From. It returns nil for HEAD of another worktree, and if git fails.
func (t Reader) AskLog(ctx context.Context, source refs.LogQuery) []refs.LogEntry {
	ref := source.Ref
	if ref == "HEAD" && source.Dir != t.Place.GitDir {
		return nil // HEAD of another worktree
	}
	limit := source.Limit()
	if source.After > 0 {
		entries, err := logEntries(ctx, t)
		if err != nil {
			return nil
		}
		limit = min(limit, int(max(entries-source.After, 0)))
	}
	out, err := t.Git.Run(ctx, "log", "-g", "-n", strconv.Itoa(limit), "--date=raw", "-z", "--format=%H %gn <%ge> %gD%x09%gs", ref, "--")
	if err != nil {
		return nil
	}
	var entries []refs.LogEntry
	for line := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		head, message, _ := strings.Cut(line, "\t")
		to, rest, _ := strings.Cut(head, " ")
		end := strings.LastIndex(rest, "> "+ref+"@{")
		if !refs.IsObjectName(to) || end < 0 {
			break
		}
		if len(entries) > 0 {
			entries[len(entries)-1].From = to
		}
		if to == source.Since && source.After == 0 {
			break
		}
		entries = append(entries, refs.LogEntry{
			To: to, Who: refs.ClipText(rest[:end+1]), Message: refs.ClipText(message), When: refs.ParseTime(rest[end+len("> "+ref+"@{"):]),
		})
	}
	return entries
}

// stashDepth returns the number of entries of the stash, by its reflog; -1 if it cannot be read.
func stashDepth(ctx context.Context, t Reader, reftable bool) int {
	if reftable {
		out, err := t.Git.Run(ctx, "stash", "list")
		if err != nil {
			return -1
		}
		return bytes.Count(out, []byte{'\n'})
	}
	content, err := gitdir.ReadSmall(filepath.Join(t.Place.CommonDir, "logs", filepath.FromSlash(stashRef)), maxStashLog)
	if err != nil {
		return -1
	}
	return bytes.Count(content, []byte{'\n'})
}

// maxStashLog is the size in bytes of the largest reflog of the stash that is read.
const maxStashLog = 8 << 20
