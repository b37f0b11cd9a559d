package worktree

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
)

// fingerprint names the state of the work tree: the commit of HEAD, and the name, the kind and the content of everything that
// differs from it. Candidates and what git ignores are no part of it, nor is what is staged. It is "" where something was not read.
func (s *Scan) fingerprint(commit string) string {
	if s.Incomplete != "" {
		return ""
	}
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%q\n", commit) // a hash takes everything
	for _, c := range s.Changes {
		switch {
		case c.Repository || s.isCandidate(c.Name):
			continue
		case c.Now.present() && c.Now.Blob == "" && c.Now.Mode != modeSubmodule:
			return ""
		}
		writeChange(h, c)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func writeChange(h hash.Hash, c ScanChange) {
	status := ""
	if c.Now.Mode == modeSubmodule {
		status = c.Status // all that tells of it
	}
	_, _ = fmt.Fprintf(h, "%q %06o %s %s\n", c.Name, c.Now.Mode, c.Now.Blob, status)
}
