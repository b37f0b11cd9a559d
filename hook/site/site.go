// Package site finds where things are: the repository of a session, the worktree that a path means, and what the repository configures.
package site

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"stopgate/hook/config"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/worktree"
	"stopgate/hook/worktree/gitdir"
)

// Problem is the reason why a claimed worktree cannot be used.
type Problem int

const (
	// Found means a worktree of this repository in which agents may work: a linked one below the folders for worktrees, or one that the
	// configuration allows.
	Found Problem = iota
	// NoRepository means the session runs in no repository.
	NoRepository
	// Absent means no such directory.
	Absent
	// NotTop means a directory, but not the top of a worktree.
	NotTop
	// OtherRepository means a worktree of another repository.
	OtherRepository
	// Main means the repository's main worktree.
	Main
	// OutsideTrees means a linked worktree in another place.
	OutsideTrees
	// OtherThanAsked means a worktree, but not the one that the launch named.
	OtherThanAsked
	// Gone means no such directory now, of a stop that happened long ago.
	Gone
	// Unreadable means git's own files there are broken.
	Unreadable
)

// Outside says that a session runs in no repository, and what to do.
const Outside = "this session is not in a git repository, so nothing can be checked with git; start it in the folder of the repository, or make one there with git init and a first commit"

// Site is the result of looking for a claimed worktree.
type Site struct {
	// Place is the worktree; zero unless Problem is Found.
	Place   worktree.Place
	Problem Problem
	// Detail is the error for Unreadable, the allowed folders for OutsideTrees, the name of the worktree that contains it for NotTop, and for Gone what
	// happened to it, if known; else "".
	Detail string
}

// Grounds is the place of a session: its repository, and what paths may be relative to.
type Grounds struct {
	// Repository is the repository of the session; nil if there is none.
	Repository *worktree.Place

	dirs  []string // the project folder and the working directory
	key   string
	trees config.Worktrees // where agents may work
	// isolated is the worktree that the host made for the agent of the event; nil for none. elsewhere is the one that its prompt names.
	isolated  *worktree.Place
	elsewhere string
	Fixed     *worktree.Place // the one worktree that every report is judged in; nil to believe the report
	past      bool            // what is not there now may have been there then
}

// GroundsOf finds the repository of a session from its project folder and its working directory. It skips names that are empty or relative: the
// host writes absolute ones, and in a recording a relative one would mean a folder of this machine. The project folder comes first because it stays
// the same while the orchestrator changes directories.
func GroundsOf(projectDir, cwd string) Grounds {
	g := Grounds{trees: launch.Defaults().Worktrees}
	for _, dir := range []string{projectDir, cwd} {
		if !filepath.IsAbs(dir) || slices.Contains(g.dirs, dir) {
			continue
		}
		g.dirs = append(g.dirs, dir)
		place, err := worktree.Locate(dir)
		if err == nil && g.Repository == nil {
			g.Repository = &place
		}
		if g.key == "" {
			if g.key = dir; err == nil {
				g.key = place.CommonDir
			}
		}
	}
	return g
}

// Bases returns the folders that ./trees/… may be relative to, the likeliest first. The main worktree is looked for only here: most events need no
// more of a repository than its key.
func (g Grounds) Bases() []string {
	bases := slices.Clone(g.dirs)
	if g.Repository != nil && g.Fixed == nil {
		if root := g.Repository.MainRoot(); root != "" && !slices.Contains(bases, root) {
			bases = append(bases, root)
		}
	}
	return bases
}

// Key returns the key of the journal: the common git directory of the project folder, which all its worktrees share, or that folder itself if it is
// in no repository. If the host names no project, it is that of the working directory. Every event of a session has the same key, even if the
// orchestrator changes directories.
func (g Grounds) Key() string { return g.key }

// WithTrees returns the grounds on which agents may work in those worktrees.
func (g Grounds) WithTrees(trees config.Worktrees) Grounds {
	g.trees = trees
	return g
}

// InThePast returns the grounds for a stop that happened long ago: a worktree that is not there now may have been there then (Gone).
func (g Grounds) InThePast() Grounds {
	g.past = true
	return g
}

// FindSite returns the worktree at the claimed path, or the problem with it. asked is the worktree of the launch, "" for none: another one is
// OtherThanAsked.
func (g Grounds) FindSite(claimed, asked string) Site {
	site := g.findSite(claimed, asked)
	if g.past && (site.Problem == Absent || site.Problem == NoRepository) {
		return Site{Problem: Gone}
	}
	return site
}

