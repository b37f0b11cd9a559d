package safedir

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Place identifies the mount of a directory. A bind mount has the device of the original, so both numbers are needed.
type Place struct{ mount, device uint64 }

// placeOf returns the place of an open directory. It fails without the mount's number, which statx has since Linux 5.8 and /proc since 3.15.
func placeOf(dir *os.File) (Place, error) {
	var stat unix.Statx_t
	err := unix.Statx(int(dir.Fd()), "", unix.AT_EMPTY_PATH, unix.STATX_BASIC_STATS|unix.STATX_MNT_ID, &stat)
	if err == nil && stat.Mask&unix.STATX_MNT_ID != 0 {
		return Place{stat.Mnt_id, unix.Mkdev(stat.Dev_major, stat.Dev_minor)}, nil
	}
	var old unix.Stat_t
	if err := unix.Fstat(int(dir.Fd()), &old); err != nil {
		return Place{}, err
	}
	mount, err := mountFromProc(int(dir.Fd()))
	return Place{mount, old.Dev}, err
}

func mountFromProc(fd int) (uint64, error) {
	info, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", fd))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(info)) {
		if number, ok := strings.CutPrefix(line, "mnt_id:"); ok {
			return strconv.ParseUint(strings.TrimSpace(number), 10, 64)
		}
	}
	return 0, fmt.Errorf("find the mount of descriptor %d: no mnt_id", fd)
}
