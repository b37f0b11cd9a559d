package marks

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"stopgate/hook/worktree/disk"
	"stopgate/hook/worktree/index"
	"stopgate/hook/worktree/object"
)

// maxElsewhereBytes is how many bytes of the indexes of other worktrees are read in total. An index beyond that is compared by its stat data. Any
// git status in that worktree changes the stat data. So such a change counts only with evidence, as any change of another worktree's index does.
const maxElsewhereBytes = 32 << 20

// readElsewhere returns what each other worktree has of its own besides HEAD, by its root. A value has three words: a digest of the index, the
// operations in progress, and a digest of the variables in config.worktree. For an index that is not read the first word is "~" and its stat data.
// A word is "-" if there is nothing, and "?" if it cannot be read.
func readElsewhere(ctx context.Context, t Reader) ([]Item, error) {
	trees, err := t.otherWorktrees()
	if err != nil {
		return nil, err
	}
	format, err := format(t)
	own := err == nil && format.IsTrue("extensions.worktreeconfig") // whether worktrees have configuration of their own
	var items []Item
	room := int64(maxElsewhereBytes)
	for _, other := range trees {
		if ctx.Err() != nil {
			break
		}
		path := filepath.Join(other.gitDir, "index")
		info, err := os.Stat(path)
		var staged string
		switch {
		case err != nil:
			staged = indexDigest(ctx, path)
		case info.Size() > room:
			staged = "~" + disk.StatOf(info).StandIn()
		default:
			room -= info.Size()
			staged = indexDigest(ctx, path)
		}
		value := staged + " " + operationsDigest(other.gitDir) + " "
		if own {
			value += configDigest(filepath.Join(other.gitDir, "config.worktree"))
		} else {
			value += "-"
		}
		items = append(items, Item{other.root, value})
	}
	return items, ctx.Err()
}

// indexDigest returns a digest of what an index would commit and of the files it hides. It leaves out stat data, because any git status refreshes
// that.
func indexDigest(ctx context.Context, path string) string {
	x, err := index.Open(path)
	if err != nil {
		return "?"
	}
	defer func() { _ = x.Close() }() // it was only read
	h := sha256.New()
	var head [6]byte
	_, err = x.Each(func(e *index.Entry) bool {
		binary.BigEndian.PutUint32(head[:], e.Mode())
		head[4] = byte(e.Stage())
		head[5] = 0
		for bit, flag := range []uint32{index.AssumeValid, index.SkipWorktree, index.IntentToAdd} {
			if e.Has(flag) {
				head[5] |= 1 << bit
			}
		}
		id := e.ID()
		h.Write(head[:])
		h.Write(id[:])
		h.Write(e.Name)
		h.Write([]byte{0})
		return ctx.Err() == nil
	})
	if err != nil || ctx.Err() != nil {
		return "?"
	}
	if x.Count == 0 {
		return "-"
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// operationsDigest returns the operations in progress with their commits, as "NAME@COMMIT" separated by commas; "-" for none, "?" if it cannot read
// them.
func operationsDigest(gitDir string) string {
	items, err := operationsIn(gitDir)
	if err != nil {
		return "?"
	}
	var words []string
	for _, i := range items {
		words = append(words, string(i.Name)+"@"+i.Value)
	}
	if len(words) == 0 {
		return "-"
	}
	return strings.Join(words, ",")
}

// configDigest returns a digest of the variables of a configuration file; "-" if there are none, "?" if it cannot read the file.
func configDigest(path string) string {
	items, err := variables([]string{path})
	switch {
	case err != nil:
		return "?"
	case len(items) == 0:
		return "-"
	}
	return digestOf(newRegister(items).Items)[:16]
}

// compareElsewhere returns the changes of other worktrees besides those of HEAD. If HEAD of a worktree changed, its index and its operations in
// progress change with it, so those are left out. changes are the changes that are known already.
func compareElsewhere(before, after Register, changes []Change) []Change {
	moved := map[object.Name]bool{}
	for _, c := range changes {
		if c.Kind == WorktreeHeadMoved {
			moved[c.Name] = true
		}
	}
	differ, told := differences(before, after)
	if !told {
		return []Change{{Kind: WorktreeIndexChanged, Many: true, From: strconv.Itoa(before.Count), To: strconv.Itoa(after.Count)}}
	}
	var found []Change
	for _, d := range differ {
		from, to := strings.Fields(d.from), strings.Fields(d.to)
		if len(from) != 3 || len(to) != 3 { // the worktree was not read before or after
			continue
		}
		for i, kind := range []Kind{WorktreeIndexChanged, WorktreeOperation, WorktreeConfigChanged} {
			// A part that can no longer be read has changed. A part that could not be read before is not compared.
			if from[i] == to[i] || from[i] == "?" || kind != WorktreeConfigChanged && moved[d.name] {
				continue
			}
			found = append(found, Change{Kind: kind, Name: d.name, From: strings.Trim(from[i], "-"), To: strings.Trim(to[i], "-")})
		}
	}
	return found
}
