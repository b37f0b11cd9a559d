package journal

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The tests of this file run several processes. Each is this test binary, and its environment tells it what to do.
const childVariable = "STOPGATE_JOURNAL_TEST_CHILD"

// children are the programs of the processes. Each waits for the end of its input, acts, and prints what it did.
var children = map[string]func(j *Journal, args []string) error{
	"write":    childWrite,
	"claim":    childClaim,
	"hold":     childHold,
	"disk-out": childDiskOut,
}

func TestMain(m *testing.M) {
	name := os.Getenv(childVariable)
	if name == "" {
		os.Exit(m.Run())
	}
	j, err := Open(os.Args[1], os.Args[2])
	if err == nil {
		j.limit, err = strconv.ParseInt(os.Args[3], 10, 64)
	}
	if err == nil {
		_, err = io.ReadAll(os.Stdin)
	}
	if err == nil {
		err = children[name](j, os.Args[4:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// child is a process that runs one of the children.
type child struct {
	*exec.Cmd
	start  func() // lets it act
	stdout *bufio.Reader
	stderr strings.Builder
}

func startChild(t *testing.T, dir string, limit int64, name string, args ...string) *child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{Cmd: exec.Command(self, append([]string{dir, testKey, fmt.Sprint(limit)}, args...)...)}
	c.Env = append(os.Environ(), childVariable+"="+name)
	c.Cmd.Stderr = &c.stderr
	stdin, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.start, c.stdout = func() { _ = stdin.Close() }, bufio.NewReader(stdout)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if c.ProcessState == nil {
			_ = c.Process.Kill()
			_ = c.Wait()
		}
	})
	return c
}

// finish returns the rest of the process's output after it ended successfully.
func (c *child) finish(t *testing.T) string {
	t.Helper()
	out, err := io.ReadAll(c.stdout)
	if err == nil {
		err = c.Wait()
	}
	if err != nil {
		t.Fatalf("child: %v: %s", err, c.stderr.String())
	}
	return string(out)
}

// childWrite appends records numbered from 0 and prints each number once it is appended.
func childWrite(j *Journal, args []string) error {
	count, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	for n := range count {
		rec := Record{Kind: "k", At: at, Session: args[0], Agent: strconv.Itoa(n), Data: sequenceData(args[0], n)}
		if err := j.Append(context.Background(), rec); err != nil {
			return err
		}
		fmt.Println(n)
	}
	return nil
}

// sequenceData returns the data of the record with that number: about a hundred bytes, or about a hundred thousand if the session is called large.
func sequenceData(session string, n int) json.RawMessage {
	size := n * 37 % 2000
	if strings.HasPrefix(session, "large") {
		size *= 200
	}
	return json.RawMessage(`"` + strings.Repeat("x", size) + session + `"`)
}

// sequences returns how many records each session has, and fails if they are not 0, 1, 2 … with whole data.
func sequences(t *testing.T, recs []Record) map[string]int {
	t.Helper()
	next := map[string]int{}
	for _, r := range recs {
		n := next[r.Session]
		if r.Agent != strconv.Itoa(n) || !bytes.Equal(r.Data, sequenceData(r.Session, n)) {
			t.Fatalf("session %s: after %d records stands number %s with %d bytes", r.Session, n, r.Agent, len(r.Data))
		}
		next[r.Session]++
	}
	return next
}

func TestConcurrentWriters(t *testing.T) {
	writers, records := 8, 200
	if testing.Short() {
		records = 45
	}
	dir := t.TempDir()
	var procs []*child
	for n := range writers {
		procs = append(procs, startChild(t, dir, 32<<10, "write", fmt.Sprint("w", n), fmt.Sprint(records)))
	}
	for _, c := range procs {
		c.start()
	}
	// Meanwhile a reader sees of each writer the first so many records, never fewer than before.
	stop, stopped := make(chan bool), make(chan int)
	j := open(t, dir)
	go func() {
		seen, reads := map[string]int{}, 0
		defer func() { stopped <- reads }()
		for {
			select {
			case <-stop:
				return
			default:
			}
			recs, skipped, err := j.Read(context.Background(), Filter{})
			if err != nil || skipped.Lines > 1 { // the line that is being written
				t.Errorf("read %d records, skipped %+v, %v", len(recs), skipped, err)
				return
			}
			now := map[string]int{}
			for _, r := range recs {
				if r.Agent != strconv.Itoa(now[r.Session]) {
					t.Errorf("session %s: after %d records stands number %s", r.Session, now[r.Session], r.Agent)
					return
				}
				now[r.Session]++
			}
			for session, n := range seen {
				if now[session] < n {
					t.Errorf("session %s had %d records, and then %d", session, n, now[session])
					return
				}
			}
			seen = now
			reads++
		}
	}()
	for _, c := range procs {
		c.finish(t)
	}
	close(stop)
	reads := <-stopped
	segs, err := segments(j)
	if err != nil || len(segs) < 10 {
		t.Fatalf("%d segments, %v: too few to test that records straddle them", len(segs), err)
	}
	counts := sequences(t, read(t, j, Filter{}))
	for n := range writers {
		session := fmt.Sprint("w", n)
		if counts[session] != records {
			t.Errorf("%s: %d records, not %d", session, counts[session], records)
		}
		if got := len(read(t, j, Filter{Session: session})); got != records {
			t.Errorf("%s: a search finds %d records, not %d", session, got, records)
		}
	}
	t.Logf("%d segments, %d reads meanwhile", len(segs), reads)
}

// childClaim claims each thing that is not claimed yet, and prints those that it got.
func childClaim(j *Journal, args []string) error {
	for n := range 5 {
		task := strconv.Itoa(n)
		mine := false
		err := j.Update(context.Background(), Filter{Task: task, Kinds: []string{"claim"}}, func(past []Record) ([]Record, error) {
			if mine = len(past) == 0; mine {
				return []Record{{Kind: "claim", Agent: args[0], Task: task}}, nil
			}
			return nil, nil
		})
		if err != nil {
			return err
		}
		if mine {
			fmt.Println(task)
		}
	}
	return nil
}

func TestUpdateClaimsOnce(t *testing.T) {
	dir := t.TempDir()
	var procs []*child
	for n := range 16 {
		procs = append(procs, startChild(t, dir, 100, "claim", strconv.Itoa(n)))
	}
	for _, c := range procs {
		c.start()
	}
	owner := map[string]string{}
	for n, c := range procs {
		for _, task := range strings.Fields(c.finish(t)) {
			if other, ok := owner[task]; ok {
				t.Errorf("%s is claimed by %s and %d", task, other, n)
			}
			owner[task] = strconv.Itoa(n)
		}
	}
	claims := read(t, open(t, dir), Filter{Kinds: []string{"claim"}})
	if len(owner) != 5 || len(claims) != 5 {
		t.Errorf("%d claims were made and %d recorded, not 5", len(owner), len(claims))
	}
	for _, r := range claims {
		if owner[r.Task] != r.Agent {
			t.Errorf("%s is recorded for %s and was told %s", r.Task, r.Agent, owner[r.Task])
		}
	}
}

func TestKilledWriter(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	torn := 0
	for round := range 8 {
		session := fmt.Sprint([]string{"small", "large"}[round%2], round)
		c := startChild(t, dir, 16<<10, "write", session, "1000000")
		c.start()
		told := 0
		for told < 5+round {
			if _, err := c.stdout.ReadString('\n'); err != nil {
				t.Fatalf("after %d: %v: %s", told, err, c.stderr.String())
			}
			told++
		}
		time.Sleep(time.Duration(round) * time.Millisecond) // into the middle of something
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		rest, err := io.ReadAll(c.stdout)
		if err != nil {
			t.Fatal(err)
		}
		told += strings.Count(string(rest), "\n")
		_ = c.Wait() // it was killed
		recs, skipped, err := j.Read(context.Background(), Filter{})
		if err != nil || skipped.Lines > torn+1 {
			t.Fatalf("skipped %+v, %v", skipped, err)
		}
		torn = skipped.Lines
		// The record after the last one told may be there.
		if n := sequences(t, recs)[session]; n != told && n != told+1 {
			t.Errorf("round %d: %d records, %d were acknowledged", round, n, told)
		}
		// The lock died with the process.
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		if err := j.Append(ctx, Record{Kind: "k", Session: "after" + session, Agent: "0", Data: sequenceData("after"+session, 0)}); err != nil {
			t.Errorf("round %d: %v", round, err)
		}
		cancel()
	}
	t.Logf("%d of 8 killed writers left a torn line", torn)
}

// childHold holds a name until it is killed.
func childHold(j *Journal, args []string) error {
	release, err := j.Hold(context.Background(), args[0])
	if err != nil {
		return err
	}
	defer release()
	fmt.Println("held")
	time.Sleep(time.Hour)
	return nil
}

func TestHold(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	c := startChild(t, dir, segmentSize, "hold", "agent 1")
	c.start()
	if line, err := c.stdout.ReadString('\n'); line != "held\n" {
		t.Fatalf("%q, %v: %s", line, err, c.stderr.String())
	}
	short, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := j.Hold(short, "agent 1"); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), `hold "agent 1": lock `) {
		t.Fatalf("a name that another process holds: %v", err)
	}
	// Nothing else waits for it.
	appendAll(t, j, Record{Kind: "k"})
	release, err := j.Hold(context.Background(), "agent 2")
	if err != nil {
		t.Fatal(err)
	}
	release()
	release()
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // it was killed
	long, cancelLong := context.WithTimeout(context.Background(), time.Minute)
	defer cancelLong()
	release, err = j.Hold(long, "agent 1")
	if err != nil {
		t.Fatalf("a name whose holder was killed: %v", err)
	}
	// In one process the same holds.
	short2, cancel2 := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel2()
	if _, err := j.Hold(short2, "agent 1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("a name that is held: %v", err)
	}
	release()
	if release, err = j.Hold(long, "agent 1"); err != nil {
		t.Fatal(err)
	}
	release()
	for n := range 3 * holdFiles {
		release, err := j.Hold(long, fmt.Sprint(n))
		if err != nil {
			t.Fatal(err)
		}
		release()
	}
	locks, err := os.ReadDir(j.Folder() + "/locks")
	if err != nil || len(locks) > holdFiles+1 {
		t.Errorf("%d lock files, %v", len(locks), err)
	}
}

