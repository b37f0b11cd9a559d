package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestServe: the page of the journal is at the printed address, shows new records, and is gone when the program ends.
func TestServe(t *testing.T) {
	t.Parallel()
	_, folder := desk(t)
	state := filepath.Dir(filepath.Dir(folder))
	out, in := io.Pipe()
	c := command{
		stdout: in, stderr: io.Discard, dir: filepath.Join(state, "shop"), now: time.Now,
		getenv: func(name string) string {
			return map[string]string{"STOPGATE_STATE_DIR": filepath.Join(state, "journals")}[name]
		},
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() {
		ended <- serving(ctx, c, pageSource{}, "", false)
		_ = in.Close()
	}()
	where, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("%v, %v", err, <-ended)
	}
	where = strings.TrimSuffix(where, "\n")
	read := func(path string) string {
		answer, err := http.Get(where + path)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: status %d, %v: %s", path, answer.StatusCode, err, text)
		}
		return string(text)
	}
	page := read("")
	if !strings.Contains(page, "bug-fixer") || !strings.Contains(page, "connect-src &#39;self&#39;") || !strings.Contains(page, "fetch(") {
		t.Errorf("the page is\n%.2000s", page)
	}
	shown := regexp.MustCompile(`data-state="(\w+)"`).FindStringSubmatch(page)
	if shown == nil {
		t.Fatal("the page does not know what it was made from")
	}
	segments, err := filepath.Glob(filepath.Join(folder, "*.jsonl"))
	if err != nil || len(segments) == 0 {
		t.Fatalf("no journal in %s: %v", folder, err)
	}
	file, err := os.OpenFile(segments[0], os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString("not a record\n"); err != nil || file.Close() != nil {
		t.Fatal(err)
	}
	now := read("wait?at=" + shown[1])
	if page := read(""); now == shown[1] || !strings.Contains(page, `data-state="`+now+`"`) || !strings.Contains(page, "1 line of the journals") {
		t.Errorf("after something was written the state is %q, and was %q; the page is\n%.2000s", now, shown[1], page)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if answer, err := http.Get(where); err == nil {
		answer.Body.Close()
		t.Error("the page is still served")
	}
}

// TestServeMisused: a page for other machines is refused, and so are two places for one page.
func TestServeMisused(t *testing.T) {
	t.Parallel()
	run, _ := desk(t)
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"--serve=0.0.0.0:80"}, exitCannotRun, "a loopback address"},
		{[]string{"--serve", "example.com:80"}, exitCannotRun, "a loopback address"},
		{[]string{"--serve", "--out", "page.html"}, exitNot, "leave out --out"},
		{[]string{"--serve", "127.0.0.1:0", "more"}, exitNot, "unexpected argument"},
		{[]string{"127.0.0.1:0"}, exitNot, "unexpected argument"},
	} {
		if status, stdout, stderr := run(append([]string{"dashboard"}, c.args...)...); status == exitOK || stdout != "" || !strings.Contains(stderr, c.says) {
			t.Errorf("%q: status %d, %q, %q; want %q", c.args, status, stdout, stderr, c.says)
		}
	}
}
