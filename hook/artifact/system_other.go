//go:build !linux && !darwin

package artifact

import (
	"errors"
	"os"
)

// openPlainly adds nothing here: what is opened is compared with what was looked at.
const openPlainly = 0

// writable knows nothing here: only the attempt to remove something tells.
func writable(*os.File) error { return nil }

// place is one for all: on Windows a mount point is a reparse point, which Lstat tells from a directory.
type place struct{}

func placeOf(*os.File) (place, error) { return place{}, nil }

// moveInto and moveNew do nothing here: what goes into the trash is copied.
func moveInto(*os.File, string, *os.File, string) error { return errors.ErrUnsupported }

func moveNew(*os.File, string, *os.File, string, bool) error { return errors.ErrUnsupported }
