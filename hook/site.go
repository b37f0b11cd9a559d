package hook

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/launch"
	"stopgate/hook/worktree"
)

// treesRoot is the folder below the main worktree that holds the linked ones, where nothing else is configured (seed, "WORKTREE_PATH").
const treesRoot = "trees"

// SiteProblem says why a claimed worktree cannot be used.
type SiteProblem int

const (
	// SiteFound means a linked worktree of this repository, below the folder where they stand: ./trees/, or what is configured.
	SiteFound SiteProblem = iota
	// SiteNoRepository means the session runs in no repository.
	SiteNoRepository
	// SiteAbsent means no such directory.
	SiteAbsent
	// SiteNotTop means a directory, but not the top of a worktree.
	SiteNotTop
	// SiteOtherRepository means a worktree of another repository.
	SiteOtherRepository
	// SiteMain means the repository's main worktree.
	SiteMain
	// SiteOutsideTrees means a linked worktree that stands elsewhere.
	SiteOutsideTrees
	// SiteOtherThanAsked means a worktree, but not the one that the launch named.
	SiteOtherThanAsked
	// SiteGone means no such directory now, of a stop that happened long ago.
	SiteGone
	// SiteUnreadable means git's own files there are broken.
	SiteUnreadable
)

// Site is where a claimed worktree was found.
type Site struct {
	// Place is the worktree; zero unless Problem is SiteFound.
	Place   worktree.Place
	Problem SiteProblem
	// Detail is the error behind SiteUnreadable, and of SiteOutsideTrees the folder where worktrees stand.
	Detail string
}

// Grounds is where a session stands: what relative paths may be relative to.
type Grounds struct {
	// Repository is the repository of the session; nil where it runs in none.
	Repository *worktree.Place

	dirs  []string // the project folder and the working directory
	key   string
	trees string          // the folder that holds the linked worktrees; "" for treesRoot
	fixed *worktree.Place // the one worktree that every report is judged in; nil to believe the report
	past  bool            // what is not there now may have been there then
}

// SurveyGrounds finds the repository of a session from its project folder and its working directory. Empty names are passed over.
// The project folder comes first because it stays the same while the orchestrator changes directories.
func SurveyGrounds(projectDir, cwd string) Grounds {
	var g Grounds
	for _, dir := range []string{projectDir, cwd} {
		if dir == "" || slices.Contains(g.dirs, dir) {
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

// bases are the folders that ./trees/… may be relative to, the likeliest first. The main worktree is looked for only here: most
// events need no more of a repository than its key.
func (g Grounds) bases() []string {
	bases := slices.Clone(g.dirs)
	if g.Repository != nil && g.fixed == nil {
		if root := g.Repository.MainRoot(); root != "" && !slices.Contains(bases, root) {
			bases = append(bases, root)
		}
	}
	return bases
}

// Key names what the journal is kept for: the common git directory of the project folder, which all its worktrees share, or that
// folder where it is in no repository; the working directory's where the host names no project. Every event of a session has the
// same, wherever the orchestrator has gone meanwhile.
func (g Grounds) Key() string { return g.key }

// WithTrees is the grounds with linked worktrees below that folder of the main one; "" stands for treesRoot.
func (g Grounds) WithTrees(root string) Grounds {
	g.trees = root
	return g
}

// InThePast is the grounds for a stop that happened long ago: a worktree that is not there now may have been there then (SiteGone).
func (g Grounds) InThePast() Grounds {
	g.past = true
	return g
}

// FindSite looks for the worktree that a report claims and holds it against the one that was asked for, if any.
func (g Grounds) FindSite(claimed, asked string) Site {
	site := g.findSite(claimed, asked)
	if g.past && (site.Problem == SiteAbsent || site.Problem == SiteNoRepository) {
		return Site{Problem: SiteGone}
	}
	return site
}

func (g Grounds) findSite(claimed, asked string) Site {
	if g.fixed != nil {
		return Site{Place: *g.fixed}
	}
	if g.Repository == nil {
		return Site{Problem: SiteNoRepository}
	}
	site, dir := g.find(claimed)
	if site.Problem != SiteFound {
		return site
	}
	if asked != "" {
		// A prompt that names a worktree which cannot be used binds nobody: the launch was wrong, not the report.
		if wanted, _ := g.find(asked); wanted.Problem == SiteFound && wanted.Place.GitDir != site.Place.GitDir {
			return Site{Problem: SiteOtherThanAsked}
		}
	}
	if !g.belowTrees(dir) && !g.belowTrees(site.Place.Root) {
		return Site{Problem: SiteOutsideTrees, Detail: "./" + cmp.Or(g.trees, treesRoot) + "/"}
	}
	return site
}

// find is the worktree at path and the directory it was found by: of the directories that path may mean, the first that is a linked
// worktree of the repository; else what is wrong with the first that exists.
func (g Grounds) find(path string) (site Site, dir string) {
	site = Site{Problem: SiteAbsent}
	for _, candidate := range g.meanings(path) {
		if info, err := os.Stat(candidate); err != nil || !info.IsDir() {
			continue
		}
		found := g.examine(candidate)
		if found.Problem == SiteFound {
			return found, candidate
		}
		if site.Problem == SiteAbsent {
			site, dir = found, candidate
		}
	}
	return site, dir
}

// examine tells what the directory is.
func (g Grounds) examine(dir string) Site {
	place, err := worktree.Locate(dir)
	if errors.Is(err, worktree.ErrNoRepository) {
		return Site{Problem: SiteNotTop}
	}
	if err != nil {
		return Site{Problem: SiteUnreadable, Detail: err.Error()}
	}
	top, err := filepath.EvalSymlinks(dir)
	switch {
	case err != nil || top != place.Root:
		return Site{Problem: SiteNotTop}
	case place.CommonDir != g.Repository.CommonDir:
		return Site{Problem: SiteOtherRepository}
	case !place.Linked():
		return Site{Problem: SiteMain}
	}
	return Site{Place: place}
}

// meanings are the directories that path may mean.
func (g Grounds) meanings(path string) []string {
	if path == "" || strings.ContainsRune(path, 0) {
		return nil
	}
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return []string{filepath.Clean(path)}
	}
	dirs := g.bases()
	for i, base := range dirs {
		dirs[i] = filepath.Join(base, path)
	}
	return dirs
}

// belowTrees tells whether dir lies below ./trees/ of one of the folders that a worktree's path may be relative to.
func (g Grounds) belowTrees(dir string) bool {
	return slices.ContainsFunc(g.bases(), func(base string) bool {
		rel, err := filepath.Rel(filepath.Join(base, filepath.FromSlash(cmp.Or(g.trees, treesRoot))), dir)
		return err == nil && rel != "." && filepath.IsLocal(rel)
	})
}

// assigns tells whether an agent was given that worktree.
func (g Grounds) assigns(asked launch.Assignment, place worktree.Place) bool {
	if asked.WorktreePath == "" || g.Repository == nil {
		return false
	}
	site, _ := g.find(asked.WorktreePath)
	return site.Problem == SiteFound && site.Place.GitDir == place.GitDir
}
