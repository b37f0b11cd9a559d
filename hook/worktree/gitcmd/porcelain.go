package gitcmd

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"stopgate/hook/worktree/object"
)

// A Record is what git status prints for one path.
type Record struct {
	// XY has the two status letters (git-status(1), "Short Format"), ' ' for unchanged. A path with two records has the letters of both, as "D ??".
	XY          string
	Head, Index object.File // only for tracked paths
	Mode        uint32      // the mode in the worktree; only for tracked paths
}

// StatusOf runs git status on names. If a record is for a whole directory (ignored, or a nested repository), its name ends in a slash. broken has
// the filters that failed.
func (e Git) StatusOf(ctx context.Context, names []string) (records map[string]Record, broken BrokenFilters, err error) {
	records = map[string]Record{}
	err = e.EachBatch(Topmost(names), func(batch []string) error {
		out, err := e.Status(ctx, &broken, append([]string{
			"status", "--porcelain=v2", "-z", "--untracked-files=all",
			"--ignored=matching", "--no-renames", "--",
		}, batch...)...)
		if err != nil {
			return err
		}
		return ParseStatus(out, records)
	})
	return records, broken, err
}

// AsIndexed reports whether git sees no difference between the file in the worktree and the index.
func (r Record) AsIndexed() bool { return len(r.XY) > 1 && r.XY[1] == ' ' }

// BrokenFilters are the names of required clean filters that failed when git ran them (gitattributes(5), "filter"). What git would store of a file
// with such a filter is unknown.
type BrokenFilters []string

// maxBroken is the number of filters without which git is run again.
const maxBroken = 8

// filtersIn returns the names of the filters that may be the reason for git's error message. If a filter process ends at once, git does not name
// it, so each filter with a process may be the reason.
func (e Git) filtersIn(ctx context.Context, complaint string) []string {
	_, rest, _ := strings.Cut(complaint, ": clean filter '")
	if name, _, found := strings.Cut(rest, "' failed"); found {
		return []string{name}
	}
	if !strings.Contains(complaint, "the remote end hung up") {
		return nil
	}
	out, err := e.Run(ctx, "config", "-z", "--name-only", "--get-regexp", `^filter\..*\.process$`)
	if err != nil {
		return nil
	}
	var names []string
	for key := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		names = append(names, strings.TrimSuffix(strings.TrimPrefix(key, "filter."), ".process"))
	}
	return names
}

// Status runs git status, or another command that reads files. If a filter fails, git reports no file at all. Then Status adds the filter to broken
// and runs git again without it.
func (e Git) Status(ctx context.Context, broken *BrokenFilters, args ...string) ([]byte, error) {
	for {
		var options []string
		for _, name := range *broken {
			options = append(options, "-c", "filter."+name+".required=false", "-c", "filter."+name+".process=", "-c", "filter."+name+".clean=")
		}
		out, err := e.Run(ctx, append(options, args...)...)
		if err == nil || ctx.Err() != nil {
			return out, err
		}
		known := len(*broken)
		for _, name := range e.filtersIn(ctx, err.Error()) {
			if len(*broken) < maxBroken && !slices.Contains(*broken, name) {
				*broken = append(*broken, name)
			}
		}
		if len(*broken) == known {
			return nil, err
		}
	}
}

// FilterFails returns the text for a file of which it is unknown what git would store, because the filter called name fails.
func FilterFails(name string) string {
	return fmt.Sprintf("the filter %q, which its content goes through, fails", name)
}

// Through returns those of names that have one of the filters, each with its filter.
func (b BrokenFilters) Through(ctx context.Context, e Git, names []string) (map[string]string, error) {
	if len(b) == 0 {
		return nil, nil
	}
	found := map[string]string{}
	err := e.attributes(ctx, names, func(name, value string) {
		if slices.Contains(b, value) {
			found[name] = value
		}
	}, "filter")
	return found, err
}

// Driven returns those of names with an attribute by which git may store any content other than the one on disk: a filter or an encoding. Other
// attributes can only change line endings, or the "$Id" of ident.
func (e Git) Driven(ctx context.Context, names []string) (map[string]bool, error) {
	driven := map[string]bool{}
	if len(names) == 0 {
		return driven, nil
	}
	err := e.attributes(ctx, names, func(name, value string) {
		if value != "unspecified" && value != "unset" {
			driven[name] = true
		}
	}, "filter", "working-tree-encoding")
	return driven, err
}

