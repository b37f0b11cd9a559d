package disk

import (
	"io/fs"
	"syscall"
)

func StatOf(info fs.FileInfo) (systemStat, bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return systemStat{}, false
	}
	return systemStat{int64(s.Ctimespec.Sec), int64(s.Ctimespec.Nsec), uint64(s.Dev), s.Ino, s.Uid, s.Gid}, true
}
