package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// The terminal on which docs/screens.txt is made.
const (
	screenColumns = 130
	screenLines   = 40
)

// varies are the words of a screen that differ from one machine to the next: versions, sizes, and where git is.
var varies = regexp.MustCompile(`\bgo1[\w.-]*( \w+/\w+)?|\b[0-9a-f]{12}\b( \(modified\))?|\bgit \d[\w.-]*|\d+ KiB|/\S+/git\b`)

// TestScreens runs each command of docs/screens.txt on a terminal, in the repository of the documents' examples, and compares what it shows.
// With -update the file is written again.
func TestScreens(t *testing.T) {
	const name = "docs/screens.txt"
	before := string(readRoot(t, name))
	s := newShop(t)
	plugin := newClinic(t).plugin // for the doctor
	var b strings.Builder
	for _, command := range regexp.MustCompile(`(?m)^\$ (.*)$`).FindAllStringSubmatch(before, -1) {
		shown := s.onTerminal(command[1], "CLAUDE_PLUGIN_ROOT="+plugin)
		b.WriteString("$ " + command[1] + "\n\n" + strings.ReplaceAll(s.asShown(shown), plugin, "/opt/stopgate") + "\n\n")
	}
	after := b.String()
	masked := func(text string) string { return varies.ReplaceAllString(text, "VARIES") }
	if b.Len() == 0 || same(masked(before), masked(after)) {
		return
	}
	if !*update {
		t.Fatalf("%s is not true any more; go test ./cmd/stopgate -run TestScreens -update makes it\n%s", name, firstDifference(before, after))
	}
	if err := os.WriteFile(filepath.Join(root, filepath.FromSlash(name)), []byte(after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// onTerminal runs a line in the repository, and returns the terminal's screen. A command that does not end is interrupted after its first output.
func (s *shop) onTerminal(line, env string) string {
	s.t.Helper()
	master, slave := terminal(s.t)
	cmd := exec.Command("sh", "-c", "exec "+line)
	if strings.Contains(line, "|") {
		cmd = exec.Command("sh", "-c", line)
	}
	var problems bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.Env = s.repo, slave, &problems, append(os.Environ(), env, "TERM=screen", "COLUMNS=")
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	_ = slave.Close() // the command has it
	first := make([]byte, 1<<16)
	n, err := master.Read(first)
	if err != nil {
		s.t.Fatalf("%s shows nothing: %v, %s", line, err, problems.Bytes())
	}
	if strings.HasSuffix(line, " --watch") {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			s.t.Fatal(err)
		}
	}
	rest, err := io.ReadAll(master)
	if err != nil && !errors.Is(err, syscall.EIO) { // what a terminal says that has been left
		s.t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) || problems.Len() > 0 {
		s.t.Errorf("%s: %v, %s", line, err, problems.Bytes())
	}
	text := strings.NewReplacer("\r\n", "\n", "\x1b[H\x1b[J", "").Replace(string(first[:n]) + string(rest))
	var b strings.Builder
	for shown := range strings.Lines(text) {
		for runes := []rune(shown); len(runes) > 0; {
			part := runes[:min(screenColumns, len(runes))]
			if runes = runes[len(part):]; len(runes) > 0 && string(runes) != "\n" {
				part = append(part[:len(part):len(part)], '\n') // the terminal goes on in the next line
				s.t.Errorf("%s: the terminal has to break %q", line, shown)
			}
			b.WriteString(string(part))
		}
	}
	return strings.TrimSpace(b.String())
}

// terminal makes a pseudo-terminal.
func terminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = master.Close() })
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	err = errors.Join(err,
		unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0),
		unix.IoctlSetWinsize(int(master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: screenLines, Col: screenColumns}))
	if err != nil {
		t.Fatal(err)
	}
	if slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|syscall.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	return master, slave
}
