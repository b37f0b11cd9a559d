// Package journal keeps what must outlast a process: an append-only sequence of records for each repository. It is the
// only code that writes what lasts, and it knows nothing of what the records mean.
//
// A journal is a folder of JSON Lines files, readable by people and by any other program:
//
//	<dir>/<repository>-<hash>/000001.jsonl   a full segment
//	                          000002.jsonl   the segment that grows
//	                          index          who stands in which full segment; can be lost
//	                          locks/         empty files
//
// Writers exclude each other with a lock that the system releases when its process dies. Readers take no lock: what they see
// is what had been written when they began, or a little more. A wait for a lock ends when its context does, so give one that
// does.
package journal

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"strings"
)

// segmentSize is the number of bytes after which a new segment is begun. A search reads the growing segment whole, and a full
// one only if the index cannot rule it out, so that this bounds what a search for nothing costs: a fraction of a millisecond.
const segmentSize = 1 << 20

// Journal is the journal of one repository. It holds no open file, and may be used by several goroutines at once.
type Journal struct {
	folder string
	limit  int64 // bytes in a segment
}

// Skipped counts what a read could not make sense of: a line that a dying writer left unfinished, or one that something
// else damaged. The last line is counted too when a writer is at work on it. A line that plainly does not match the filter
// is not looked at further, so that only the zero Filter counts every damaged line.
type Skipped struct {
	Lines int
	First string // path and line number of the first one, as in "/p/000001.jsonl:12"; empty if there is none
}

// Open returns the journal that stands in dir, an absolute path, for key: the common git directory of a repository, or the
// project's folder where there is none, as an absolute path without symbolic links, since each key has its own journal.
// Nothing is created or read before the first call of a method.
func Open(dir, key string) (*Journal, error) {
	if !filepath.IsAbs(dir) {
		return nil, fmt.Errorf("open journal in %q: not an absolute path", dir)
	}
	if key == "" {
		return nil, fmt.Errorf("open journal in %q: no key", dir)
	}
	return &Journal{filepath.Join(dir, folderName(key)), segmentSize}, nil
}

// Folder returns the folder in which the journal stands. It may not exist yet.
func (j *Journal) Folder() string { return j.folder }

// Read returns the records that the filter selects, in the order in which they were appended. A journal that does not
// exist has none. Damaged lines are left out and counted. With an error it returns the records that it had found until
// then.
func (j *Journal) Read(ctx context.Context, f Filter) ([]Record, Skipped, error) {
	recs, skipped, err := j.read(ctx, f.normal())
	if err != nil {
		err = fmt.Errorf("read journal: %w", err)
	}
	return recs, skipped, err
}

// Append adds records, next to each other, and has them on the disk when it returns. It fails if they are larger than
// MaxAppend, if one has no kind or its Data is not valid JSON, and if the journal's lock is not to be had before ctx is
// done; the error then wraps ctx.Err(). After an error none of the records stands, unless the disk did not allow to take
// them back. If the process dies meanwhile, the first of the records may stand without the others: what must stand or fall
// together belongs in one record.
func (j *Journal) Append(ctx context.Context, recs ...Record) error {
	return j.append(ctx, func() ([]Record, error) { return recs, nil })
}

// Update reads, decides and appends under one lock, so that of several processes that decide on the same records exactly
// one comes first. It calls decide with what Read would return for the filter, and appends what decide returns, which may
// be nothing. If decide fails, Update returns its error, wrapped, and appends nothing. Other writers wait for decide, which
// must not write to the journal itself. Otherwise Update fails as Append does; if it cannot lock or read, without a call of
// decide.
func (j *Journal) Update(ctx context.Context, f Filter, decide func(past []Record) ([]Record, error)) error {
	return j.append(ctx, func() ([]Record, error) {
		past, _, err := j.read(ctx, f.normal())
		if err != nil {
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
	unlock, err := j.lock(ctx, "journal")
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
	segs, err := j.segments()
	if err != nil {
		return nil, skipped, err
	}
	var ix index
	if len(segs) > 1 && len(f.marks()) > 0 {
		ix = j.readIndex(ctx)
	}
	for _, s := range segs {
		if ix.rulesOut(s, f) {
			continue
		}
		err := eachLine(ctx, s.path, func(number int, line []byte) {
			if line != nil && !f.mayMatch(line) {
				return
			}
			r, ok := decode(line)
			switch {
			case !ok:
				if skipped.Lines++; skipped.Lines == 1 {
					skipped.First = fmt.Sprintf("%s:%d", s.path, number)
				}
			case f.matches(r.heading()):
				recs = append(recs, r)
			}
		})
		if err != nil {
			return recs, skipped, err
		}
	}
	return recs, skipped, nil
}

// room returns the path of the segment that n bytes go to: the last one, or a new one if they would overfill it. The caller
// holds the lock.
func (j *Journal) room(ctx context.Context, n int64) (string, error) {
	segs, err := j.segments()
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
	// Without its index a segment is read when it need not be, which is no reason to lose a record.
	_ = j.completeIndex(ctx, segs)
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
