package object

import "fmt"

// IsRepository reports whether the entry is a repository of its own, such as a submodule, and not a file.
func (f File) IsRepository() bool { return f.Mode == ModeSubmodule }

// CanonicalMode reduces a mode to one that git distinguishes. Old versions of git also wrote others, such as 0100664. An unknown type becomes
// ModeSubmodule, as in git.
func CanonicalMode(mode uint32) uint32 {
	switch mode & ModeType {
	case ModeRegular & ModeType:
		if mode&0o100 != 0 {
			return ModeExecutable
		}
		return ModeRegular
	case ModeSymlink, ModeTree:
		return mode & ModeType
	}
	return ModeSubmodule
}

// EmptyBlob is the name of the empty blob. Many files are empty, so this blob is no evidence that a file was copied or renamed.
const EmptyBlob = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"

// A File is a file in a tree, the index or the worktree: its git mode (0100644, 0100755, 0120000 for a symbolic link, 0160000 for a submodule), and
// the hexadecimal name of its blob. The zero File means that there is no file.
type File struct {
	Mode uint32 `json:"mode"`
	Blob string `json:"blob,omitempty"`
	// Stat is set instead of Blob for a file in the worktree that was not read. It is made of the file's size, times and inode number.
	Stat string `json:"stat,omitempty"`
}

// The modes that git distinguishes. ModeType is the mask for the type of the file.
const (
	ModeRegular    uint32 = 0o100644
	ModeExecutable uint32 = 0o100755
	ModeSymlink    uint32 = 0o120000
	ModeSubmodule  uint32 = 0o160000
	ModeTree       uint32 = 0o040000
	ModeType       uint32 = 0o170000
)

// String returns "MODE BLOB".
func (f File) String() string { return fmt.Sprintf("%06o %s", f.Mode, f.Blob) }

// Present reports whether the file exists.
func (f File) Present() bool { return f.Mode != 0 }
