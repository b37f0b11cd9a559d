// Package speaker finds out who gave this process its event: the client, or something that an agent runs.
package speaker

import (
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"stopgate/hook/lazyregexp"
)

// Speaker is who gave this process its event.
type Speaker int

// The speakers.
const (
	// Outside: no client is around. Events fed by hand, by tests for one, are answered like the client's.
	Outside Speaker = iota
	// Client: the client started this process.
	Client
	// ByHand: something inside a client started it, and does not hide that.
	ByHand
	// Forged: something inside a client started it and looks like the client, but is not.
	Forged
)

// peer is what a stream tells of its other end. The zero peer is a stream that is no socket, or a system that does not tell.
type peer struct {
	socket, unnamed bool
	pid             int
}

// Of returns who gave this process its event, by the process's own stdin, stdout and environment. The client (2.1.200 to 2.1.332, Linux) starts a
// hook with a socket of its own at stdin and stdout. On other systems, with other clients and with other streams than files, only the environment
// tells.
func Of(stdin io.Reader, stdout io.Writer, getenv func(string) string) Speaker {
	agent := getenv("AI_AGENT")
	switch {
	case agent == "" && getenv("CLAUDECODE") == "":
		return Outside
	case strings.HasSuffix(agent, "_agent"), agent == "" && getenv("CLAUDE_PROJECT_DIR") == "":
		return ByHand
	}
	in, inIsFile := stdin.(*os.File)
	out, outIsFile := stdout.(*os.File)
	if !inIsFile || !outIsFile || !tellsPeers || !usesSockets(agent) {
		return Client
	}
	if isClient(peerOf(in), getenv) && isClient(peerOf(out), getenv) || wrapped(getenv("CLAUDE_PID")) {
		return Client
	}
	return Forged
}

// isClient reports whether the other end of a stream can be the client: a process above this one. A client that an agent starts itself is one,
// too, and a program that an agent gives sockets and calls the client cannot be told from it.
func isClient(p peer, getenv func(string) string) bool {
	if !p.socket || !p.unnamed {
		return false
	}
	if p.pid == 0 { // of another namespace
		return true
	}
	if id := getenv("CLAUDE_PID"); id != "" && id != strconv.Itoa(p.pid) {
		return false
	}
	return isAbove(p.pid)
}

// harness is AI_AGENT as the client sets it for a hook.
var harness = lazyregexp.New(`^claude-code_(\d+)\.(\d+)\.(\d+)[^_]*_harness$`)

// The clients that were seen to start hooks with sockets, the first and the last. A newer one may start them in another way: to call all of
// its events forged would switch the gate off.
var firstWithSockets, lastWithSockets = []int{2, 1, 200}, []int{2, 1, 332}

// usesSockets reports whether a client of that version, which AI_AGENT tells, is known to start hooks with sockets.
func usesSockets(agent string) bool {
	m := harness().FindStringSubmatch(agent)
	if m == nil {
		return false
	}
	version := make([]int, len(firstWithSockets))
	for i := range version {
		version[i], _ = strconv.Atoi(m[i+1]) // digits, by the pattern
	}
	return slices.Compare(version, firstWithSockets) >= 0 && slices.Compare(version, lastWithSockets) <= 0
}
