package disk

import (
	"io/fs"
	"syscall"
)

func systemOf(info fs.FileInfo) (system, bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return system{}, false
	}
	return system{Time{int64(s.Ctimespec.Sec), int64(s.Ctimespec.Nsec)}, s.Ino, uint64(s.Dev), s.Uid, s.Gid}, true
}
