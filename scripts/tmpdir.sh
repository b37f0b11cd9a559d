#!/bin/sh
# Prints the folder in which tests make their files: TMPDIR if it is set, else /dev/shm where that is a file system in memory with room, in which
# programs may run, else /tmp.
#
# The tests make and delete some hundred thousand files. In memory that takes a half to two thirds of the processor time, because ext4 without a
# journal searches past every file that was deleted lately for each new one.
set -u

# In KiB. The tests use at most a quarter of it at once.
needed=4194304

memory=/dev/shm

# Containers often forbid to run programs there.
runs() {
	program=$(mktemp "$memory/stopgate.XXXXXX") || return
	printf '#!/bin/sh\n' >"$program" && chmod +x "$program" && "$program" 2>/dev/null
	status=$?
	rm -f "$program"
	return $status
}

folder=${TMPDIR:-/tmp}
if [ -z "${TMPDIR:-}" ] && [ "$(stat -f -c %T "$memory" 2>/dev/null)" = tmpfs ]; then
	free=$(df -Pk "$memory" | awk 'NR == 2 { print $4 }')
	[ "${free:-0}" -ge "$needed" ] && runs && folder=$memory
fi
printf '%s\n' "$folder"
