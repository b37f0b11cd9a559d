package artifact

import (
	"errors"
	"os"
	"syscall"
)

// place identifies the file system of a directory: every mount has a device of its own.
type place struct{ device uint64 }

func placeOf(dir *os.File) (place, error) {
	info, err := dir.Stat()
	if err != nil {
		return place{}, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return place{}, errors.ErrUnsupported
	}
	return place{uint64(stat.Dev)}, nil
}
