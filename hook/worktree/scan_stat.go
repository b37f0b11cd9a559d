package worktree

import "io/fs"

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
func clean(s *slot, st *fileStat, set *settings, index uint32) bool {
	if !st.system || s.mode == 0 || s.size != uint32(st.size) || s.smudged || !sameMode(s, st, set) {
		return false
	}
	if s.mtimeSec != uint32(st.mtimeSec) || s.mtimeNsec != uint32(st.mtimeNsec) || index <= s.mtimeSec {
		return false
	}
	if set.minimalStat {
		return true
	}
	return s.ino == uint32(st.ino) && (!set.trustCtime || s.ctimeSec == uint32(st.ctimeSec) && s.ctimeNsec == uint32(st.ctimeNsec))
}

// touched reports whether git, too, would read the file: by whole seconds and the
// rest alike, so that it does not matter how git was built.
func touched(s *slot, st *fileStat, set *settings, index uint32) bool {
	if !st.system {
		return false
	}
	if s.mtimeSec != uint32(st.mtimeSec) || index <= s.mtimeSec {
		return true
	}
	return !set.minimalStat && (s.ino != uint32(st.ino) || set.trustCtime && s.ctimeSec != uint32(st.ctimeSec))
}

// sameMode reports whether the file is of the index's type and, where that counts,
// as executable.
func sameMode(s *slot, st *fileStat, set *settings) bool {
	mode := st.mode()
	return mode == s.mode || !set.fileMode && mode&modeType == s.mode&modeType && st.kind == kindFile
}

// mode is the git mode of what stands there: 0 for what git does not track.
func (st *fileStat) mode() uint32 {
	switch {
	case st.kind == kindLink:
		return modeSymlink
	case st.kind == kindFile && st.executable:
		return modeExecutable
	case st.kind == kindFile:
		return modeRegular
	}
	return 0
}
