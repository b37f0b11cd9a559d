package worktree

import "fmt"

// Change says in one word how a path differs from its base.
type Change string

// The changes. The first six are changes that git sees.
const (
	Modified  Change = "modified"
	Added     Change = "added"
	Deleted   Change = "deleted"
	Renamed   Change = "renamed"   // content that another claimed path had, which is Deleted
	Mode      Change = "mode"      // only the executable bit
	Type      Change = "type"      // file, symbolic link and submodule are types
	Unchanged Change = "unchanged" // git shows nothing, and the base has the path
	Missing   Change = "missing"   // neither the base nor the work tree has such a file; Reason tells what else is there
	Ignored   Change = "ignored"   // untracked, and an ignore rule speaks of it
	Outside   Change = "outside"   // no path of this work tree; Reason says why
	Unknown   Change = "unknown"   // could not be checked; Reason says why
)

// Made tells whether it is a change that git sees.
func (c Change) Made() bool {
	switch c {
	case Modified, Added, Deleted, Renamed, Mode, Type:
		return true
	case Unchanged, Missing, Ignored, Outside, Unknown:
	}
	return false
}

// PathState is what is known of one claimed path.
type PathState struct {
	Path   string `json:"path"`           // as it was claimed
	Name   string `json:"name,omitempty"` // as git spells it; empty when Outside by its form alone
	Change Change `json:"change"`
	// Status is git's XY (git-status(1), "Short Format"): " M", "??", "!!" and so
	// on, empty where git shows nothing. Two records of one path stand together:
	// "D ??" is one taken out of the index that is still there. It compares with
	// HEAD, whatever the base.
	Status string `json:"status,omitempty"`
	From   string `json:"from,omitempty"`   // for Renamed: the claimed path it was
	Reason string `json:"reason,omitempty"` // for Unknown and Outside, and for Missing where something stands in the way

	// Base is the file in the base, Now the one in the work tree as git would
	// store it. The zero File is absent; one with a mode and no blob has content
	// that was not needed.
	Base File `json:"base,omitzero"`
	Now  File `json:"now,omitzero"`
	// BaseEqual means that the work tree's file is known to equal the base's, or
	// that neither exists, even where git shows the path because the index
	// differs.
	BaseEqual bool `json:"base_equal,omitempty"`
	// DirtyBefore means that the path differed from HEAD already when the
	// snapshot was taken that is the base.
	DirtyBefore bool `json:"dirty_before,omitempty"`
	// NoBase means that the snapshot cannot tell what the path was, so that it is
	// compared with HEAD.
	NoBase bool `json:"no_base,omitempty"`
	// ViaGit means that the git binary was asked.
	ViaGit bool `json:"via_git,omitempty"`
}

// A File is one entry of a tree: a git mode (0100644, 0100755, 0120000 for a
// symbolic link, 0160000 for a submodule) and the hexadecimal name of its blob.
// The zero File is absent.
type File struct {
	Mode uint32 `json:"mode"`
	Blob string `json:"blob,omitempty"`
	// Stat stands in for the blob of a file on disk that was not read: its size, times and inode. "" everywhere else.
	Stat string `json:"stat,omitempty"`
}

const (
	modeRegular    uint32 = 0o100644
	modeExecutable uint32 = 0o100755
	modeSymlink    uint32 = 0o120000
	modeSubmodule  uint32 = 0o160000
	modeTree       uint32 = 0o040000
	modeType       uint32 = 0o170000
)

func (f File) String() string { return fmt.Sprintf("%06o %s", f.Mode, f.Blob) }

// present reports whether there is such a file.
func (f File) present() bool { return f.Mode != 0 }

// word compares two states of a file. Content that is not known counts as
// different.
func word(base, now File) Change {
	same := base.Blob == now.Blob && base.Blob != ""
	switch {
	case !base.present() && !now.present():
		return Missing
	case !base.present():
		return Added
	case !now.present():
		return Deleted
	case base.Mode&modeType != now.Mode&modeType:
		return Type
	case !same:
		return Modified
	case base.Mode != now.Mode:
		return Mode
	}
	return Unchanged
}
