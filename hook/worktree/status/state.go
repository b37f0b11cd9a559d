package status

import "stopgate/hook/worktree/object"

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
	Missing   Change = "missing"   // neither the base nor the work tree has such a file; Reason says what else is there
	Ignored   Change = "ignored"   // untracked, and git ignores it
	Outside   Change = "outside"   // not a path of this work tree; Reason says why
	Unknown   Change = "unknown"   // could not be checked; Reason says why
)

// Made reports whether it is a change that git sees.
func (c Change) Made() bool {
	switch c {
	case Modified, Added, Deleted, Renamed, Mode, Type:
		return true
	}
	return false
}

// Words returns the change as people say it: "git shows the file as …".
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

// PathState is the result for one claimed path.
type PathState struct {
	Path   string `json:"path"`           // as it was claimed
	Name   string `json:"name,omitempty"` // as git spells it; empty when Outside by its form alone
	Change Change `json:"change"`
	// Status is git's XY (git-status(1), "Short Format"): " M", "??", "!!" and so on, empty if git shows nothing. If git shows two records for a
	// path, both are there: "D ??" is a file that was removed from the index and still exists. It compares with HEAD, whatever the base.
	Status string `json:"status,omitempty"`
	From   string `json:"from,omitempty"` // for Renamed: the claimed path it was
	// Reason is for Unknown and Outside, for Missing if something else is in the way, and for Unchanged if git was told not to look at the file.
	Reason string `json:"reason,omitempty"`

	// Refused is why `git add` would fail for a changed file, or why that is unknown. Only Claims asks.
	Refused string `json:"refused,omitempty"`

	// Base is the file in the base, Now the one in the work tree as git would
	// store it. The zero File is absent; one with a mode and no blob has content
	// that was not needed.
	Base object.File `json:"base,omitzero"`
	Now  object.File `json:"now,omitzero"`
	// BaseEqual means that the work tree's file is known to equal the base's, or that neither exists, even if git shows the path because the index
	// differs.
	BaseEqual bool `json:"base_equal,omitempty"`
	// DirtyBefore means that the path differed from HEAD already when the
	// snapshot was taken that is the base.
	DirtyBefore bool `json:"dirty_before,omitempty"`
	// NoBase means that the snapshot does not have the earlier state of the path, so it is compared with HEAD.
	NoBase bool `json:"no_base,omitempty"`
	// ViaGit means that the git binary was asked.
	ViaGit bool `json:"via_git,omitempty"`
	// Commit is the commit with the change if the work tree does not show it. For Unchanged it is a commit that was searched for the change.
	Commit string `json:"commit,omitempty"`
}

// Compare compares two states of a file. Unknown content counts as different.
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
