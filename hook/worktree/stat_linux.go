package worktree

import (
	"io/fs"
	"syscall"
)

// systemStat is what the index records of a file besides its size and mtime.
type systemStat struct {
	ctimeSec, ctimeNsec int64
	dev, ino            uint64
	uid, gid            uint32
}

func statOf(info fs.FileInfo) (systemStat, bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return systemStat{}, false
	}
	return systemStat{s.Ctim.Sec, s.Ctim.Nsec, s.Dev, s.Ino, s.Uid, s.Gid}, true
}
