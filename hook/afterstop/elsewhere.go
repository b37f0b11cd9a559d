package afterstop

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"stopgate/hook/actor"
	"stopgate/hook/look"
	"stopgate/hook/quote"
	"stopgate/hook/scene"
	"stopgate/hook/site"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// maxElsewhere is how many files in other worktrees are named.
const maxElsewhere = 10

// elsewhere describes files of other worktrees of the repository that were written after the agent had stopped, and that a command names which may
// have left a process running. That is no proof: a person may have edited the file that a server was started for.
func elsewhere(ctx context.Context, s *scene.Scene, a actor.Agent, agent *transcript.Agent, since time.Time) (found []string) {
	repository := s.Grounds().Repository
	if repository == nil || since.IsZero() {
		return nil
	}
	ctx, done := context.WithTimeout(ctx, look.MarksWithin)
	defer done()
	named := map[string]bool{}
	for _, c := range trace.ClassifiedCommands(ctx, agent, time.Time{}, nil) {
		if !c.Left {
			continue
		}
		for _, name := range append(c.ChangingPaths(), below(repository.MainRoot(), c.Text)...) {
			if len(found) == maxElsewhere || named[name] || !filepath.IsAbs(name) {
				continue
			}
			named[name] = true
			info, err := os.Lstat(name)
			if err != nil || !info.Mode().IsRegular() || !info.ModTime().After(since) {
				continue
			}
			place, err := worktree.Locate(site.Existing(filepath.Dir(name)))
			if err != nil || place.CommonDir != repository.CommonDir || place.GitDir == a.Place.GitDir {
				continue
			}
			rel, err := filepath.Rel(place.Root, name)
			if err != nil || trace.LastChanging([]trace.Command{c}, place.Root, filepath.ToSlash(rel)).Text == "" {
				continue
			}
			found = append(found, fmt.Sprintf("%s was written, which %s names (%s): it may have left a process running",
				quote.String(name, quote.MaxPath), quote.String(c.Text, quote.MaxPath), trace.Where(c.Line, "its", c.Helper)))
		}
	}
	return found
}

// below returns the paths in a text that begin with that folder. The text may quote a script.
func below(folder, text string) (names []string) {
	folder += string(filepath.Separator)
	for {
		at := strings.Index(text, folder)
		if at < 0 {
			return names
		}
		name := text[at:]
		if end := strings.IndexAny(name, " \t\n'\"`;&|<>()"); end >= 0 {
			name = name[:end]
		}
		names, text = append(names, filepath.Clean(name)), text[at+len(folder):]
	}
}
