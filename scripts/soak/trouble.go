//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// faults are what can go wrong: a hook is killed or stopped, a lock held, the disk full or read-only, the clock set back, an agent interrupted, the
// client killed and its session resumed, an agent stopped on purpose.
var faults = []string{"kill", "stop", "lock", "full", "readonly", "clock", "interrupt", "client", "taskstop"}

// trouble causes the faults around the program.
type trouble struct {
	kinds   []string
	dir     string // the file system of the state, which can be filled and made read-only
	mounted bool
	calm    atomic.Bool // no more faults

	mu    sync.Mutex
	rng   *rand.Rand
	count map[string]int
}

// diskSize is the size of the file system that is mounted for the state, in bytes. A round needs some ten megabytes.
const diskSize = 96 << 20

// newTrouble mounts a small file system on dir. If mounting is not allowed, the disk is never full and the state never read-only.
func newTrouble(dir, only string, rng *rand.Rand) (*trouble, error) {
	t := &trouble{dir: dir, rng: rng, count: map[string]int{}}
	t.kinds = strings.FieldsFunc(only, func(r rune) bool { return r == ',' })
	for _, kind := range t.kinds {
		if !slices.Contains(faults, kind) {
			return nil, fmt.Errorf("%q is no fault", kind)
		}
	}
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=700", diskSize))
	if t.mounted = err == nil; err != nil && !errors.Is(err, syscall.EPERM) {
		return nil, fmt.Errorf("mounting a small file system: %w", err)
	}
	return t, nil
}

func (t *trouble) close() error {
	if !t.mounted {
		return nil
	}
	return syscall.Unmount(t.dir, syscall.MNT_DETACH)
}

// what returns how often each fault happened, for people.
func (t *trouble) what() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var parts []string
	for _, kind := range t.kinds {
		parts = append(parts, fmt.Sprintf("%s %d", kind, t.count[kind]))
	}
	if !t.mounted {
		parts = append(parts, "no file system could be mounted")
	}
	return strings.Join(parts, ", ")
}

// fate is what happens to one process of a hook.
type fate struct {
	kill    bool
	stopped time.Duration // for how long, 0 for not at all
	after   time.Duration // since its start
}

// forHook decides what happens to the next process. Most are left alone.
func (t *trouble) forHook() fate {
	if t.calm.Load() {
		return fate{}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	n, after := t.rng.IntN(100), time.Duration(t.rng.IntN(int(60*time.Millisecond)))
	switch {
	case n < 7 && slices.Contains(t.kinds, "kill"):
		t.count["kill"]++
		return fate{kill: true, after: after}
	case n >= 7 && n < 10 && slices.Contains(t.kinds, "stop"):
		t.count["stop"]++
		return fate{after: after, stopped: 50*time.Millisecond + time.Duration(t.rng.IntN(int(time.Second)))}
	}
	return fate{}
}

// happens decides whether a fault happens that does not concern a process of a hook. It rarely does.
func (t *trouble) happens(kind string) bool {
	if t.calm.Load() {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !slices.Contains(t.kinds, kind) || t.rng.IntN(100) >= 5 {
		return false
	}
	t.count[kind]++
	return true
}

// storm causes faults around the journals in folder until ctx is done. It repairs everything before it returns.
func (t *trouble) storm(ctx context.Context, folder string) {
	for {
		t.mu.Lock()
		pause := 200*time.Millisecond + time.Duration(t.rng.IntN(int(1500*time.Millisecond)))
		long := 50*time.Millisecond + time.Duration(t.rng.IntN(int(1200*time.Millisecond)))
		kind, n := "", t.rng.IntN(1<<30)
		if len(t.kinds) > 0 {
			kind = t.kinds[t.rng.IntN(len(t.kinds))]
		}
		t.mu.Unlock()
		if !sleep(ctx, pause) {
			return
		}
		done := false
		switch kind {
		case "lock":
			done = holdLock(ctx, folder, n, long)
		case "full":
			done = t.mounted && t.fill(ctx, long)
		case "readonly":
			done = t.mounted && t.readOnly(ctx, long)
		case "clock":
			done = setBack(folder, time.Duration(1+n%48)*time.Hour)
		}
		if done {
			t.mu.Lock()
			t.count[kind]++
			t.mu.Unlock()
		}
	}
}

// sleep waits, and reports whether ctx is not done.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
	return ctx.Err() == nil
}

// holdLock holds one of the journal's locks for a while. Half of the time it is the journal's own lock.
func holdLock(ctx context.Context, folder string, n int, long time.Duration) bool {
	pattern := "*/locks/journal"
	if n%2 == 1 {
		pattern = "*/locks/hold-*"
	}
	locks, _ := filepath.Glob(filepath.Join(folder, pattern)) // the pattern is well formed
	if len(locks) == 0 {
		return false
	}
	release := lock(locks[n%len(locks)])
	sleep(ctx, long)
	release()
	return true
}

func lock(path string) (release func()) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return func() {}
	}
	for syscall.Flock(int(f.Fd()), syscall.LOCK_EX) == syscall.EINTR {
	}
	return func() { _ = f.Close() }
}

