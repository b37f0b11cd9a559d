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
	return systemStat{s.Ctim.Sec, s.Ctim.Nsec, s.Dev, s.Ino, s.Uid, s.Gid}, true
}
