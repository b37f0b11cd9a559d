package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"stopgate/hook/quote"
	"stopgate/hook/shell"
	"stopgate/hook/site"
)

const (
	// leastSpace is the room on the disk below which a journal may not fit, in bytes.
	leastSpace = 64 << 20
	// hugeJournal is the size above which reading a journal takes seconds, in bytes.
	hugeJournal = 512 << 20
)

const noJournal = "nothing is recorded: no step is delivered, and an agent is sent back once only"

// state looks at the folder of the journals: is it there, ours, closed to others, and can it be written?
func state(_ context.Context, w *World) []Finding {
	if w.StateError != nil {
		return []Finding{{State: Blind, Seen: w.StateError.Error(), Means: noJournal, Mend: "set HOME, or STOPGATE_STATE_DIR to an absolute path"}}
	}
	dir := w.StateFolder
	if path := notFolder(dir); path != "" {
		return []Finding{{State: Blind, Seen: path + " is neither a folder nor a link to one", Means: noJournal, Mend: "mv " + shell.Quote(path) + " " + shell.Quote(path+".old")}}
	}
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return stateToBe(w)
	}
	switch {
	case err != nil:
		return []Finding{{State: Blind, Seen: fmt.Sprintf("the journals' folder cannot be looked at: %v", err), Means: noJournal, Mend: elsewhere}}
	case !ours(info):
		return []Finding{{
			State: Blind, Seen: dir + " belongs to another user", Means: "that user can read and change what is recorded, or nothing can be recorded", Mend: "sudo chown -R \"$(id -u)\" " + shell.Quote(dir),
		}}
	}
	var found []Finding
	if root := projectRoot(w); root != "" && w.getenv("STOPGATE_STATE_DIR") != "" && site.Within(site.Physical(root), site.Physical(dir)) {
		found = append(found, Finding{
			State: Blind, Seen: fmt.Sprintf("the journals are inside the repository, in %s", dir), Means: "they are lost with the worktree or by git clean, and agents can change what is recorded",
			Mend: "unset STOPGATE_STATE_DIR, or set it to a folder outside of every repository",
		})
	}
	if w.Private != nil && !openToOthers(info) {
		if err := w.Private(); err != nil {
			found = append(found, notPrivate(err))
		}
	}
	if openToOthers(info) {
		found = append(found, Finding{
			State: Blind, Seen: fmt.Sprintf("%s is open to other users (mode %04o)", dir, info.Mode().Perm()), Means: "others can read reports, or change what is recorded",
			Mend: "chmod 700 " + shell.Quote(dir), fix: func(context.Context) error { return os.Chmod(dir, 0o700) },
		})
	}
	for _, folder := range []string{dir, w.JournalFolder} {
		if folder == "" || !isDir(folder) {
			continue
		}
		if err := writable(folder); err != nil {
			return append(found, notWritable(folder, err))
		}
	}
	if free, ok := freeSpace(dir); ok && free < leastSpace {
		found = append(found, Finding{
			State: Blind, Seen: fmt.Sprintf("the disk of %s has %d MiB left", dir, free>>20), Means: noJournal + ", once the disk is full", Mend: "make room on the disk",
		})
	}
	if len(found) == 0 {
		return fine(dir)
	}
	return found
}

// stateToBe looks at where the folder of the journals will be.
func stateToBe(w *World) []Finding {
	parent := site.Existing(w.StateFolder)
	if err := writable(parent); err != nil {
		f := notWritable(parent, err)
		f.Seen = fmt.Sprintf("%s does not exist and cannot be made: %v", w.StateFolder, err)
		return []Finding{f}
	}
	if w.Private != nil {
		if err := w.Private(); err != nil {
			return []Finding{notPrivate(err)}
		}
	}
	return fine(w.StateFolder + " will be made by the first event")
}