// fill fills the disk completely for a while.
func (t *trouble) fill(ctx context.Context, long time.Duration) bool {
	name := filepath.Join(t.dir, "filler")
	f, err := os.Create(name)
	if err != nil {
		return false
	}
	for size := 1 << 20; size > 0; size /= 16 {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
	}
	sleep(ctx, long)
	_ = f.Close()
	check(os.Remove(name))
	return true
}

// readOnly makes the file system read-only for a while. The system refuses that while a process writes to it, so it is tried again.
func (t *trouble) readOnly(ctx context.Context, long time.Duration) bool {
	if !t.remount(ctx, syscall.MS_RDONLY) {
		return false
	}
	sleep(ctx, long)
	if !t.remount(context.Background(), 0) {
		panic("the state stays read-only")
	}
	return true
}

func (t *trouble) remount(ctx context.Context, flags uintptr) bool {
	for range 200 {
		if syscall.Mount("tmpfs", t.dir, "tmpfs", syscall.MS_REMOUNT|flags, fmt.Sprintf("size=%d", diskSize)) == nil {
			return true
		}
		if !sleep(ctx, 5*time.Millisecond) {
			return false
		}
	}
	return false
}

var stamp = regexp.MustCompile(`(?m)^(\{"v":1,"kind":"[a-z]+","at":")([^"]+)(")`)

// setBack makes the journals look as if the machine's clock had been set back: all records lie in the future. The clock itself is not changed.
// Times keep their lengths, so that the index of the segments stays valid.
func setBack(folder string, by time.Duration) bool {
	journals, _ := filepath.Glob(filepath.Join(folder, "*", "locks", "journal"))
	for _, path := range journals {
		release := lock(path)
		segments, _ := filepath.Glob(filepath.Join(filepath.Dir(filepath.Dir(path)), "0*.jsonl"))
		for _, segment := range segments {
			text, err := os.ReadFile(segment)
			if err != nil {
				continue
			}
			moved := stamp.ReplaceAllFunc(text, func(found []byte) []byte {
				parts := stamp.FindSubmatch(found)
				at, err := time.Parse(time.RFC3339Nano, string(parts[2]))
				later := at.Add(by).Format(time.RFC3339Nano)
				if err != nil || len(later) != len(parts[2]) {
					return found
				}
				return bytes.Join([][]byte{parts[1], []byte(later), parts[3]}, nil)
			})
			overwrite(segment, moved)
		}
		release()
	}
	return len(journals) > 0
}

// overwrite changes bytes of a file in place. So it works on a full disk, and a reader sees each line either old or new.
func overwrite(path string, text []byte) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.EROFS) {
		return
	}
	check(err)
	_, err = f.WriteAt(text, 0)
	check(errors.Join(err, f.Close()))
}
