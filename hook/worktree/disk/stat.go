package disk

import (
	"io/fs"
	"os"
	"time"

	"stopgate/hook/worktree/object"
)

// A Stat is the stat data of a file, as far as the index records it.
type Stat struct {
	Kind       Kind
	Size       int64
	Mtime      Time
	executable bool
	system     // zero if System is false
	System     bool
}

// system is stat data that only some systems report.
type system struct {
	Ctime    Time
	Ino, dev uint64
	UID, GID uint32
}

// A Time is one of a file's times.
type Time struct{ Sec, Nsec int64 }

// StatOf returns the stat data in a FileInfo.
func StatOf(info fs.FileInfo) Stat {
	st := Stat{
		Kind: kindOf(info.Mode()), executable: info.Mode()&0o100 != 0, Size: info.Size(), Mtime: Time{info.ModTime().Unix(), int64(info.ModTime().Nanosecond())},
	}
	st.system, st.System = systemOf(info)
	return st
}

// sameStat reports whether two FileInfos are of the same file in the same state.
func sameStat(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.Mode() == b.Mode() && StatOf(a) == StatOf(b)
}

func kindOf(mode fs.FileMode) Kind {
	switch {
	case mode.IsDir():
		return Dir
	case mode.IsRegular():
		return File
	case mode&fs.ModeSymlink != 0:
		return Link
	}
	return Other
}

// Changed returns the time of the last status change (ctime), which no program can set back. It returns zero if the system does not report it.
func (st *Stat) Changed() time.Time {
	if !st.System {
		return time.Time{}
	}
	return time.Unix(st.Ctime.Sec, st.Ctime.Nsec)
}

// Mode returns the git mode of the file; 0 for a type that git does not track.
func (st *Stat) Mode() uint32 {
	switch {
	case st.Kind == Link:
		return object.ModeSymlink
	case st.Kind == File && st.executable:
		return object.ModeExecutable
	case st.Kind == File:
		return object.ModeRegular
	}
	return 0
}
