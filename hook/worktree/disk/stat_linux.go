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
	return system{Time{s.Ctim.Sec, s.Ctim.Nsec}, s.Ino, s.Dev, s.Uid, s.Gid}, true
}