func (g Grounds) findSite(claimed, asked string) Site {
	if g.Fixed != nil {
		return Site{Place: *g.Fixed}
	}
	if g.Repository == nil {
		return Site{Problem: NoRepository}
	}
	if g.isolated != nil && g.meansIsolated(claimed) {
		return Site{Place: *g.isolated}
	}
	site, dir := g.Find(claimed)
	if site.Problem != Found {
		return site
	}
	if asked != "" {
		// If the worktree in the prompt cannot be used, the prompt does not count: the launch was wrong, not the report.
		if wanted, _ := g.Find(asked); wanted.Problem == Found && wanted.Place.GitDir != site.Place.GitDir {
			return Site{Problem: OtherThanAsked}
		}
	}
	if site.Place.Linked() && !g.trees.Anywhere && !g.belowTrees(dir) && !g.belowTrees(site.Place.Root) {
		return Site{Problem: OutsideTrees, Detail: g.roots()}
	}
	return site
}

// Isolated returns the grounds for an agent that has a worktree of its own, which the host made. A report that names no worktree, the agent's own
// folder, or the worktree in its prompt, which is elsewhere, means that one.
func (g Grounds) Isolated(own worktree.Place, elsewhere string) Grounds {
	g.isolated, g.elsewhere = &own, elsewhere
	return g
}

// meansIsolated reports whether the claimed path means the isolated worktree.
func (g Grounds) meansIsolated(claimed string) bool {
	if claimed == "" || filepath.Clean(claimed) == "." {
		return true
	}
	for _, dir := range g.meanings(claimed) {
		if real, err := filepath.EvalSymlinks(dir); err == nil && real == g.isolated.Root {
			return true
		}
	}
	return g.elsewhere != "" && slices.ContainsFunc(g.meanings(claimed), func(dir string) bool {
		return slices.Contains(g.meanings(g.elsewhere), dir)
	})
}

// roots returns the folders of the worktrees, as one says them: "./trees/ or ./.claude/worktrees/ or ./.worktrees/".
func (g Grounds) roots() string {
	names := quote.Each(g.trees.Roots, func(root string) string { return "./" + root + "/" })
	return strings.Join(names, " or ")
}

// Find returns the worktree at path and the directory that was found. A relative path can mean several directories. Find returns the first that is
// a worktree of the repository in which agents may work, else the problem with the first that exists. It does not check where the worktree is: see
// FindSite.
func (g Grounds) Find(path string) (site Site, dir string) {
	site = Site{Problem: Absent}
	for _, candidate := range g.meanings(path) {
		if info, err := os.Stat(candidate); err != nil || !info.IsDir() {
			continue
		}
		found := g.examine(candidate)
		if found.Problem == Found {
			return found, candidate
		}
		if site.Problem == Absent {
			site, dir = found, candidate
		}
	}
	return site, dir
}

// examine finds out what the directory is.
func (g Grounds) examine(dir string) Site {
	place, err := worktree.Locate(dir)
	if errors.Is(err, worktree.ErrNoRepository) {
		return Site{Problem: NotTop}
	}
	if err != nil {
		return Site{Problem: Unreadable, Detail: err.Error()}
	}
	top, err := filepath.EvalSymlinks(dir)
	switch {
	case err == nil && top != place.Root && place.CommonDir == g.Repository.CommonDir && place.Linked():
		return Site{Problem: NotTop, Detail: g.Name(place)}
	case err != nil || top != place.Root:
		return Site{Problem: NotTop}
	case place.CommonDir != g.Repository.CommonDir:
		return Site{Problem: OtherRepository}
	case !place.Linked() && !g.trees.Main && place.GitDir != place.CommonDir: // it was moved without git, or is a copy
		back, _ := gitdir.ReadLine(filepath.Join(place.GitDir, "gitdir"))
		return Site{Problem: Unreadable, Detail: "git has this worktree at " + filepath.Dir(back)}
	case !place.Linked() && !g.trees.Main:
		return Site{Problem: Main}
	}
	return Site{Place: place}
}

// meanings returns the directories that path may mean.
func (g Grounds) meanings(path string) []string {
	if path == "" || strings.ContainsRune(path, 0) {
		return nil
	}
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return []string{filepath.Clean(path)}
	}
	dirs := g.Bases()
	for i, base := range dirs {
		dirs[i] = filepath.Join(base, path)
	}
	return dirs
}

// belowTrees reports whether dir is below a folder of worktrees, in one of the folders that a worktree's path may be relative to. Such a folder may
// be a link to another disk; git then names the worktree by its place there.
func (g Grounds) belowTrees(dir string) bool {
	return slices.ContainsFunc(g.Bases(), func(base string) bool {
		return slices.ContainsFunc(g.trees.Roots, func(root string) bool {
			folder := filepath.Join(base, filepath.FromSlash(root))
			return slices.ContainsFunc([]string{folder, Physical(folder)}, func(trees string) bool { return trees != dir && Within(trees, dir) })
		})
	})
}

