package status

import (
	"io/fs"

	"stopgate/hook/worktree/disk"
	"stopgate/hook/worktree/gitconfig"
	"stopgate/hook/worktree/index"
	"stopgate/hook/worktree/object"
)

// indexTime is when the index was written: entries that are not older are racy
// (racy-git in git's technical documentation).
func indexTime(info fs.FileInfo) uint32 {
	if info == nil {
		return 0
	}
	return uint32(info.ModTime().Unix())
}

// clean reports whether the stat data alone prove that a file is as the index has
// it. It is strict: with whole seconds for what is racy, as git is usually built,
// and with nanoseconds for what is touched. A file that it does not clear is read.
func clean(s *index.Slot, st *disk.Stat, set *gitconfig.Settings, index uint32) bool {
	if !st.System || s.Mode == 0 || s.Size != uint32(st.Size) || s.Smudged || !sameMode(s, st, set) {
		return false
	}
	if s.MtimeSec != uint32(st.MtimeSec) || s.MtimeNsec != uint32(st.MtimeNsec) || index <= s.MtimeSec {
		return false
	}
	if set.MinimalStat {
		return true
	}
	return s.Ino == uint32(st.Ino) && (!set.TrustCtime || s.CtimeSec == uint32(st.CtimeSec) && s.CtimeNsec == uint32(st.CtimeNsec))
}

// touched reports whether git, too, would read the file: by whole seconds and the
// rest alike, so that it does not matter how git was built.
func touched(s *index.Slot, st *disk.Stat, set *gitconfig.Settings, index uint32) bool {
	if !st.System {
		return false
	}
	if s.MtimeSec != uint32(st.MtimeSec) || index <= s.MtimeSec {
		return true
	}
	return !set.MinimalStat && (s.Ino != uint32(st.Ino) || set.TrustCtime && s.CtimeSec != uint32(st.CtimeSec))
}

// sameMode reports whether the file is of the index's type and, where that counts,
// as executable.
func sameMode(s *index.Slot, st *disk.Stat, set *gitconfig.Settings) bool {
	mode := st.Mode()
	return mode == s.Mode || !set.FileMode && mode&object.ModeType == s.Mode&object.ModeType && st.Kind == disk.File
}
