// Package speaker finds out who sent this process its event: the client, or a program that an agent runs.
package speaker

import (
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"stopgate/hook/lazyregexp"
)

// Speaker is the sender of the event.
type Speaker int

// The speakers.
const (
	// Outside: there is no client. Events sent by hand, for example by tests, are answered like the client's.
	Outside Speaker = iota
	// Client: the client started this process.
	Client
	// ByHand: a program inside a client started it, and does not hide that.
	ByHand
	// Forged: a program inside a client started it and pretends to be the client.
	Forged
)

// peer is the other end of a stream. The zero peer means that the stream is not a socket, or that the system does not tell.
type peer struct {
	socket, unnamed bool
	pid             int
}

// Of returns the sender of the event, by the process's own stdin, stdout and environment. The client (2.1.200 to 2.1.332, Linux) starts a hook with
// its own sockets as stdin and stdout. On other systems, with other clients and with streams that are not files, only the environment shows it.
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

// isClient reports whether the other end of a stream can be the client: a process above this one. A client that an agent starts itself counts, too.
// A program that an agent gives sockets and calls the client cannot be distinguished from it.
func isClient(p peer, getenv func(string) string) bool {
	if !p.socket || !p.unnamed {
		return false
	}
	if p.pid == 0 { // in another namespace
		return true
	}
	if id := getenv("CLAUDE_PID"); id != "" && id != strconv.Itoa(p.pid) {
		return false
	}
	return isAbove(p.pid)
}

// harness matches AI_AGENT as the client sets it for a hook.
var harness = lazyregexp.New(`^claude-code_(\d+)\.(\d+)\.(\d+)[^_]*_harness$`)

// The first and the last client that are known to start hooks with sockets. A newer one may start them differently: if all of its events counted as
// forged, the gate would be off.
var firstWithSockets, lastWithSockets = []int{2, 1, 200}, []int{2, 1, 332}

// usesSockets reports whether a client of the version in AI_AGENT is known to start hooks with sockets.
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
