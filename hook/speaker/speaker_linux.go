package speaker

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// tellsPeers means that the system reports which process is at the other end of a socket.
const tellsPeers = true

// peerOf asks the system about the other end of a stream.
func peerOf(f *os.File) (p peer) {
	raw, err := f.SyscallConn()
	if err != nil {
		return peer{}
	}
	_ = raw.Control(func(fd uintptr) { // a stream that fails here is not a socket
		credentials, err := syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
		if err != nil {
			return
		}
		p.socket, p.pid = true, int(credentials.Pid)
		name, err := syscall.Getpeername(int(fd))
		local, isUnix := name.(*syscall.SockaddrUnix)
		// The other end may have closed it. The syscall package calls the empty name "@".
		p.unnamed = errors.Is(err, syscall.ENOTCONN) || err == nil && isUnix && (local.Name == "" || local.Name == "@")
	})
	return p
}

// maxAbove limits the processes between a hook and its client: a shell, a program that wraps the hook.
const maxAbove = 8

// above returns the processes that started this one, nearest first.
func above() []int {
	var pids []int
	for at := os.Getppid(); at > 1 && len(pids) < maxAbove; {
		pids = append(pids, at)
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", at))
		if err != nil {
			break
		}
		// After the name in brackets: the state, then the parent (proc(5)).
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if len(fields) < 2 {
			break
		}
		if at, err = strconv.Atoi(fields[1]); err != nil {
			break
		}
	}
	return pids
}

// isAbove reports whether the process started this one, directly or indirectly.
func isAbove(pid int) bool { return slices.Contains(above(), pid) }

// wrapped reports whether the client started a program that started this one: the process below the client has sockets as stdin and stdout, as
// hooks do and commands do not. client is the client's process; "" if unknown.
func wrapped(client string) bool {
	pids := above()
	for i, pid := range pids {
		if client != "" && (i+1 == len(pids) || strconv.Itoa(pids[i+1]) != client) {
			continue
		}
		if hasSocket(pid, 0) && hasSocket(pid, 1) {
			return true
		}
	}
	return false
}

func hasSocket(pid, fd int) bool {
	target, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", pid, fd))
	return err == nil && strings.HasPrefix(target, "socket:")
}
