package inspect

import (
	"context"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/config"
	"stopgate/hook/quote"
	"stopgate/hook/report"
	"stopgate/hook/site"
	"stopgate/hook/worktree"
)

// Claim is one entry of files_modified.
type Claim struct {
	// Listed is the entry as the report spells it.
	Listed string
	// Path is the file that the entry names, as git spells it: slashes, no "./"; "" if the entry is not the path of one file.
	Path string
	// Mend is the correct entry; "" if the entry plainly names Path: as git spells it, or with a remark around it that names no other file.
	Mend string
	// Also lists the other files that the entry names, each of which needs an entry of its own; nil if there are none.
	Also []string
	// Invalid is the reason why Path is empty.
	Invalid string
	// Means is what an entry that names no file plainly refers to: a path, or a directory with a slash at its end; "" for nothing.
	Means string

	// readings are the ways to read the entry; nil if it is Invalid.
	readings []report.Reading
	// parts are the readings of each part of an entry that may name several files.
	parts [][]report.Reading
}

// Covers reports whether the claim is about that file, even if the entry is malformed.
func (c Claim) Covers(name string) bool {
	return name == c.Path || name == c.Means || slices.Contains(c.Also, name) || strings.HasSuffix(c.Means, "/") && (c.Means == "./" || strings.HasPrefix(name, c.Means))
}

// everyPath returns the paths that the entry can mean.
func (c Claim) everyPath() []string {
	paths := append([]string{c.Path, strings.TrimSuffix(c.Means, "/")}, c.Also...)
	for _, r := range c.readings {
		paths = append(paths, r.Path)
	}
	return paths
}

// readClaims reads files_modified before the files are looked up: one claim for each entry, in order. roots are the paths of the worktree.
func readClaims(r report.Report, roots []string) []Claim {
	claims := make([]Claim, 0, len(r.FilesModified))
	for _, entry := range r.FilesModified {
		claims = append(claims, readClaim(entry, roots))
	}
	return claims
}

func readClaim(entry string, roots []string) Claim {
	c := Claim{Listed: entry}
	slashed := filepath.ToSlash(entry)
	clean := path.Clean(slashed)
	isRoot := slices.ContainsFunc(roots, func(root string) bool { return root != "" && clean == path.Clean(filepath.ToSlash(root)) })
	switch {
	case strings.ContainsRune(entry, 0):
		c.Invalid = "it holds a NUL byte"
	case strings.HasSuffix(slashed, "/") || clean == "." || isRoot:
		c.Invalid = "it names a directory"
		if readings := report.ReadEntry(clean, roots...); len(readings) > 0 && !isRoot {
			clean = readings[0].Path
		} else {
			clean = "."
		}
		c.Means = clean + "/"
	default:
		if c.readings = report.ReadEntry(entry, roots...); len(c.readings) == 0 {
			c.Invalid = "it names nothing"
			return c
		}
		if filepath.IsAbs(entry) { // it may lead into the worktree by another path
			if name := site.RelativeTo(roots, behindLinks(entry)); name != "" && name != c.readings[0].Path {
				c.readings = slices.Insert(c.readings, 0, report.Reading{Path: name})
			}
			if name := site.RelativeTo(roots, site.Physical(entry)); name != "" {
				c.readings = append(c.readings, report.Reading{Path: name})
			}
		}
		c.Path = c.readings[0].Path
	}
	return c
}

// behindLinks returns an absolute path with the links in its folder resolved. If the file itself is a link, the claim is about the link.
func behindLinks(name string) string {
	return filepath.Join(site.Physical(filepath.Dir(name)), filepath.Base(name))
}

// withLinked corrects claims that name a file through a link to a folder: it sets the path of that file, if it is in the worktree. Git has no file
// behind a link, but the file is unambiguous.
func withLinked(claims []Claim, states map[string]worktree.PathState, root string) []Claim {
	list := slices.Clone(claims)
	for i, c := range list {
		if c.Invalid != "" {
			continue
		}
		chosen := choose(c.readings, states).Path
		if states[chosen].Change != worktree.Outside || !filepath.IsLocal(filepath.FromSlash(chosen)) {
			continue
		}
		real := behindLinks(filepath.Join(root, filepath.FromSlash(chosen)))
		if name := site.RelativeTo([]string{root, site.Physical(root)}, real); name != "" && name != chosen {
			list[i].readings = append(slices.Clip(c.readings), report.Reading{Path: name})
		}
	}
	return list
}

