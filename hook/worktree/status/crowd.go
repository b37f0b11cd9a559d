package status

import (
	"slices"

	"stopgate/hook/worktree/object"
)

// crowdsOf takes the crowds out of changes, which are sorted by name, so that the files of one directory stand together.
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

// leaveCrowds takes the crowds out of the changes, and returns those of their files that nothing tells to be as they were: what is new
// since the snapshot, or in a crowd that is not the same any more. What the snapshot knows by itself stays among the changes.
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
	open := make([]*ScanChange, 0, len(s.Changes)) // a crowd is most of them
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