// journal looks at the repository's own journal.
func journal(ctx context.Context, w *World) []Finding {
	if w.JournalFolder == "" || !isDir(w.JournalFolder) {
		return fine("nothing is recorded for this repository yet")
	}
	var size int64
	segments, err := filepath.Glob(filepath.Join(w.JournalFolder, "*.jsonl"))
	if err == nil {
		for _, path := range segments {
			if info, err := os.Stat(path); err == nil {
				size += info.Size()
			}
		}
	}
	var found []Finding
	if size > hugeJournal {
		found = append(found, Finding{
			State: Blind, Seen: fmt.Sprintf("the journal has %d MiB", size>>20), Means: "reading it takes seconds, and an event has few of them",
			Mend: "move it away while no session runs: mv " + shell.Quote(w.JournalFolder) + " " + shell.Quote(w.JournalFolder+".old"),
		})
	}
	if w.Damaged != nil && size <= hugeJournal {
		lines, err := w.Damaged(ctx)
		switch {
		case err != nil:
			found = append(found, Finding{State: Blind, Seen: fmt.Sprintf("the journal cannot be read: %v", err), Means: noJournal, Mend: "chmod -R u+rwX " + shell.Quote(w.JournalFolder)})
		case lines > 0:
			found = append(found, Finding{
				State: Blind, Seen: quote.Plural(lines, "line") + " of the journal cannot be read", Means: "what these lines recorded is lost, and the state of a task may differ from what is shown",
				Mend: "keep a copy of " + shell.Quote(w.JournalFolder) + ", then finish the open tasks: stopgate status",
			})
		}
	}
	found = append(found, appends(ctx, w, segments)...)
	if len(found) == 0 {
		return fine(fmt.Sprintf("%s, %d KiB, every line is readable", w.JournalFolder, (size+1023)>>10))
	}
	return found
}

// lockWithin is how long the journal's lock is waited for. An append holds it for milliseconds.
const lockWithin = 2 * time.Second

// appends looks whether records can be added: the newest segment must be writable, and the lock free.
func appends(ctx context.Context, w *World, segments []string) []Finding {
	if len(segments) > 0 {
		newest := slices.Max(segments)
		var file *os.File
		info, err := os.Stat(newest)
		if err == nil && !info.Mode().IsRegular() { // opening a pipe would wait for its reader
			err = fmt.Errorf("%s is not a file", newest)
		}
		if err == nil {
			file, err = os.OpenFile(newest, os.O_WRONLY|os.O_APPEND, 0)
		}
		if err == nil {
			err = file.Close()
		}
		if err != nil {
			return []Finding{{
				State: Blind, Seen: fmt.Sprintf("the journal cannot be written: %v", err), Means: noJournal,
				Mend: "make it a file of yours: sudo chown -R \"$(id -u)\" " + shell.Quote(w.JournalFolder) + ", or move it away: mv " + shell.Quote(newest) + " " + shell.Quote(newest+".old"),
			}}
		}
	}
	if w.Ready == nil {
		return nil
	}
	within, cancel := context.WithTimeout(ctx, lockWithin)
	defer cancel()
	if err := w.Ready(within); err != nil {
		return []Finding{{
			State: Blind, Seen: fmt.Sprintf("nothing can be recorded: %v", err), Means: noJournal,
			Mend: "end the process that holds the lock: fuser " + shell.Quote(filepath.Join(w.JournalFolder, "locks", "journal")) + " names it",
		}}
	}
	return nil
}

// projectRoot returns the main worktree of the repository; "" if there is none.
func projectRoot(w *World) string {
	if place, ok := w.Reader.Grounds.Main(); ok {
		return place.Root
	}
	return ""
}

// notFolder returns the first path, from dir upwards, that exists and is not a folder, such as a dangling link; "" for none.
func notFolder(dir string) string {
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(dir); err == nil {
			if _, err := os.Stat(dir); errors.Is(err, fs.ErrPermission) || isDir(dir) {
				return ""
			}
			return dir
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// writable makes a file in the folder, as large as a record may be, and removes it again.
func writable(dir string) error {
	file, err := os.CreateTemp(dir, ".stopgate-doctor-*")
	if err != nil {
		return err
	}
	_, err = file.Write(make([]byte, 4<<10))
	return errors.Join(err, file.Close(), os.Remove(file.Name()))
}

const elsewhere = "set STOPGATE_STATE_DIR to a folder that is yours, in the environment of the client"

// notPrivate returns the finding for a journal that others could write to.
func notPrivate(err error) Finding {
	return Finding{State: Blind, Seen: fmt.Sprintf("the journal is not used: %v", err), Means: noJournal, Mend: "set STOPGATE_STATE_DIR to a folder below your home folder"}
}

func roomOn(folder string) string { return "make room on the disk of " + folder }

// notWritable returns the finding for a folder in which nothing can be written, and why.
func notWritable(folder string, err error) Finding {
	f := Finding{State: Blind, Seen: fmt.Sprintf("the journal cannot be written: %v", err), Means: noJournal, Mend: elsewhere}
	info, look := os.Stat(folder)
	switch {
	case errors.Is(err, syscall.ENOSPC):
		f.Mend = roomOn(folder)
	case errors.Is(err, fs.ErrPermission) && look == nil && ours(info):
		f.Mend = "chmod u+rwx " + shell.Quote(folder)
		f.fix = func(context.Context) error { return os.Chmod(folder, info.Mode().Perm()|0o700) }
	}
	return f
}
