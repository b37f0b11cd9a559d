package replay

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// repo is a repository whose history a test writes.
type repo struct {
	*testing.T
	dir    string
	stream strings.Builder // for git fast-import
	tips   map[string]bool // branches that have a commit
}

// at returns the moment of that minute.
func at(minute int) time.Time { return time.Date(2026, 2, 1, 10, minute, 0, 0, time.UTC) }

// commit adds a commit to a branch: of those files, which are divided by spaces. A file behind a minus is deleted. The first commit of
// another branch than main stands on main. merged is a branch that the commit merges.
func (r *repo) commit(minute int, branch, message, files, merged string) {
	seconds := at(minute).Unix()
	fmt.Fprintf(&r.stream, "commit refs/heads/%s\ncommitter A <a@b.c> %d +0000\ndata %d\n%s\n", branch, seconds, len(message), message)
	if !r.tips[branch] && branch != "main" {
		r.stream.WriteString("from refs/heads/main\n")
	}
	r.tips[branch] = true
	if merged != "" {
		fmt.Fprintf(&r.stream, "merge refs/heads/%s\n", merged)
	}
	for file := range strings.FieldsSeq(files) {
		if gone, ok := strings.CutPrefix(file, "-"); ok {
			fmt.Fprintf(&r.stream, "D %s\n", gone)
			continue
		}
		fmt.Fprintf(&r.stream, "M 100644 inline %s\ndata %d\n%s\n", file, len(file+message), file+message)
	}
	r.stream.WriteString("\n")
}

