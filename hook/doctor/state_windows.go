package doctor

import (
	"io/fs"

	"golang.org/x/sys/windows"
)

// ours returns true: the folder is below the user's own, and inherits its rights.
func ours(fs.FileInfo) bool { return true }

// openToOthers is false for the same reason.
func openToOthers(fs.FileInfo) bool { return false }

// freeSpace returns the bytes that this user can still write on the disk of dir. ok is false if the system does not say.
func freeSpace(dir string) (bytes uint64, ok bool) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, false
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(name, &free, nil, nil); err != nil {
		return 0, false
	}
	return free, true
}
