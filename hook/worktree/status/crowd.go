package status

import (
	"slices"

	"stopgate/hook/worktree/object"
)

// crowdsOf separates crowds from the other changes. changes are sorted by name, so the files of one crowd are adjacent.
func crowdsOf(changes []ScanChange) (crowds []Crowd, rest []ScanChange) {
	for len(changes) > 0 {
		dir, n := changes[0].Crowd, 1
		for n < len(changes) && changes[n].Crowd == dir {
			n++
		}
		if dir == "" {
			rest = append(rest, changes[:n]...)
		} else {
			crowds = append(crowds, Crowd{Dir: object.Name(dir), Files: n, Print: fingerprint("", changes[:n])})
		}
		changes = changes[n:]
	}
	return crowds, rest
}

// leaveCrowds removes the files in crowds from the changes. It returns those that may have changed since the snapshot: all files of a crowd that the
// snapshot does not have in exactly the same state. Files of such a crowd that the snapshot lists individually stay in the changes.
func (s *Scan) leaveCrowds(since *Snapshot) []*ScanChange {
	if !slices.ContainsFunc(s.Changes, func(c ScanChange) bool { return c.Crowd != "" }) {
		return nil
	}
	same := map[string]bool{}
	if since != nil && len(since.Crowds) > 0 {
		crowds, _ := crowdsOf(s.Changes)
		for _, crowd := range crowds {
			same[string(crowd.Dir)] = slices.Contains(since.Crowds, crowd)
		}
	}
	var rest []ScanChange
	open := make([]*ScanChange, 0, len(s.Changes)) // most changes are files in crowds
	for i := range s.Changes {
		c := &s.Changes[i]
		_, dirty := since.wasDirty(c.Name)
		switch {
		case c.Crowd == "", dirty && !same[c.Crowd]:
			rest = append(rest, *c)
		case !same[c.Crowd]:
			open = append(open, c)
		}
	}
	s.Changes = rest
	return open
}
