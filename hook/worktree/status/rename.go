package status

import (
	"bytes"
	"context"
	"io"
	"path"

	"stopgate/hook/worktree/object"
)

// maxRenameRead is the largest file, in bytes, that is read only to find out whether it was renamed.
const maxRenameRead = 64 << 20

// findRenames changes an Added state to Renamed if a Deleted state has the same content. If several have, it prefers one with the same last name. It
// uses each deleted path once. Empty files never match.
func findRenames(ctx context.Context, t *Tree, states []PathState) {
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
		crlf := fillBlob(ctx, t, s)
		blob := s.Now.Blob
		if crlf && len(deleted[blob]) == 0 { // git may convert its line endings to LF, as it did in the deleted file
			blob = blobWithLF(t, s.Name)
		}
		candidates := deleted[blob]
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
		deleted[blob] = append(candidates[:chosen:chosen], candidates[chosen+1:]...)
	}
}

// fillBlob hashes the file of s if its blob is not known yet, and reports whether its content may have carriage returns. After an error the blob
// stays empty.
func fillBlob(ctx context.Context, t *Tree, s *PathState) (crlf bool) {
	if s.Now.Blob != "" {
		return true
	}
	e, err := t.Disk.Entry(s.Name)
	if err != nil || e.Mode() == 0 || e.Info.Size() > maxRenameRead {
		return false
	}
	c, err := e.Read(ctx)
	if err != nil {
		return false
	}
	s.Now.Blob = c.Blob.String()
	return c.Cr
}

// blobWithLF returns the blob as which git stores a file if it converts CRLF to LF; "" if the file has no CRLF, cannot be read, or is larger than
// maxConverted.
func blobWithLF(t *Tree, name string) string {
	e, err := t.Disk.Entry(name)
	if err != nil || e.Mode() == 0 || !e.Info.Mode().IsRegular() || e.Info.Size() > maxConverted {
		return ""
	}
	file, err := e.Open()
	if err != nil {
		return ""
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxConverted))
	if err != nil || !bytes.Contains(content, []byte("\r\n")) {
		return ""
	}
	return blobName(string(bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))))
}
