package hook

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"stopgate/hook/worktree"
)

// treesRoot is the folder below the main worktree that holds the linked ones (seed, "WORKTREE_PATH").
const treesRoot = "trees"

// SiteProblem says why a claimed worktree cannot be used.
type SiteProblem int

const (
	// SiteFound means a linked worktree of this repository, below ./trees/.
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
	// Detail is the error behind SiteUnreadable.
	Detail string
}

// Grounds is where a session stands: what relative paths may be relative to.
type Grounds struct {
	// Repository is the repository of the session; nil where it runs in none.
	Repository *worktree.Place
	// Bases are folders that ./trees/… may be relative to, the likeliest first.
	Bases []string

	fixed *worktree.Place // the one worktree that every report is judged in; nil to believe the report
}

// SurveyGrounds finds the repository of a session from its project folder and its working directory. Empty names are passed
// over. The project folder comes first because it stays the same while the orchestrator changes directories.
func SurveyGrounds(projectDir, cwd string) Grounds {
	var g Grounds
	for _, dir := range []string{projectDir, cwd} {
		if dir == "" {
			continue
		}
		if place, err := worktree.Locate(dir); err == nil && g.Repository == nil {
			g.Repository = &place
			if root := place.MainRoot(); root != "" {
				g.Bases = append(g.Bases, root)
			}
		}
	}
	for _, dir := range []string{projectDir, cwd} {
		if dir != "" {
			g.Bases = append(g.Bases, dir)
		}
	}
	return g
}

// Key names the session's repository for the journal: its common git directory, which all its worktrees share, or the project
// folder where there is no repository.
func (g Grounds) Key() string {
	if g.Repository != nil {
		return g.Repository.CommonDir
	}
	if len(g.Bases) > 0 {
		return g.Bases[0]
	}
	return ""
}

// FindSite looks for the worktree that a report claims and holds it against the one that was asked for, if any.
func (g Grounds) FindSite(claimed, asked string) Site {
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
		return Site{Problem: SiteOutsideTrees}
	}
	return site
}

// find is the worktree at path and the directory it was found by.
func (g Grounds) find(path string) (site Site, dir string) {
	dir, ok := g.directory(path)
	if !ok {
		return Site{Problem: SiteAbsent}, ""
	}
	place, err := worktree.Locate(dir)
	if errors.Is(err, worktree.ErrNoRepository) {
		return Site{Problem: SiteNotTop}, dir
	}
	if err != nil {
		return Site{Problem: SiteUnreadable, Detail: err.Error()}, dir
	}
	real, err := filepath.EvalSymlinks(dir)
	switch {
	case err != nil || real != place.Root:
		return Site{Problem: SiteNotTop}, dir
	case place.CommonDir != g.Repository.CommonDir:
		return Site{Problem: SiteOtherRepository}, dir
	case !place.Linked():
		return Site{Problem: SiteMain}, dir
	}
	return Site{Place: place}, dir
}

// directory is the first existing directory that path may mean.
func (g Grounds) directory(path string) (string, bool) {
	if path == "" || strings.ContainsRune(path, 0) {
		return "", false
	}
	path = filepath.FromSlash(path)
	candidates := []string{path}
	if !filepath.IsAbs(path) {
		candidates = candidates[:0]
		for _, base := range g.Bases {
			candidates = append(candidates, filepath.Join(base, path))
		}
	}
	for _, dir := range candidates {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return dir, true
		}
	}
	return "", false
}

func (g Grounds) belowTrees(dir string) bool {
	rel, err := filepath.Rel(filepath.Join(g.Repository.MainRoot(), treesRoot), dir)
	return err == nil && rel != "." && filepath.IsLocal(rel)
}
