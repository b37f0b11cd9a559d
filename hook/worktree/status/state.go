package status

import "stopgate/hook/worktree/object"

// A Change says in one word how a path differs from its base.
type Change string

// The changes. Git shows a change for the first six.
const (
	Modified  Change = "modified"
	Added     Change = "added"
	Deleted   Change = "deleted"
	Renamed   Change = "renamed"   // it has the content of another claimed path, which is Deleted
	Mode      Change = "mode"      // only the executable bit
	Type      Change = "type"      // the type: file, symbolic link or submodule
	Unchanged Change = "unchanged" // git shows no change, and the base has the path
	Missing   Change = "missing"   // neither the base nor the worktree has such a file; Reason says what else is there
	Ignored   Change = "ignored"   // it is untracked, and git ignores it
	Outside   Change = "outside"   // it is not a path of this worktree; Reason says why
	Unknown   Change = "unknown"   // it could not be checked; Reason says why
)

// Made reports whether git shows a change.
func (c Change) Made() bool {
	switch c {
	case Modified, Added, Deleted, Renamed, Mode, Type:
		return true
	}
	return false
}

// Words returns the change in the words of a sentence such as "git shows the file as …".
func (c Change) Words() string {
	switch c {
	case Mode:
		return "a change of its executable bit"
	case Type:
		return "a change of its type"
	default:
		return string(c)
	}
}

// PathState is the result for one path.
type PathState struct {
	Path   string `json:"path"`           // as it was passed to Claims
	Name   string `json:"name,omitempty"` // as git spells it; "" if the path is Outside because of its form
	Change Change `json:"change"`
	// Status is git's XY (git-status(1), "Short Format"), such as " M", "??" or "!!"; "" if git shows nothing. If git shows two records for a path,
	// it has both: "D ??" is a file that was removed from the index and still exists. Status always compares with HEAD, whatever the base is.
	Status string `json:"status,omitempty"`
	From   string `json:"from,omitempty"` // for Renamed, the claimed path that it had before
	// Reason explains Unknown and Outside. It also explains Missing if something else is in the place, and Unchanged if git was told not to look at
	// the file.
	Reason string `json:"reason,omitempty"`

	// Refused is the reason why `git add` would fail for a changed file, or why that is unknown. Only Claims sets it.
	Refused string `json:"refused,omitempty"`

	// Base is the file in the base, Now the file in the worktree as git would store it. The zero File does not exist. A file with a mode and no blob
	// has content that did not have to be read.
	Base object.File `json:"base,omitzero"`
	Now  object.File `json:"now,omitzero"`
	// BaseEqual means that the file in the worktree is known to equal the one in the base, or that neither exists. Git may show the path all the
	// same, because the index differs.
	BaseEqual bool `json:"base_equal,omitempty"`
	// DirtyBefore means that the base is a snapshot in which the path already differed from HEAD.
	DirtyBefore bool `json:"dirty_before,omitempty"`
	// NoBase means that the snapshot does not have the state of the path, so the path is compared with HEAD.
	NoBase bool `json:"no_base,omitempty"`
	// ViaGit means that the git binary was asked.
	ViaGit bool `json:"via_git,omitempty"`
	// Commit is the commit with the change if the worktree does not show it. For Unchanged it is a commit that was searched for the change.
	Commit string `json:"commit,omitempty"`
}

// Compare returns the change from base to now. Content that is unknown on either side counts as different.
func Compare(base, now object.File) Change {
	same := base.Blob == now.Blob && base.Blob != ""
	switch {
	case !base.Present() && !now.Present():
		return Missing
	case !base.Present():
		return Added
	case !now.Present():
		return Deleted
	case base.Mode&object.ModeType != now.Mode&object.ModeType:
		return Type
	case !same:
		return Modified
	case base.Mode != now.Mode:
		return Mode
	}
	return Unchanged
}
