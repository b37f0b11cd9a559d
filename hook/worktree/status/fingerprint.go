package status

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"

	"stopgate/hook/worktree/object"
)

// FingerprintWithout returns the Fingerprint without the changes at and below paths, which are about to be removed.
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
	return fingerprint(s.Head, kept)
}

// fingerprint identifies the state of the worktree by the commit of HEAD, and by the name, type and content, or stand-in, of every path that differs
// from it. It does not depend on ignored files, nor on what is staged. It is "" if a change has neither content nor stand-in.
func fingerprint(commit string, changes []ScanChange) string {
	h := sha256.New()
	line := append(strconv.AppendQuote(nil, commit), '\n')
	_, _ = h.Write(line) // a hash never fails
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

// fingerprinted returns the changes that a fingerprint covers: the changes, and the paths that could not be read, with their stand-ins.
func (s *Scan) fingerprinted() []ScanChange {
	all := slices.Clip(s.Changes)
	for _, u := range s.Unseen {
		all = append(all, ScanChange{Name: string(u.Name), Now: u.File})
	}
	return all
}

// appendChange appends a change in the form that fingerprint hashes. It does not use fmt, which would take a tenth of the time of a survey with very
// many changes.
func appendChange(line []byte, c *ScanChange) []byte {
	line = append(strconv.AppendQuote(line, c.Name), ' ')
	var mode [8]byte
	octal := strconv.AppendUint(mode[:0], uint64(c.Now.Mode), 8)
	line = append(append(append(line, "000000"[:max(0, 6-len(octal))]...), octal...), ' ')
	line = append(append(line, cmp.Or(c.Now.Blob, c.Now.Stat)...), ' ')
	if c.Now.Mode == object.ModeSubmodule {
		line = append(line, c.Status...) // it shows changes in the submodule, which its commit does not
	}
	return append(line, '\n')
}