// withSubmodules finds the claims that name a file in a submodule. Git shows a change there as a change of the submodule's path. If the submodule's
// own repository shows that the file changed, the claim counts as one for the submodule. If that repository cannot be read, Means is the submodule.
// The states of such files are added to states.
func withSubmodules(ctx context.Context, observe ClaimObserver, place worktree.Place, claims []Claim, states map[string]worktree.PathState, base worktree.Base) []Claim {
	list := slices.Clone(claims)
	within := map[string][]int{} // the claims, by submodule
	for i, c := range list {
		if c.Invalid == "" && place.Root != "" {
			if name := choose(c.readings, states).Path; states[name].Change == worktree.Outside {
				if dir := topOfRepository(place.Root, name); dir != "" {
					within[dir] = append(within[dir], i)
				}
			}
		}
	}
	modules := slices.Sorted(maps.Keys(within))
	for m, module := range look(ctx, observe, place, modules, base) {
		if !module.Base.IsRepository() || !module.Now.IsRepository() {
			continue // it is not registered, or missing
		}
		dir, files := modules[m], make([]string, len(within[modules[m]]))
		for j, i := range within[dir] {
			files[j] = choose(list[i].readings, states).Path
		}
		for j, file := range lookInSubmodule(ctx, observe, place, files, module) {
			c := &list[within[dir][j]]
			switch {
			case !file.Change.Made() && exists(file.Change) && file.Change != worktree.Unknown, file.Change == worktree.Missing:
				states[files[j]] = file
			case file.Change.Made() && module.Change.Made():
				module.NoBase = module.NoBase || module.DirtyBefore
				c.readings, states[dir] = append(slices.Clip(c.readings), report.Reading{Path: dir}), module
			case file.Change.Made(): // unchanged since the launch
				states[files[j]] = module
			default:
				c.Means = dir
			}
		}
	}
	return list
}

// lookInSubmodule compares files with the commit that the base has for their submodule. If that is impossible, all are unknown.
func lookInSubmodule(ctx context.Context, observe ClaimObserver, around worktree.Place, files []string, module worktree.PathState) []worktree.PathState {
	place, err := worktree.Locate(filepath.Join(around.Root, filepath.FromSlash(module.Path)))
	if err != nil || place.GitDir == around.GitDir || module.Base.Blob == "" {
		return make([]worktree.PathState, len(files))
	}
	rest := quote.Each(files, func(name string) string { return strings.TrimPrefix(name, module.Path+"/") })
	states := look(ctx, observe, place, rest, worktree.Base{Revision: module.Base.Blob})
	for i := range states {
		states[i].Path, states[i].Name = files[i], files[i]
	}
	return states
}

// topOfRepository returns the uppermost folder above name that is the top of its own repository; "" for none.
func topOfRepository(root, name string) string {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return ""
	}
	for at, c := range name {
		if c == '/' {
			if _, err := os.Lstat(filepath.Join(root, filepath.FromSlash(name[:at]), ".git")); err == nil {
				return name[:at]
			}
		}
	}
	return ""
}

