package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"stopgate/hook/quote"
	"stopgate/hook/site"
)

// statuslineWithin bounds a status line. The client asks for one several times in a turn.
const statuslineWithin = 300 * time.Millisecond

// maxStatusline bounds the input, in bytes.
const maxStatusline = 1 << 20

// statusline prints where the tasks stand, for the client's status line. Nothing is printed if there is nothing to show.
func (c command) statusline(args []string) int {
	flags := flag.NewFlagSet("statusline", flag.ContinueOnError)
	if status, done := c.parseNone(flags, args); done {
		return status
	}
	c.awaits("statusline", "the client's JSON")
	input, err := io.ReadAll(io.LimitReader(c.stdin, maxStatusline))
	if err != nil {
		return c.failed("statusline", fmt.Errorf("reading the client's JSON: %w", err))
	}
	var state struct {
		Cwd       string
		Workspace struct {
			Project string `json:"project_dir"`
		}
	}
	var kind *json.UnmarshalTypeError // a field of another type than expected is passed over, and the rest counts
	if err := json.Unmarshal(input, &state); err != nil && !errors.As(err, &kind) {
		return c.failed("statusline", fmt.Errorf("reading the client's JSON: %w", err))
	}
	if state.Cwd != "" {
		c.dir = state.Cwd
	}
	ctx, cancel := context.WithTimeout(context.Background(), statuslineWithin)
	defer cancel()
	reader := c.reader()
	reader.Log = io.Discard
	if state.Workspace.Project != "" {
		reader.Grounds = site.GroundsOf(state.Workspace.Project, c.dir)
	}
	line := "journal unreadable"
	if status, err := reader.Standing(ctx); err == nil {
		line = status.Line()
	}
	world := c.world()
	world.Reader.Grounds = reader.Grounds
	if world.Off(ctx) {
		line = "gate OFF (stopgate doctor)"
	}
	if line == "" {
		return exitOK
	}
	if _, err := fmt.Fprintln(c.stdout, "stopgate: "+quote.Line(line)); err != nil {
		return c.failed("statusline", err)
	}
	return exitOK
}
