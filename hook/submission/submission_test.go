package submission

import (
	"testing"

	"stopgate/hook/transcript"
)

func TestRead(t *testing.T) {
	const one, two = `{"task_id": "T1", "work_completed": "one", "files_modified": []}`, `{"task_id": "T2", "work_completed": "two", "files_modified": []}`
	said := func(texts ...string) transcript.Reply { return transcript.Reply{Texts: texts} }
	handed := func(report string) transcript.Reply { return transcript.Reply{Handbacks: []string{report}} }
	tests := []struct {
		name    string
		last    string
		replies []transcript.Reply
		kind    Kind
		source  Source
		task    string
	}{
		{"the last message", one, []transcript.Reply{said(two), said("x", one)}, ReportHandedIn, LastMessage, "T1"},
		{"no transcript", one, nil, ReportHandedIn, LastMessage, "T1"},
		{"another text of the last reply", "Done.", []transcript.Reply{said(one), said(two, "Done.")}, ReportHandedIn, SameReply, "T2"},
		{"the newest of them", "Done.", []transcript.Reply{said(one, two, "Done.")}, ReportHandedIn, SameReply, "T2"},
		{"handed back, with a sign-off", "Done.", []transcript.Reply{handed(one), said("Done.")}, ReportHandedIn, Handback, "T1"},
		{"what was handed back comes before an earlier reply", "Done.", []transcript.Reply{handed(one), said(two), said("Done.")}, ReportHandedIn, Handback, "T1"},
		{"an earlier reply", "Done.", []transcript.Reply{said(one), said(two), said("Done.")}, ReportHandedIn, EarlierReply, "T2"},
		{"an exit", "ERROR: no worktree", nil, ErrorExit, LastMessage, ""},
		{"an exit takes an earlier report back", "ERROR: file conflict", []transcript.Reply{said(one), said("ERROR: file conflict")}, ErrorExit, LastMessage, ""},
		{"a report of the same reply beats the exit", "ERROR: a test failed", []transcript.Reply{said(one, "ERROR: a test failed")}, ReportHandedIn, SameReply, "T1"},
		{"nothing", "Done.", []transcript.Reply{said("Working."), said("Done.")}, NothingHandedIn, LastMessage, ""},
		{"nothing at all", "", nil, NothingHandedIn, LastMessage, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Read(tt.last, tt.replies)
			if got.Kind != tt.kind || got.Source != tt.source || got.Report.TaskID != tt.task {
				t.Errorf("got kind %d from %d, task %q; want %d from %d, task %q", got.Kind, got.Source, got.Report.TaskID, tt.kind, tt.source, tt.task)
			}
		})
	}
}