// attributes calls each with the value of every attribute of every name. The value is as git check-attr prints it.
func (e Git) attributes(ctx context.Context, names []string, each func(name, value string), attributes ...string) error {
	out, err := e.RunReading(ctx, strings.NewReader(strings.Join(names, "\x00")+"\x00"), append([]string{"check-attr", "--stdin", "-z"}, attributes...)...)
	fields := strings.Split(string(out), "\x00")
	for i := 0; i+2 < len(fields); i += 3 { // the name, the attribute and its value
		each(fields[i], fields[i+2])
	}
	return err
}

// LeftOut returns those of names that are in the index with the skip-worktree bit, for instance because of a sparse checkout.
func (e Git) LeftOut(ctx context.Context, names []string) ([]string, error) {
	var left []string
	err := e.EachBatch(names, func(batch []string) error {
		out, err := e.Run(ctx, append([]string{"ls-files", "-t", "-z", "--"}, batch...)...)
		for line := range strings.SplitSeq(string(out), "\x00") {
			if name, found := strings.CutPrefix(line, "S "); found && slices.Contains(names, name) {
				left = append(left, name)
			}
		}
		return err
	})
	return left, err
}

// Tracked returns the index entries of names and of the files below them.
func (e Git) Tracked(ctx context.Context, names []string) (map[string]object.File, error) {
	tracked := map[string]object.File{}
	err := e.EachBatch(Topmost(names), func(batch []string) error {
		out, err := e.Run(ctx, append([]string{"ls-files", "--stage", "-z", "--"}, batch...)...)
		for line := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
			meta, name, _ := strings.Cut(line, "\t")
			if fields := strings.Fields(meta); len(fields) == 3 {
				tracked[name] = ParseFile(fields[0], fields[1])
			}
		}
		return err
	})
	return tracked, err
}

// ParseStatus parses the output of git status in porcelain format 2 with -z (git-status(1)), and adds the records to into.
func ParseStatus(out []byte, into map[string]Record) error {
	for line := range bytes.SplitSeq(out, []byte{0}) {
		if len(line) == 0 {
			continue
		}
		name, r, err := parseRecord(string(line))
		if err != nil {
			return err
		}
		if before, found := into[name]; found && before.XY != r.XY {
			before.XY += r.XY
			r = before
		}
		into[name] = r
	}
	return nil
}

func parseRecord(line string) (string, Record, error) {
	fields := map[byte]int{'1': 9, 'u': 11, '?': 2, '!': 2}[line[0]]
	parts := strings.SplitN(line, " ", max(fields, 1))
	if fields == 0 || len(parts) != fields {
		return "", Record{}, fmt.Errorf("git status printed %q", line)
	}
	name := parts[fields-1]
	switch line[0] {
	case '?':
		return name, Record{XY: "??"}, nil
	case '!':
		return name, Record{XY: "!!"}, nil
	}
	r := Record{XY: strings.ReplaceAll(parts[1], ".", " ")}
	if line[0] == '1' {
		r.Head = ParseFile(parts[3], parts[6])
		r.Index = ParseFile(parts[4], parts[7])
		r.Mode = ParseFile(parts[5], "").Mode
	} else { // unmerged: stage 2 is the file in HEAD
		r.Head = ParseFile(parts[4], parts[8])
		r.Mode = ParseFile(parts[6], "").Mode
	}
	return name, r, nil
}

// ParseFile returns the File with an octal mode and the name of a blob. It returns the zero File if the mode is 0 or no number.
func ParseFile(mode, blob string) object.File {
	m, err := strconv.ParseUint(mode, 8, 32)
	if err != nil || m == 0 {
		return object.File{}
	}
	return object.File{Mode: uint32(m), Blob: blob}
}

// IsUnmerged reports whether the two letters are of a path with a merge conflict.
func IsUnmerged(xy string) bool { return slices.Contains(UnmergedXY[:], xy) }

// UnmergedXY has the letters for each combination of stages (git-status(1)). Bit n-1 of the index stands for stage n.
var UnmergedXY = [8]string{1: "DD", 2: "AU", 3: "UD", 4: "UA", 5: "DU", 6: "AA", 7: "UU"}
