// Git has the place of git.exe under Wine: it runs the git of the system that Wine runs on. Drives are Wine's: Z: is the root of that system.
// Wine starts such a program, but passes on neither its streams nor its end, so those go through files beside this program.
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// within bounds one command.
const within = 30 * time.Second

func main() {
	status, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "git under Wine:", err)
		status = 128
	}
	os.Exit(status)
}

func run(args []string) (status int, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	scratch := filepath.Dir(filepath.Dir(self))
	dir, err := os.MkdirTemp(filepath.Dir(self), "run-")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // it is in a scratch folder
	stdin, err := io.ReadAll(os.Stdin)
	if err != nil {
		return 0, err
	}
	cwd, err := os.Getwd()
	if err != nil {
		return 0, err
	}
	line := "git"
	for _, arg := range args {
		line += " '" + strings.ReplaceAll(unix(arg), "'", `'\''`) + "'"
	}
	script := fmt.Sprintf("cd '%s' && %s <'%[3]s/in' >'%[3]s/out' 2>'%[3]s/err'\necho $? >'%[3]s/status.new' && mv '%[3]s/status.new' '%[3]s/status'\n", unix(cwd), line, unix(dir))
	for name, text := range map[string]string{"in": string(stdin), "script": script} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return 0, err
		}
	}
	if _, err := os.StartProcess(`Z:\bin\sh`, []string{"sh", unix(filepath.Join(dir, "script"))}, &os.ProcAttr{Files: []*os.File{nil, nil, nil}}); err != nil {
		return 0, err
	}
	var text []byte
	for begun := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		if text, err = os.ReadFile(filepath.Join(dir, "status")); err == nil {
			break
		}
		if time.Since(begun) > within {
			return 0, fmt.Errorf("no answer: %w", err)
		}
	}
	for name, to := range map[string]io.Writer{"out": os.Stdout, "err": os.Stderr} {
		said, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return 0, err
		}
		// Git for Windows names a drive.
		if _, err := to.Write(bytes.ReplaceAll(said, []byte(unix(scratch)), []byte("Z:"+unix(scratch)))); err != nil {
			return 0, err
		}
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

// unix returns an argument as the system below has it: a path on drive Z: is one from its root.
func unix(arg string) string {
	for _, drive := range []string{`Z:\`, "Z:/"} {
		if before, path, ok := strings.Cut(arg, drive); ok {
			return before + "/" + strings.ReplaceAll(path, `\`, "/")
		}
	}
	return arg
}
