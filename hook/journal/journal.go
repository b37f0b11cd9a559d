// Package journal stores records that must outlast a process: an append-only sequence for each repository. It is the only code that
// stores anything, and it does not know the meaning of the records.
//
// A journal is a folder of JSON Lines files, readable by people and by any other program:
//
//	<dir>/<repository>-<hash>/000001.jsonl   a full segment
//	                          000002.jsonl   the segment that grows
//	                          index          the sessions, agents and tasks of each full segment; can be lost
//	                          checkpoints/   what events need of sessions and tasks that have grown large; can be lost
//	                          locks/         empty files
//
// Writers exclude each other by a lock that the system releases when its process dies. Readers take no lock: they see everything that was
// written before they began, and perhaps a little more. A wait for a lock ends with its context, so pass a context that ends.
package journal

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// segmentSize is the number of bytes after which a new segment begins. A search reads the growing segment whole, and a full one only if the
// index does not exclude it. So this size bounds the cost of a search without results: a fraction of a millisecond.
const segmentSize = 1 << 20

// Journal is the journal of one repository. It holds no open file, and may be used by several goroutines at once.
type Journal struct {
	folder string
	limit  int64         // bytes in a segment
	keep   Keep          // nil keeps everything
	after  int64         // bytes that are read after a checkpoint before the next one is made
	within time.Duration // how long an event waits for a checkpoint
}

// Skipped counts the lines that a read could not decode: incomplete ones whose writer died, and damaged ones. The last line is counted too
// while a writer is still writing it. A line whose heading does not match the filter is not decoded, so only the zero Filter counts every
// damaged line.
type Skipped struct{ Lines int }

// Open returns the journal in dir, an absolute path, for key. The key is the repository's common git directory, or the project's folder if
// there is no repository, as an absolute path without symbolic links, since each key has a journal of its own. Open creates and reads
// nothing.
func Open(dir, key string) (*Journal, error) {
	if !filepath.IsAbs(dir) {
		return nil, fmt.Errorf("open journal in %q: not an absolute path", dir)
	}
	if key == "" {
		return nil, fmt.Errorf("open journal in %q: no key", dir)
	}
	return &Journal{folder: filepath.Join(dir, folderName(key)), limit: segmentSize, after: maxAfter, within: makeWithin}, nil
}

// Folder returns the journal's folder. It may not exist yet.
func (j *Journal) Folder() string { return j.folder }

// Private fails if others could write to the journal's folder, or have put something else in its place. Every use of the journal fails then,
// and so should the use of anything that is kept beside it.
func (j *Journal) Private() error { return private(j.folder) }

// Read returns the records that match the filter, in the order in which they were appended. A journal that does not exist has none.
// Damaged lines are left out and counted. With an error it returns the records found before; with ErrTooLong, those that it had time for.
func (j *Journal) Read(ctx context.Context, f Filter) ([]Record, Skipped, error) {
	recs, skipped, err := j.read(ctx, f.normal())
	if err != nil {
		err = fmt.Errorf("read journal: %w", err)
	}
	return recs, skipped, err
}

// Append adds records, next to each other, and flushes them to the disk before it returns. It fails if they are larger than MaxAppend, if
// one has no kind or its Data is not valid JSON, and if the journal's lock is not free before ctx is done. That error wraps ctx.Err().
// After an error none of the records is in the journal, unless the disk refused to remove them. If the process dies meanwhile, the first
// of the records may be there without the others. Facts that must not be separated belong in one record.
func (j *Journal) Append(ctx context.Context, recs ...Record) error {
	return j.append(ctx, func() ([]Record, error) { return recs, nil })
}

// Update reads, decides and appends under one lock, so that among processes that decide on the same records one comes first. It calls
// decide with the records that Read would return for the filter, and appends the records that decide returns, if any. If decide fails,
// Update returns its error, wrapped, and appends nothing. Other writers wait for decide, which must not write to the journal itself.
// Update fails like Append. If it cannot lock or read, it does not call decide.
func (j *Journal) Update(ctx context.Context, f Filter, decide func(past []Record) ([]Record, error)) error {
	return j.append(ctx, func() ([]Record, error) {
		past, _, err := j.read(ctx, f.normal())
		if err != nil && !errors.Is(err, ErrTooLong) { // a decision that is too late is better than none
			return nil, err
		}
		return decide(past)
	})
}

func (j *Journal) append(ctx context.Context, decide func() ([]Record, error)) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("append to journal: %w", err)
		}
	}()
	unlock, err := lock(ctx, j, "journal")
	if err != nil {
		return err
	}
	defer unlock()
	recs, err := decide()
	if err != nil || len(recs) == 0 {
		return err
	}
	lines, err := encode(recs)
	if err != nil {
		return err
	}
	path, err := j.room(ctx, int64(len(lines)))
	if err != nil {
		return err
	}
	return appendLines(path, lines)
}

func (j *Journal) read(ctx context.Context, f Filter) ([]Record, Skipped, error) {
	var recs []Record
	var skipped Skipped
	segs, err := segments(j)
	if err != nil {
		return nil, skipped, err
	}
	without := without(ctx, j, segs, f)
	var begin checkpoint
	if k := j.keeping(f); k.keep != nil {
		if begin, err = k.beginning(ctx, segs, without); err != nil && !errors.Is(err, ErrTooLong) {
			return nil, skipped, err
		}
		for _, r := range begin.records {
			if f.selects(r) {
				recs = append(recs, r)
			}
		}
		if err != nil {
			return recs, skipped, err
		}
	}
	for _, s := range segs {
		if s.number < begin.Segment || without[s.number] {
			continue
		}
		var from int64
		if s.number == begin.Segment {
			from = begin.Offset
		}
		err := eachLine(ctx, s.path, from, maxSegment, func(_ int, line []byte) {
			if line != nil && !f.mayMatch(line) {
				return
			}
			r, ok := decodeQuickly(line)
			switch {
			case !ok:
				skipped.Lines++
			case f.selects(r):
				recs = append(recs, r)
			}
		})
		if err != nil {
			return recs, skipped, err
		}
	}
	return recs, skipped, nil
}

// room returns the path of the segment for n more bytes: the last one, or a new one if they do not fit. The caller holds the lock.
func (j *Journal) room(ctx context.Context, n int64) (string, error) {
	segs, err := segments(j)
	if err != nil {
		return "", err
	}
	if len(segs) == 0 {
		return filepath.Join(j.folder, segmentName(1)), nil
	}
	last := segs[len(segs)-1]
	if last.size == 0 || last.size+n <= j.limit {
		return last.path, nil
	}
	// A missing index only slows searches, so an error here must not lose a record.
	_ = completeIndex(ctx, j, segs)
	return filepath.Join(j.folder, segmentName(last.number+1)), nil
}

// folderName returns the name of a journal's folder: the repository's name for people, a hash of the key for certainty.
func folderName(key string) string {
	name := filepath.Base(key)
	if name == ".git" {
		name = filepath.Base(filepath.Dir(key))
	}
	name = strings.TrimLeft(strings.TrimSuffix(name, ".git"), ".-")
	name = strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '_'
	}, name)
	hash := sha256.Sum256([]byte(key))
	return fmt.Sprintf("%s-%x", name[:min(len(name), 40)], hash[:6])
}
