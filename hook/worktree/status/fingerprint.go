package status

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"

	"stopgate/hook/worktree/object"
)

// FingerprintWithout returns the Fingerprint without the paths and everything below them, which are going to be removed.
func (s *Survey) FingerprintWithout(paths []string) string {
	without := map[string]bool{}
	for _, path := range paths {
		without[path] = true
	}
	kept := slices.DeleteFunc(slices.Clone(s.changes), func(c ScanChange) bool {
		for dir := range object.Parents(c.Name) {
			if without[dir] {
				return true
			}
		}
		return without[c.Name]
	})
	if len(kept) == len(s.changes) {
		return s.Fingerprint
	}
	return fingerprint(s.commit, kept)
}

// fingerprint identifies the state of the work tree by the commit of HEAD, and the name, the type and the content of everything that differs from
// it, or the content's stand-in. It ignores ignored files and staging. It is "" if a change has neither content nor stand-in.
func fingerprint(commit string, changes []ScanChange) string {
	h := sha256.New()
	line := append(strconv.AppendQuote(nil, commit), '\n')
	_, _ = h.Write(line) // a hash takes everything
	for i := range changes {
		c := &changes[i]
		if c.Now.Present() && c.Now.Blob == "" && c.Now.Stat == "" && c.Now.Mode != object.ModeSubmodule {
			return ""
		}
		line = appendChange(line[:0], c)
		_, _ = h.Write(line)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// marking returns the changes for a fingerprint. They include files that could not be read, with their stand-ins.
func (s *Scan) marking() []ScanChange {
	all := slices.Clip(s.Changes)
	for _, u := range s.Unseen {
		all = append(all, ScanChange{Name: string(u.Name), Now: u.File})
	}
	return all
}

// appendChange adds a change in the form for a fingerprint. There may be very many changes, so that fmt would take a tenth of the time of a survey.
func appendChange(line []byte, c *ScanChange) []byte {
	line = append(strconv.AppendQuote(line, c.Name), ' ')
	var mode [8]byte
	octal := strconv.AppendUint(mode[:0], uint64(c.Now.Mode), 8)
	line = append(append(append(line, "000000"[:max(0, 6-len(octal))]...), octal...), ' ')
	line = append(append(line, cmp.Or(c.Now.Blob, c.Now.Stat)...), ' ')
	if c.Now.Mode == object.ModeSubmodule {
		line = append(line, c.Status...) // what the commit of a submodule does not tell
	}
	return append(line, '\n')
}
