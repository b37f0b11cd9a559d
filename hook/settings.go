package hook

import (
	"context"
	"fmt"
	"io"

	"stopgate/hook/config"
	"stopgate/hook/worktree"
)

// settings are what a repository configures.
type settings struct {
	config.Config
	// problems say why the file does not count; the defaults hold then.
	problems []string
}

func readSettings(ctx context.Context, observe Observer, grounds Grounds, log io.Writer) *settings {
	s := &settings{Config: defaults()}
	place, ok := grounds.main()
	if !ok || observe == nil {
		return s
	}
	text, err := observe.FileAt(ctx, place, "HEAD", config.FileName, config.MaxBytes)
	if err != nil {
		fmt.Fprintf(log, "stopgate: %v; the default configuration holds\n", err)
		s.problems = []string{oneLine(err.Error())}
		return s
	}
	if text == nil {
		return s
	}
	c, problems := config.Parse(config.FileName, text)
	for _, p := range problems {
		s.problems = append(s.problems, oneLine(p.String()))
	}
	s.Config = c
	return s
}

// warning tells the person that their configuration does not count; "" where it does.
func (s *settings) warning() string {
	if s == nil || len(s.problems) == 0 {
		return ""
	}
	more := ""
	if n := len(s.problems) - 1; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	return fmt.Sprintf("stopgate: %s%s; the default configuration holds until that is mended and committed", clip(s.problems[0], maxReasonShown), more)
}

// main is the repository's main worktree, or the session's own place where there is none to be found.
func (g Grounds) main() (worktree.Place, bool) {
	if g.Repository == nil {
		return worktree.Place{}, false
	}
	if root := g.Repository.MainRoot(); root != "" {
		if place, err := worktree.Locate(root); err == nil {
			return place, true
		}
	}
	return *g.Repository, true
}
