package speaker

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Process returns what identifies the running process with that id for good: the machine, its boot, the namespace of process ids, the id, and when
// the process began. It is "" if the system does not tell.
func Process(id string) string {
	pid, err := strconv.Atoi(id)
	if err != nil || pid < 2 {
		return ""
	}
	began, where := beginning(pid), place()
	if began == "" || where == "" {
		return ""
	}
	return strings.Join([]string{where, strconv.Itoa(pid), began}, " ")
}

// HasEnded reports whether a process has ended, by what Process returned for it. It is false if that cannot be known here.
func HasEnded(process string) bool {
	then, now := strings.Fields(process), strings.Fields(place())
	if len(then) != 5 || len(now) != 3 || then[0] != now[0] || then[2] != now[2] {
		return false // on another machine, or in another container
	}
	pid, err := strconv.Atoi(then[3])
	return err == nil && (then[1] != now[1] || beginning(pid) != then[4])
}

// place returns the machine, its boot and the namespace of process ids; "" if one of them is unknown.
func place() string {
	machine, err1 := os.Hostname()
	boot, err2 := os.ReadFile("/proc/sys/kernel/random/boot_id")
	space, err3 := os.Readlink("/proc/self/ns/pid")
	if err1 != nil || err2 != nil || err3 != nil {
		return ""
	}
	return strings.Join([]string{machine, strings.TrimSpace(string(boot)), space}, " ")
}

// beginning returns when a process began, in ticks since the boot; "" if it does not run.
func beginning(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // from the third field, the state (proc(5))
	if len(fields) < 20 || fields[0] == "Z" {
		return ""
	}
	return fields[19]
}
