package hook

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"stopgate/hook/host"
	"stopgate/hook/shell"
	"stopgate/hook/site"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// removesNested tells whether a use of git does no more than to delete the .git of a repository that came into the agent's own
// worktree since its launch (RepositoryNested). Nobody else needs them, and the report cannot be mended without.
func (r *Runner) removesNested(ctx context.Context, ev host.Event, ledger *ledger, use shell.Use) bool {
	if use.Removes == "" || ledger.grounds.Repository == nil {
		return false
	}
	name := filepath.FromSlash(use.Removes)
	if !filepath.IsAbs(name) {
		name = filepath.Join(ev.Cwd, name)
	}
	return r.isOwnNested(ctx, ev, ledger, name)
}

// isOwnNested tells whether name is the .git of such a repository.
func (r *Runner) isOwnNested(ctx context.Context, ev host.Event, ledger *ledger, name string) bool {
	if info, err := os.Lstat(name); err != nil || !info.IsDir() { // a file leads to a submodule's, or to another worktree's
		return false
	}
	dir := site.Physical(filepath.Dir(name))
	inner, err := worktree.Locate(dir)
	if err != nil || inner.Root != dir || inner.CommonDir == ledger.grounds.Repository.CommonDir {
		return false
	}
	outer, err := worktree.Locate(filepath.Dir(dir))
	if err != nil || outer.CommonDir != ledger.grounds.Repository.CommonDir || !slices.Contains(r.assigned(ctx, ev, ledger, dir), outer.Root) {
		return false
	}
	path := site.RelativeTo([]string{outer.Root}, dir)
	launch := ledger.History(ctx).Launch(transcript.AgentPath(ev.TranscriptPath, ev.AgentID))
	return path != "" && launch != nil && launch.Worktree == ledger.grounds.Name(outer) && launch.Snapshot.Lacked(path)
}