// build writes the repository, without those branches.
func (r *repo) build(deleted ...string) {
	r.Helper()
	for _, branch := range deleted {
		fmt.Fprintf(&r.stream, "reset refs/heads/%s\nfrom %s\n\n", branch, strings.Repeat("0", 40))
	}
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"-c", "fastimport.unpackLimit=1", "fast-import", "--quiet", "--force"}} {
		cmd := exec.Command("git", append([]string{"-C", r.dir}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_DEFAULT_REF_FORMAT=files")
		cmd.Stdin = strings.NewReader(r.stream.String())
		if out, err := cmd.CombinedOutput(); err != nil {
			r.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
}

// conversation writes an agent's transcript; each turn is a word, a minute and what belongs to it: "edit 3 a.txt", "bash 3", "report 5 a.txt b.txt".
func (r *repo) conversation(id, task string, turns ...string) string {
	var b strings.Builder
	n := 0
	line := func(role string, minute int, content any, more string) {
		n++
		fmt.Fprintf(&b, `{"type":%q,"agentId":%q,"sessionId":"s1","cwd":%q,"timestamp":%q,"message":{"role":%q,"id":"m-%s-%d",%s"content":%v}}`+"\n",
			role, id, r.dir, at(minute).Format(time.RFC3339), role, id, n, more, content)
	}
	line("user", 0, fmt.Sprintf("%q", "TASK: "+task+" WORKTREE_PATH: ./trees/"+task+"-x"), "")
	for _, turn := range turns {
		var word, rest string
		var minute int
		_, _ = fmt.Sscanf(turn, "%s %d", &word, &minute)
		if parts := strings.SplitN(turn, " ", 3); len(parts) == 3 {
			rest = parts[2]
		}
		use := func(tool, input string) {
			name := fmt.Sprintf("t-%s-%d", id, n)
			line("assistant", minute, fmt.Sprintf(`[{"type":"tool_use","id":%q,"name":%q,"input":%s}]`, name, tool, input), `"stop_reason":"tool_use",`)
			line("user", minute, fmt.Sprintf(`[{"type":"tool_result","tool_use_id":%q,"is_error":false}]`, name), "")
		}
		switch word {
		case "edit":
			use("Edit", fmt.Sprintf(`{"file_path":%q}`, filepath.Join(r.dir, "trees", task+"-x", rest)))
		case "bash":
			use("Bash", `{"command":"sed -i s/a/b/ *"}`)
		case "report":
			list := `"` + strings.Join(strings.Fields(rest), `","`) + `"`
			text := fmt.Sprintf(`{"task_id":%q,"worktree_path":"./trees/%s-x","work_completed":"x","files_modified":[%s],"unfinished":[]}`, task, task, list)
			line("assistant", minute, fmt.Sprintf(`[{"type":"text","text":%q}]`, text), `"stop_reason":"end_turn",`)
		case "feedback":
			line("user", minute, `"Stop hook feedback: mend it"`, `"isMeta":true,`)
		}
	}
	return b.String()
}

// replayed returns the verdicts of the first agent's stops with what proves each claim, one line for each.
func (r *repo) replayed(transcripts ...string) []string {
	r.Helper()
	var agents []recording
	for _, text := range transcripts {
		s := transcript.NewScanner(r.Context(), strings.NewReader(text), transcript.Options{OneAgent: true})
		agent := recording{AgentType: "bug-fixer"}
		for s.Scan() {
			agent.Stops = append(agent.Stops, essence(s.Stop()))
		}
		for _, end := range s.Ended() {
			agent.End = end
		}
		agents = append(agents, agent)
	}
	p := Replayer{histories: &histories{known: map[string]*worktree.History{}, open: func(p worktree.Place) *worktree.History {
		return worktree.OpenHistory(p, worktree.Options{WithoutGit: "not in this test"})
	}}}
	var got []string
	for j := range p.stops(r.Context(), agents) {
		if j.Agent != 0 {
			continue
		}
		line := string(j.Case.Verdict)
		for _, f := range j.Case.Files {
			line += fmt.Sprintf(" %s:%s:%s", f.Path, f.Change, f.Proof)
		}
		got = append(got, line)
	}
	return got
}

// TestProvenByCommit: the worktree of each agent is gone. What it claims is proven by the commit that holds its work, and by no other.
func TestProvenByCommit(t *testing.T) {
	t.Parallel()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r := &repo{T: t, dir: dir, tips: map[string]bool{}}
	r.commit(-1000, "main", "base", "a b c d e f g h i j k l m n o p q old", "")
	r.commit(-60, "main", "before the agent", "old", "")
	// A branch that was merged and deleted, one that was squashed, and one that was never merged but is still there.
	r.commit(10, "T1", "Log in", "a new", "")
	r.commit(11, "main", "elsewhere", "z", "")
	r.commit(12, "main", "Merge", "", "T1")
	r.commit(13, "main", "Squashed", "c d", "")
	r.commit(15, "left-open", "open", "e", "")
	r.commit(16, "main", "by commands", "f -g", "")
	r.commit(17, "main", "of another task, later", "b", "")
	r.commit(18, "main", "[TASK-7] first", "h", "")
	r.commit(19, "main", "TASK-7: second", "i", "")
	r.commit(20, "main", "TASK-77: another", "j", "")
	r.commit(21, "main", "by somebody", "k", "")
	r.commit(22, "main", "twice", "l", "")
	r.commit(23, "main", "both", "m n", "")
	r.build("T1")

	for _, test := range []struct {
		name  string
		task  string
		turns []string
		peers []string
		want  string
	}{
		{"merged", "T1", []string{"edit 1 a", "edit 2 new", "report 5 a new"}, nil, "verified a:modified:commit new:added:commit"},
		{"squashed", "T2", []string{"edit 1 c", "edit 1 d", "report 5 c d"}, nil, "verified c:modified:commit d:modified:commit"},
		{"on a branch that is not merged", "T3", []string{"edit 1 e", "report 5 e"}, nil, "verified e:modified:commit"},
		{"by commands, one deleted", "T4", []string{"bash 1", "report 5 f g"}, nil, "verified f:modified:commit g:deleted:commit"},
		{"a file that no commit of the work holds", "T1", []string{"edit 1 a", "edit 2 new", "report 5 a new q"}, nil, "rejected a:modified:commit new:added:commit q:unchanged:none"},
		{"a file that another task changed later", "T1", []string{"edit 1 a", "edit 2 new", "report 5 a new b"}, nil, "rejected a:modified:commit new:added:commit b:unchanged:none"},
		{"edited and thrown away", "T1", []string{"edit 1 a", "edit 2 p", "report 5 a p"}, nil, "unknown a:modified:commit p:unknown:transcript"},
		{"thrown away whole", "T5", []string{"edit 1 p", "edit 2 q", "report 5 p q"}, nil, "unknown p:unknown:transcript q:unknown:transcript"},
		{"commits that name the task", "TASK-7", []string{"bash 1", "report 5 h i"}, nil, "verified h:modified:commit i:modified:commit"},
		{"a commit that names a longer task", "TASK-7", []string{"bash 1", "report 5 h i j"}, nil, "rejected h:modified:commit i:modified:commit j:unchanged:none"},
		{"nothing was done", "T6", []string{"report 5 k"}, nil, "unknown k:unknown:none"},
		{"committed before", "T7", []string{"edit 1 old", "report 5 old"}, nil, "unknown old:unknown:transcript"},
		{"made only after the first stop", "T8", []string{"edit 1 q", "report 5 l", "feedback 6", "edit 7 l", "report 8 l"}, nil, "unknown l:unknown:none; verified l:modified:commit"},
		{"made by another agent after the stop", "T9", []string{"edit 1 m", "bash 2", "report 5 m n"}, []string{"edit 9 n"}, "unknown m:modified:commit n:unknown:none"},
		{"made by both", "T9", []string{"edit 1 m", "edit 2 n", "report 5 m n"}, []string{"edit 9 n"}, "verified m:modified:commit n:modified:commit"},
	} {
		t.Run(test.name, func(t *testing.T) {
			transcripts := []string{r.conversation("one", test.task, test.turns...)}
			if test.peers != nil {
				transcripts = append(transcripts, r.conversation("two", test.task, test.peers...))
			}
			if got := strings.Join(r.replayed(transcripts...), "; "); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

func TestNamesTask(t *testing.T) {
	for text, want := range map[string]bool{
		"PROJ-12: log in": true, "log in (#proj-12)": true, "Merge branch 'feature/PROJ-12-login'": true, "PROJ-12": true, "xPROJ-12": false,
		"PROJ-123": false, "PROJ-123 and PROJ-12": true, "PROJ-1": false, "": false, "éPROJ-12": false,
	} {
		if got := namesTask(text, "PROJ-12"); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
	if namesTask("a", "a") || namesTask("anything", "") {
		t.Error("a task of one letter, or none, is named by chance")
	}
}