func TestAppendDoesNotWaitForEver(t *testing.T) {
	j := open(t, t.TempDir())
	done, cancel := context.WithCancel(context.Background())
	cancel()
	if err := j.Append(done, Record{Kind: "k"}); !errors.Is(err, context.Canceled) {
		t.Errorf("append when it is too late: %v", err)
	}
	if _, _, err := j.Read(done, Filter{}); err != nil {
		t.Errorf("reading nothing takes no time: %v", err)
	}
	appendAll(t, j, Record{Kind: "k"})
	if _, _, err := j.Read(done, Filter{}); !errors.Is(err, context.Canceled) {
		t.Errorf("read when it is too late: %v", err)
	}
	err := j.Update(context.Background(), Filter{}, func([]Record) ([]Record, error) {
		short, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		return nil, j.Append(short, Record{Kind: "lost"})
	})
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "journal: not free in time") {
		t.Errorf("append under the lock: %v", err)
	}
	failure := errors.New("undecided")
	err = j.Update(context.Background(), Filter{}, func(past []Record) ([]Record, error) { return past, failure })
	if !errors.Is(err, failure) {
		t.Errorf("a decision that fails: %v", err)
	}
	if recs := read(t, j, Filter{}); len(recs) != 1 {
		t.Errorf("%d records, not 1", len(recs))
	}
}
