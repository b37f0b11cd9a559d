package status

import (
	"errors"

	"stopgate/hook/worktree/disk"
	"stopgate/hook/worktree/index"
	"stopgate/hook/worktree/object"
)

// A reading is a file whose content has to be hashed.
type reading struct {
	name string
	kind disk.Kind
	mode uint32      // git's mode of the file on disk
	slot *index.Slot // nil if untracked
	stat disk.Stat   // zero if unknown, as for an untracked symbolic link
	// differs means that git shows the file as modified, whatever its content is. touched means that git shows it as modified if its content differs.
	differs, touched bool
}

// readingsAtOnce is how many files of one directory a goroutine hashes in one job. If there are more, several goroutines share them.
const readingsAtOnce = 128

// errUnread means that a file was not read because it is one of a crowd, is huge, or there was no time left.
var errUnread = errors.New("the file was not read")

// hash reads the files, and adds those that differ to the changes, or to the suspects. unopened is the error of opening f; nil if f is open. The
// stand-in of a file that was not read comes from the stat data in r.
func (v *visit) hash(f disk.Folder, unopened error, files []reading) {
	for _, r := range files {
		if v.halted.Load() {
			return
		}
		name := object.JoinName(v.path, r.name)
		c, err := disk.Content{}, unopened
		switch {
		case err != nil:
		case v.crowded && r.kind != disk.Link, r.stat.Size > hugeFile, v.reading.Err() != nil:
			err = errUnread
		default:
			c, err = f.Hash(v.reading, &v.hasher, r.name, r.kind, r.stat)
		}
		if r.slot == nil && err != nil && disk.IsGone(err) {
			continue // an untracked file that is gone is no change
		}
		change := ScanChange{Name: name, Status: "??", Now: object.File{Mode: r.mode}}
		if v.crowded {
			change.Crowd = v.top
		}
		if err == nil {
			change.Now.Blob = c.Blob.String()
		} else {
			if change.Now.Stat = r.stat.StandIn(); r.stat == (disk.Stat{}) {
				change.Now.Stat = disk.StandInFor(v.place.Root, name)
			}
		}
		if r.slot != nil {
			change.Status = " M"
			if !r.differs {
				same := err == nil && c.Blob == r.slot.ID
				switch keeps := err == nil && (same || r.touched) && v.unconverted(name, r, c); {
				case keeps && same:
					continue
				case !keeps:
					v.own.suspects = append(v.own.suspects, name)
					continue
				}
			}
		}
		v.own.changes = append(v.own.changes, change)
	}
}

// unconverted reports whether git stores the content as it is, so that equal content means an equal blob. It returns false if that is unknown.
func (v *visit) unconverted(name string, r reading, c disk.Content) bool {
	if r.kind == disk.Link {
		return true
	}
	if v.halted.Load() {
		return false
	}
	v.viewMu.Lock()
	defer v.viewMu.Unlock()
	keeps, err := v.keeps(name, c)
	return err == nil && keeps
}
