//go:build linux && (amd64 || arm64)

package disk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Root opens directories below the top of a worktree. It does not follow symbolic links. On Linux this takes one system call for each directory
// and file, and no memory for names.
type Root struct{ fd int }

// OpenRoot opens the directory at path.
func OpenRoot(path string) (Root, error) {
	fd, err := retry(func() (int, error) {
		return unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return Root{}, fmt.Errorf("opening %q: %w", path, err)
	}
	return Root{fd}, nil
}

// Close releases the directory.
func (r Root) Close() { _ = unix.Close(r.fd) }

const openFolder = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC

// Open opens the directory at path, or the root itself if path is "". It fails if an element of path is a symbolic link.
func (r Root) Open(path string) (Folder, error) {
	if path == "" {
		path = "."
	}
	fd, err := retry(func() (int, error) {
		return unix.Openat2(r.fd, path, &unix.OpenHow{
			Flags:   openFolder,
			Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS,
		})
	})
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) {
		fd, err = r.openByStep(path)
	}
	return Folder{fd}, err
}

// openByStep does the same as Open with a system call for each element of path. It is used if the kernel is older than 5.6, or if a sandbox forbids
// openat2.
func (r Root) openByStep(path string) (int, error) {
	at := r.fd
	for part := range strings.SplitSeq(path, "/") {
		fd, err := retry(func() (int, error) { return unix.Openat(at, part, openFolder, 0) })
		if at != r.fd {
			_ = unix.Close(at)
		}
		if err != nil {
			return -1, err
		}
		at = fd
	}
	return at, nil
}

// retry repeats a call that a signal interrupted (EINTR) or that failed because of a rename elsewhere (EAGAIN, openat2(2)). It gives up after 32
// calls.
func retry(call func() (int, error)) (int, error) {
	for range 32 {
		n, err := call()
		if !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.EAGAIN) {
			return n, err
		}
	}
	return -1, unix.EAGAIN
}

// A Folder is an open directory.
type Folder struct{ fd int }

// Close releases the directory.
func (f Folder) Close() { _ = unix.Close(f.fd) }

// A Listing is the content of one directory. Its memory is reused: the names are valid until the next call of List with it.
type Listing struct {
	Items []Item
	buf   []byte
}

// listStep is the least free space in bytes for one call of getdents.
const listStep = 32 << 10

// List reads the whole directory into l, unsorted, without "." and "..".
func (f Folder) List(l *Listing) error {
	l.Items = l.Items[:0]
	n := 0
	for {
		if len(l.buf)-n < listStep {
			if n > maxListing {
				return errCrowded
			}
			l.buf = append(l.buf, make([]byte, max(listStep, len(l.buf)))...)
		}
		got, err := retry(func() (int, error) { return unix.Getdents(f.fd, l.buf[n:]) })
		if err != nil {
			return err
		}
		if got == 0 {
			break
		}
		n += got
	}
	for rest := l.buf[:n]; len(rest) > 0; {
		size := int(binary.NativeEndian.Uint16(rest[16:]))
		record := rest[:size]
		rest = rest[size:]
		name := record[19:]
		name = name[:bytes.IndexByte(name, 0)]
		if string(name) == "." || string(name) == ".." {
			continue
		}
		l.Items = append(l.Items, Item{Name: unsafe.String(unsafe.SliceData(name), len(name)), Kind: kindOfBits(uint32(record[18]) << 12)})
	}
	return nil
}

// kindOfBits returns the Kind for the type bits of a mode. The field d_type has the same bits, shifted.
func kindOfBits(mode uint32) Kind {
	switch mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return Dir
	case unix.S_IFREG:
		return File
	case unix.S_IFLNK:
		return Link
	case 0:
		return Unclear
	}
	return Other
}

// Stat returns the Stat of an item from the last listing of f. It passes the name to the system without copying it, because a NUL follows it in the
// listing's buffer.
func (f Folder) Stat(it Item) (Stat, error) {
	var st unix.Stat_t
	for {
		_, _, errno := unix.Syscall6(unix.SYS_NEWFSTATAT, uintptr(f.fd), uintptr(unsafe.Pointer(unsafe.StringData(it.Name))),
			uintptr(unsafe.Pointer(&st)), unix.AT_SYMLINK_NOFOLLOW, 0, 0)
		if errno == 0 {
			break
		}
		if errno != unix.EINTR {
			return Stat{}, errno
		}
	}
	return statOf(&st), nil
}

func statOf(st *unix.Stat_t) Stat {
	return Stat{
		Kind: kindOfBits(st.Mode), executable: st.Mode&0o100 != 0, Size: st.Size, Mtime: Time{st.Mtim.Sec, st.Mtim.Nsec},
		system: system{Time{st.Ctim.Sec, st.Ctim.Nsec}, st.Ino, st.Dev, st.Uid, st.Gid}, System: true,
	}
}

// A Mount identifies the mount of a directory. At a mount point it differs from that of the parent directory.
type Mount struct{ device, id uint64 }

// Mount returns the mount of the directory: its device, and since kernel 5.8 also the mount's ID. The ID differs for a bind mount, the device does
// not.
func (f Folder) Mount() (Mount, error) {
	var stx unix.Statx_t
	_, err := retry(func() (int, error) {
		return 0, unix.Statx(f.fd, "", unix.AT_EMPTY_PATH|unix.AT_NO_AUTOMOUNT, unix.STATX_MNT_ID, &stx)
	})
	if err != nil {
		return Mount{}, err
	}
	return Mount{unix.Mkdev(stx.Dev_major, stx.Dev_minor), stx.Mnt_id}, nil
}

// open opens a file in f for reading. It fails for a symbolic link. It does not block on a pipe.
func (f Folder) open(name string) (openFile, error) {
	fd, err := retry(func() (int, error) {
		return unix.Openat(f.fd, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	})
	return openFile(fd), err
}

// readLink returns the target of a symbolic link in f.
func (f Folder) readLink(name string) (string, error) {
	var buf [unix.PathMax]byte
	n, err := retry(func() (int, error) { return unix.Readlinkat(f.fd, name, buf[:]) })
	return string(buf[:max(n, 0)]), err
}

// An openFile is an open file. It avoids the overhead of os.File.
type openFile int

func (o openFile) close() { _ = unix.Close(int(o)) }

func (o openFile) stat() (Stat, error) {
	var st unix.Stat_t
	_, err := retry(func() (int, error) { return 0, unix.Fstat(int(o), &st) })
	return statOf(&st), err
}

// Read implements io.Reader.
func (o openFile) Read(p []byte) (int, error) {
	n, err := retry(func() (int, error) { return unix.Read(int(o), p) })
	if n == 0 && err == nil && len(p) > 0 {
		err = io.EOF
	}
	return max(n, 0), err
}

// isLink reports whether an error means that there is a symbolic link where a directory is expected.
func isLink(err error) bool { return errors.Is(err, unix.ELOOP) }
