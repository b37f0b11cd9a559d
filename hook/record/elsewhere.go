package record

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"stopgate/hook/journal"
	"stopgate/hook/trace"
)

// recentSession is how long ago something must have happened in another session for its agents to be at work still.
const recentSession = 24 * time.Hour

// OccupantsElsewhere are the coding agents of other sessions that were launched into the worktree called name and are at work there.
func (l *Log) OccupantsElsewhere(ctx context.Context, name, sessionTranscript string, now time.Time) []trace.OtherAgent {
	records, _, err := l.readSince(ctx, now.Add(-recentSession), KindStart, KindStop)
	if err != nil || sessionTranscript == "" {
		return nil
	}
	seen := map[string]bool{l.session: true}
	var list []trace.OtherAgent
	for _, rec := range records {
		if seen[rec.Session] || now.Sub(rec.At) > recentSession {
			continue
		}
		seen[rec.Session] = true
		path := transcriptOf(rec.Session, sessionTranscript)
		if path == "" {
			continue
		}
		all, _, err := l.journal.Read(ctx, journal.Filter{Session: rec.Session})
		if err == nil {
			list = append(list, Fold(all).Occupants(name, path, now)...)
		}
	}
	return list
}

// transcriptOf is where the host keeps the transcript of a session, beside that of another one or in the folder of another project; "" if it
// is not there.
func transcriptOf(session, other string) string {
	if session == "" || strings.ContainsAny(session, `/\*?[`) {
		return ""
	}
	for _, pattern := range []string{
		filepath.Join(filepath.Dir(other), session+".jsonl"), filepath.Join(filepath.Dir(other), session, "subagents"),
		filepath.Join(filepath.Dir(filepath.Dir(other)), "*", session+".jsonl"),
	} {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			if filepath.Base(found[0]) == "subagents" { // the session has written nothing itself yet
				return filepath.Join(filepath.Dir(other), session+".jsonl")
			}
			return found[0]
		}
	}
	return ""
}
