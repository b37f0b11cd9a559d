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

// Explain adds information from the reflogs to changes that Compare found between before and now: the entries since then, at most twenty for each.
// Without a reflog, as for tags and deleted refs, it adds when the files were written.
func (t Reader) Explain(ctx context.Context, before Marks, changes []Change) {
	reftable := t.hasReftable()
	trees, _ := t.otherWorktrees() // worktrees that cannot be listed explain nothing
	for i := range changes {
		c := &changes[i]
		if ctx.Err() != nil {
			return
		}
		source := t.logOf(before, trees, c)
		switch {
		case source.Ref == "":
			c.Written = t.written(c)
			continue
		case reftable:
			c.Log = t.AskLog(ctx, source)
		default:
			c.Log = refs.ReadLog(source)
		}
		if len(c.Log) > 0 && source.Ref != stashRef {
			c.By = commandOf(c.Log[0].Message)
		}
		if len(c.Log) == 0 {
			c.Written = t.written(c)
		}
	}
}

// written returns when the files with the change were last written. For a deleted ref that is the time of its folder, or of the packed refs.
func (t Reader) written(c *Change) []time.Time {
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
		files, _ = gitconfig.ConfigFiles(t.Git) // without them the time is unknown
	case HookChanged, InfoChanged:
		files = []string{filepath.Join(t.Place.CommonDir, name)}
	default:
	}
	var times []time.Time
	for _, file := range files {
		if info, err := os.Lstat(file); err == nil {
			times = append(times, info.ModTime().UTC())
		}
	}
	return times
}

// logOf returns where an explanation of c is found.
func (t Reader) logOf(before Marks, trees []worktreeDir, c *Change) refs.LogQuery {
	switch c.Kind {
	case HeadMoved, HeadSwitched, HeadReturned:
		return refs.LogQuery{Ref: "HEAD", Dir: t.Place.GitDir, Since: before.Head.Commit, After: before.Head.Log, Limit: refs.MaxLogEntries}
	case StashGrown, StashReplaced:
		return refs.LogQuery{Ref: stashRef, Dir: t.Place.CommonDir, Since: c.From, Limit: refs.MaxLogEntries}
	case BranchCreated, BranchMoved, TagCreated, TagMoved, RemoteCreated, RemoteMoved, RefCreated, RefMoved:
		if name := string(c.Name); !c.Many && refs.IsSafe(name) {
			return refs.LogQuery{Ref: name, Dir: refs.Dir(t.Place, name), Since: c.From, Limit: refs.MaxLogEntries}
		}
	case WorktreeHeadMoved, WorktreeCommitted:
		source := refs.LogQuery{Ref: "HEAD", Limit: refs.MaxLogEntries}
		_, source.Since, _ = strings.Cut(c.From, " ")
		if _, now, _ := strings.Cut(c.To, " "); now == source.Since { // another branch at the same commit
			source.Since, source.Limit = "", 1
		}
		for _, other := range trees {
			if other.root == c.Name {
				source.Dir = other.gitDir
				return source
			}
		}
	}
	return refs.LogQuery{} // the log of a deleted ref went with it
}

// MaxLogGrowth is how many bytes that were added to the reflog of HEAD are read.
const MaxLogGrowth = refs.MaxLogGrowth

// headLog returns the reflog of HEAD.
func (t Reader) headLog() string { return filepath.Join(t.Place.GitDir, "logs", "HEAD") }

// commandOf returns the command in the message of a reflog; "" if there is none. Git writes most messages as "COMMAND (DETAIL): ...", those of
// update-ref as given, and for a push only "update by push".
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

// AskLog lets git read a reflog.
func (t Reader) AskLog(ctx context.Context, source refs.LogQuery) []refs.LogEntry {
	ref := source.Ref
	if ref == "HEAD" && source.Dir != t.Place.GitDir {
		return nil // of another work tree
	}
	out, err := t.Git.Run(ctx, "log", "-g", "-n", strconv.Itoa(source.Limit), "--date=raw", "-z", "--format=%H %gn <%ge> %gD%x09%gs", ref, "--")
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
		if to == source.Since {
			break
		}
		entries = append(entries, refs.LogEntry{
			To: to, Who: refs.ClipText(rest[:end+1]), Message: refs.ClipText(message), When: refs.ParseTime(rest[end+len("> "+ref+"@{"):]),
		})
	}
	return entries
}

// stashDepth counts the entries of the stash, by its reflog.
func (t Reader) stashDepth(ctx context.Context) int {
	if t.hasReftable() {
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

// maxStashLog bounds the reflog of the stash, in bytes.
const maxStashLog = 8 << 20
