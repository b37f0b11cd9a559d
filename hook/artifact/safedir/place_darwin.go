package safedir

import (
	"errors"
	"os"
	"syscall"
)

// Place identifies the file system of a directory: every mount has a device of its own.
type Place struct{ device uint64 }

func placeOf(dir *os.File) (Place, error) {
	info, err := dir.Stat()
	if err != nil {
		return Place{}, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return Place{}, errors.ErrUnsupported
	}
	return Place{uint64(stat.Dev)}, nil
}
