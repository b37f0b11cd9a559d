package trace_test

import (
	"os"
	"path/filepath"
	"testing"

	"stopgate/hook/trace"
	"stopgate/hook/transcript"
)

func TestReveal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"rel.sh":   "set -e\ncommand -p git tag x\n",
		"rel.py":   "import subprocess\nsubprocess.run(['/usr/bin/git', 'tag', 'x'])\n",
		"ci.sh":    "PATH=/usr/bin:/bin\n/usr/bin/git log -1\ncommand -p ls\nnpm test\n",
		"plain.sh": "git tag x\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		commands []string
		want     string // of the last one
	}{
		{[]string{"sh rel.sh"}, "runs a script that replaces PATH"},
		{[]string{"./rel.sh v1"}, "runs a script that replaces PATH"},
		{[]string{"timeout 5 python3 -u rel.py"}, "runs a script that calls git by its absolute path"},
		{[]string{"cd .. && sh " + filepath.Join(dir, "rel.sh")}, "runs a script that replaces PATH"},
		{[]string{"cat > $TMPDIR/x.sh <<'E'\nenv -i /usr/bin/git tag x\nE", "sh $TMPDIR/x.sh"}, "runs a script that calls git by its absolute path"},
		{[]string{"echo 'echo fine' > $TMPDIR/x.sh", "sh $TMPDIR/x.sh"}, ""},
		{[]string{"sh ci.sh"}, ""},
		{[]string{"sh plain.sh"}, ""}, // the guard sees it
		{[]string{"cat rel.sh"}, ""},
		{[]string{"sh gone.sh"}, ""},
	} {
		var agent transcript.Agent
		for i, command := range test.commands {
			agent.ToolUses = append(agent.ToolUses, transcript.ToolUse{Name: "Bash", Command: command, CWD: dir, Line: i + 1, Outcome: transcript.Succeeded})
		}
		list := trace.ClassifiedCommands(t.Context(), &agent, agent.Run.Time, nil)
		if trace.Reveal(list, &agent); len(list) != len(test.commands) || list[len(list)-1].Hides != test.want {
			t.Errorf("%q: %+v", test.commands, list)
		}
	}
}