// Assigns reports whether the assignment names that worktree.
func (g Grounds) Assigns(asked launch.Assignment, place worktree.Place) bool {
	if asked.WorktreePath == "" || g.Repository == nil {
		return false
	}
	site, _ := g.Find(asked.WorktreePath)
	return site.Problem == Found && site.Place.GitDir == place.GitDir
}

// GroundsAt returns the grounds by which every report is judged in the worktree at dir, whatever worktree it names.
func GroundsAt(dir string) (Grounds, error) {
	place, err := worktree.Locate(dir)
	if err == nil && place.Root == place.GitDir {
		err = fmt.Errorf("judging in %q: %w", dir, worktree.ErrNoRepository) // a bare repository has no work tree
	}
	if err != nil {
		return Grounds{}, err
	}
	return Grounds{Repository: &place, Fixed: &place, key: place.CommonDir}, nil
}

// Name returns the name of a worktree for people: its path relative to the main worktree if it is below it, also by a folder of worktrees that is a link
// to another disk, else the absolute path.
func (g Grounds) Name(place worktree.Place) string {
	if g.Repository == nil {
		return place.Root
	}
	main := g.Repository.MainRoot()
	if rel, err := filepath.Rel(main, place.Root); err == nil && filepath.IsLocal(rel) {
		return strings.TrimSuffix("./"+filepath.ToSlash(rel), "/.")
	}
	for _, root := range g.trees.Roots {
		folder := Physical(filepath.Join(main, filepath.FromSlash(root)))
		if rel, err := filepath.Rel(folder, place.Root); main != "" && err == nil && rel != "." && filepath.IsLocal(rel) {
			return "./" + root + "/" + filepath.ToSlash(rel)
		}
	}
	return place.Root
}

// MovedTo returns the worktree that git has moved away from that path; ok is false if git knows of none.
func (g Grounds) MovedTo(path string) (place worktree.Place, ok bool) {
	if g.Repository == nil {
		return worktree.Place{}, false
	}
	own := filepath.Join(g.Repository.CommonDir, "worktrees", filepath.Base(path)) // a move does not rename that
	back, err := gitdir.ReadLine(filepath.Join(own, "gitdir"))
	if err != nil {
		return worktree.Place{}, false
	}
	place, err = worktree.Locate(filepath.Dir(gitdir.Resolve(own, back)))
	return place, err == nil && place.Linked() && place.GitDir == own
}

// maxLinked is how many linked worktrees are looked for in a text.
const maxLinked = 200

// Mentioned returns the name of the only linked worktree whose path a text has, as any of its words, or else of that in which the session runs; "" for
// none. A folder's bare name is no path: it may be any word.
func (g Grounds) Mentioned(text string) (name string) {
	if g.Repository == nil {
		return ""
	}
	linked, _ := os.ReadDir(filepath.Join(g.Repository.CommonDir, "worktrees"))
	for _, entry := range linked[:min(len(linked), maxLinked)] {
		own := filepath.Join(g.Repository.CommonDir, "worktrees", entry.Name())
		back, err := gitdir.ReadLine(filepath.Join(own, "gitdir"))
		if err != nil {
			continue
		}
		place, err := worktree.Locate(filepath.Dir(gitdir.Resolve(own, back)))
		if err != nil || place.GitDir != own || !g.isIn(text, place.Root) {
			continue
		}
		if name != "" {
			return ""
		}
		name = g.Name(place)
	}
	if name == "" && g.Repository.Linked() {
		name = g.Name(*g.Repository)
	}
	return name
}

// isIn reports whether a text has the path of a folder as a word of its own, absolute or relative to a base.
func (g Grounds) isIn(text, root string) bool {
	spellings := []string{filepath.ToSlash(root)}
	for _, base := range g.Bases() {
		if rel, err := filepath.Rel(base, root); err == nil && strings.Contains(filepath.ToSlash(rel), "/") {
			spellings = append(spellings, filepath.ToSlash(rel))
		}
	}
	words := strings.FieldsFunc(filepath.ToSlash(text), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("\"'`<>()[],;:=", r) })
	return slices.ContainsFunc(words, func(word string) bool {
		return slices.Contains(spellings, strings.TrimRight(strings.TrimPrefix(word, "./"), "/.!?"))
	})
}

// WorktreeOf returns the worktree of the session's repository that contains a file, and the file's path in it as git spells it. ok is false for
// a file outside, and for one of git's own.
func (g Grounds) WorktreeOf(name string) (place worktree.Place, path string, ok bool) {
	place, err := worktree.Locate(filepath.Dir(name))
	if err != nil || g.Repository == nil || place.CommonDir != g.Repository.CommonDir {
		return worktree.Place{}, "", false
	}
	path = RelativeTo([]string{place.Root}, name)
	return place, path, path != "" && !strings.HasPrefix(path, ".git/")
}
