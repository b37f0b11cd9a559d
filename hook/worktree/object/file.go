package object

import "fmt"

// IsRepository reports whether it is the top of a repository, such as a submodule, and not a file.
func (f File) IsRepository() bool { return f.Mode == ModeSubmodule }

// CanonicalMode reduces a mode to those that git distinguishes. Older versions wrote others, such as 0100664.
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

// EmptyBlob is the name of the empty blob, which says nothing about where a file comes from.
const EmptyBlob = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"

// A File is one entry of a tree: a git mode (0100644, 0100755, 0120000 for a
// symbolic link, 0160000 for a submodule) and the hexadecimal name of its blob.
// The zero File is absent.
type File struct {
	Mode uint32 `json:"mode"`
	Blob string `json:"blob,omitempty"`
	// Stat replaces the blob of a file on disk that was not read: its size, times and inode; otherwise "".
	Stat string `json:"stat,omitempty"`
}

// The modes that git distinguishes, and the bits of the type.
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

// Present reports whether there is such a file.
func (f File) Present() bool { return f.Mode != 0 }
