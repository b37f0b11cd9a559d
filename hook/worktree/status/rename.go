package status

import (
	"context"
	"path"

	"stopgate/hook/worktree/object"
)

// maxRenameRead bounds the size of a file that is read for no other reason than to
// find out what it was before, in bytes.
const maxRenameRead = 64 << 20

// findRenames pairs every added state with a deleted one of the same content, of
// the same base name if there is one. A deleted path is taken once.
func (t *Tree) findRenames(ctx context.Context, states []PathState) {
	deleted := map[string][]*PathState{}
	for i := range states {
		if s := &states[i]; s.Change == Deleted && s.Base.Blob != "" && s.Base.Blob != object.EmptyBlob {
			deleted[s.Base.Blob] = append(deleted[s.Base.Blob], s)
		}
	}
	if len(deleted) == 0 {
		return
	}
	for i := range states {
		s := &states[i]
		if s.Change != Added {
			continue
		}
		t.fillBlob(ctx, s)
		candidates := deleted[s.Now.Blob]
		if len(candidates) == 0 {
			continue
		}
		chosen := 0
		for j, c := range candidates {
			if path.Base(c.Name) == path.Base(s.Name) {
				chosen = j
				break
			}
		}
		s.Change, s.From = Renamed, candidates[chosen].Name
		deleted[s.Now.Blob] = append(candidates[:chosen:chosen], candidates[chosen+1:]...)
	}
}

// fillBlob hashes the file of s as it stands there, if that was not needed before.
// No error matters: the blob then stays unknown.
func (t *Tree) fillBlob(ctx context.Context, s *PathState) {
	if s.Now.Blob != "" {
		return
	}
	e, err := t.Disk.Entry(s.Name)
	if err != nil || e.Mode() == 0 || e.Info.Size() > maxRenameRead {
		return
	}
	if c, err := e.Read(ctx); err == nil {
		s.Now.Blob = c.Blob.String()
	}
}
