package speaker_test

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"stopgate/hook/speaker"
)

// TestHasEnded: a process that runs has not ended, and neither has one of another machine or container, as far as is known here.
func TestHasEnded(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("cat")
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	process := speaker.Process(strconv.Itoa(cmd.Process.Pid))
	fields := strings.Fields(process)
	if len(fields) != 5 || speaker.HasEnded(process) {
		t.Fatalf("a process that runs: %q", process)
	}
	with := func(i int, value string) string {
		other := append([]string(nil), fields...)
		other[i] = value
		return strings.Join(other, " ")
	}
	if !speaker.HasEnded(with(1, "another-boot")) || !speaker.HasEnded(with(4, "1")) {
		t.Error("a process of an earlier boot, or of the same id, runs")
	}
	_ = input.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{process: true, with(0, "another-machine"): false, with(2, "pid:[1]"): false, "": false, "a b c": false} {
		if got := speaker.HasEnded(name); got != want {
			t.Errorf("%q: %t", name, got)
		}
	}
	if speaker.Process("0") != "" || speaker.Process("x") != "" || speaker.Process(strconv.Itoa(cmd.Process.Pid)) != "" {
		t.Error("a process that does not run has an identity")
	}
}