// rootNames returns the paths by which a report can mean the worktree, longest first.
func rootNames(r report.Report, asked, name string, names []string) []string {
	roots := slices.Concat(names, []string{r.WorktreePath, asked, name})
	slices.SortStableFunc(roots, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(roots)
}

// settle decides for each claim which file it names. states has git's state for each path that an entry can mean. settle returns the claims without
// duplicates, and the state of each. It is pure.
func settle(claims []Claim, states map[string]worktree.PathState) ([]Claim, []worktree.PathState) {
	settled := make([]Claim, 0, len(claims))
	seen := make([]worktree.PathState, 0, len(claims))
	known := map[string]bool{}
	for _, c := range claims {
		var state worktree.PathState
		if c.Invalid == "" {
			chosen := choose(c.readings, states)
			c.Path, c.Mend, state = chosen.Path, chosen.Mend, states[chosen.Path]
			if several := c.several(states); len(several) > 1 || len(several) == 1 && !exists(state.Change) {
				c.Path, c.Mend, c.Also, state = several[0], several[0], several[1:], states[several[0]]
			}
			if c.Mend != "" && len(c.Also) == 0 && state.Change.Made() && !c.namesOthers(states) {
				c.Mend = ""
			}
			if known[c.Path] {
				continue
			}
			known[c.Path] = true
			for _, name := range c.Also {
				known[name] = true
			}
		}
		settled, seen = append(settled, c), append(seen, state)
	}
	return settled, seen
}

// several returns the changed files, without duplicates, that an entry names if the entry as a whole names no file. An entry with the old and the
// new name of a moved file is not such an entry.
func (c Claim) several(states map[string]worktree.PathState) []string {
	var names []string
	if len(c.parts) == 0 || exists(states[c.readings[0].Path].Change) {
		return nil
	}
	deleted := false
	for _, part := range c.parts {
		if len(part) == 0 {
			continue
		}
		chosen := choose(part, states).Path
		if change := states[chosen].Change; change.Made() && !slices.Contains(names, chosen) {
			names, deleted = append(names, chosen), deleted || change == worktree.Deleted
		}
	}
	if deleted && !strings.ContainsAny(c.Listed, ",;&\n") && !strings.Contains(c.Listed, " and ") {
		return nil
	}
	return names
}

// namesOthers reports whether a remark in an entry names another file that did not change. It would be a claim that nobody checks.
func (c Claim) namesOthers(states map[string]worktree.PathState) bool {
	return slices.ContainsFunc(c.parts, func(part []report.Reading) bool {
		if len(part) == 0 {
			return false
		}
		chosen := choose(part, states).Path
		return chosen != c.Path && strings.ContainsAny(chosen, "./") && !states[chosen].Change.Made()
	})
}

// maxMends is how many entries are searched for a path with other text around it.
const maxMends = 200

// withMends adds to the claims that name no file the paths that they may mean.
func withMends(claims []Claim, states map[string]worktree.PathState, roots []string) []Claim {
	list := slices.Clone(claims)
	left := maxMends
	for i, c := range list {
		if c.Invalid == "" && left > 0 && !exists(states[choose(c.readings, states).Path].Change) {
			list[i].readings = append(slices.Clip(c.readings), report.MendEntry(c.Listed, roots...)...)
			for _, part := range report.SplitEntry(c.Listed) {
				list[i].parts = append(list[i].parts, append(report.ReadEntry(part, roots...), report.MendEntry(part, roots...)...))
			}
			left--
		}
	}
	return list
}

// exists reports whether git or the disk has a file there.
func exists(change worktree.Change) bool {
	return change != worktree.Missing && change != worktree.Outside && change != ""
}

// choose returns the reading that names a file. It prefers a reading of the whole entry to one of a part, and a changed file to an unchanged one.
// If no reading names a file, it returns the first.
func choose(readings []report.Reading, states map[string]worktree.PathState) report.Reading {
	for _, decorated := range []bool{false, true} {
		for _, fits := range []func(worktree.Change) bool{worktree.Change.Made, exists} {
			for _, r := range readings {
				if (r.Mend != "") == decorated && fits(states[r.Path].Change) {
					return r
				}
			}
		}
	}
	return readings[0]
}

// meant sets Means for claims that name no file: the only changed file whose path ends like the entry, or the directory of that name with changed
// files. For a pattern it sets Also: the changed files that match. It is pure.
func meant(claims []Claim, states, changes []worktree.PathState) []Claim {
	list := slices.Clone(claims)
	claimed := quote.Set(quote.Each(claims, func(c Claim) string { return c.Path }))
	for i, c := range list {
		if c.Invalid != "" || states[i].Change != worktree.Missing {
			continue
		}
		var ends []string
		for _, change := range changes {
			if at := slices.IndexFunc(c.readings, func(r report.Reading) bool { return strings.HasPrefix(change.Name, path.Clean(r.Path)+"/") }); at >= 0 {
				list[i].Path, list[i].Means, list[i].Invalid = "", path.Clean(c.readings[at].Path)+"/", "it names a directory"
				continue
			}
			if !claimed[change.Name] && slices.ContainsFunc(c.readings, func(r report.Reading) bool { return strings.HasSuffix("/"+change.Name, "/"+r.Path) }) {
				ends = append(ends, change.Name)
			}
		}
		if pattern := c.readings[0].Path; strings.ContainsAny(pattern, "*?[{") && config.UsableGlob(pattern) {
			for _, change := range changes {
				if config.MatchesGlob(pattern, change.Name) {
					list[i].Also = append(list[i].Also, change.Name)
				}
			}
		}
		if len(ends) == 1 && list[i].Means == "" {
			list[i].Means = ends[0]
		}
	}
	return list
}

// SpeaksOf reports whether the claim is about that directory or a file in it.
func (c Claim) SpeaksOf(dir string) bool {
	return slices.ContainsFunc(c.everyPath(), func(name string) bool {
		return name == dir || strings.HasPrefix(name, dir+"/")
	})
}

// observeClaims looks up every path that a claim can mean. It returns the claims with the file that each names, and the state of each. The states
// are never nil; a claim without a path has the zero state. Entries that name no file are looked up once more with corrections.
func observeClaims(ctx context.Context, observe ClaimObserver, place worktree.Place, claims []Claim, roots []string, base worktree.Base) ([]Claim, []worktree.PathState) {
	known := map[string]worktree.PathState{}
	lookAll := func() {
		var paths []string
		for _, c := range claims {
			for _, r := range slices.Concat(c.readings, slices.Concat(c.parts...)) {
				if _, again := known[r.Path]; !again {
					known[r.Path] = worktree.PathState{}
					paths = append(paths, r.Path)
				}
			}
		}
		for i, state := range look(ctx, observe, place, paths, base) {
			known[paths[i]] = state
		}
	}
	lookAll()
	claims = withMends(withLinked(claims, known, place.Root), known, roots)
	lookAll()
	return settle(withSubmodules(ctx, observe, place, claims, known, base), known)
}

// look compares each path with base, by the judge's rules. If git status shows a file only because it was staged and then restored, or removed from
// the index alone, it is unchanged.
func look(ctx context.Context, observe ClaimObserver, place worktree.Place, paths []string, base worktree.Base) []worktree.PathState {
	if len(paths) == 0 {
		return nil
	}
	states := observe.Claims(ctx, place, paths, base)
	for i, state := range states {
		if state.BaseEqual && state.Change.Made() {
			states[i].Change = worktree.Unchanged
		}
	}
	return states
}
