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

// A Record is the output of git status for one path.
type Record struct {
	XY          string
	Head, Index object.File // known for tracked paths
	Mode        uint32      // in the work tree, of tracked paths
}

// StatusOf runs git status on names. The name of a record for a whole directory (ignored, or a nested repository) ends in a slash. broken lists the
// filters that failed.
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

// AsIndexed reports whether git sees no difference between the file and the index.
func (r Record) AsIndexed() bool { return len(r.XY) > 1 && r.XY[1] == ' ' }

// BrokenFilters are the names of required clean filters that git could not run (gitattributes(5), "filter"). It is unknown what git would store of
// a file with such a filter.
type BrokenFilters []string

// maxBroken limits how often git is run again without a filter that failed.
const maxBroken = 8

// filtersIn returns the filters that git's complaint may be about. If a filter process ends at once, git does not name it, so it may be any of
// them.
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

// Status runs git status, or another command that reads files, without the filters that fail: one of them would keep git from reporting any file.
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

// FilterFails returns the reason why it is unknown what git would store of a file.
func FilterFails(name string) string {
	return fmt.Sprintf("the filter %q, which its content goes through, fails", name)
}

// Through returns which of the names have one of the filters, and which one.
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

// Driven returns which of the names have attributes by which git may store any other content than the one on disk: a filter or an encoding. All
// others can only change line endings, or the "$Id" of ident.
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

// attributes calls each with the value of every attribute of every name.
func (e Git) attributes(ctx context.Context, names []string, each func(name, value string), attributes ...string) error {
	out, err := e.RunReading(ctx, strings.NewReader(strings.Join(names, "\x00")+"\x00"), append([]string{"check-attr", "--stdin", "-z"}, attributes...)...)
	fields := strings.Split(string(out), "\x00")
	for i := 0; i+2 < len(fields); i += 3 { // a name, the attribute, its value
		each(fields[i], fields[i+2])
	}
	return err
}

// LeftOut returns the names in the index that the work tree leaves out, as a sparse checkout does.
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

// Tracked returns the index entries under names.
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

// ParseStatus reads porcelain format 2 (git-status(1)).
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
	} else { // unmerged: stage 2 is what HEAD has
		r.Head = ParseFile(parts[4], parts[8])
		r.Mode = ParseFile(parts[6], "").Mode
	}
	return name, r, nil
}

// ParseFile reads a mode in octal digits and the name of a blob; the zero File if the mode is none or 0.
func ParseFile(mode, blob string) object.File {
	m, err := strconv.ParseUint(mode, 8, 32)
	if err != nil || m == 0 {
		return object.File{}
	}
	return object.File{Mode: uint32(m), Blob: blob}
}

// IsUnmerged reports whether a status is that of a conflict.
func IsUnmerged(xy string) bool { return slices.Contains(UnmergedXY[:], xy) }

// UnmergedXY has the status for each combination of the stages 1 to 3 (git-status(1)).
var UnmergedXY = [8]string{1: "DD", 2: "AU", 3: "UD", 4: "UA", 5: "DU", 6: "AA", 7: "UU"}
