#!/bin/sh
# For coding agents whose frontmatter names this script as their Stop hook: hands the host's event to bin/stopgate.
# The host runs frontmatter hooks of a project's own agents; those of a plugin's agents are registered in hook/hooks.json.
# Whatever goes wrong here lets the agent go with a line on stderr and exit status 1. Never 2: that would block it.

trap 'case $? in 2) exit 1 ;; esac' EXIT # what a shell exits with when it stumbles

case $0 in
*/*) here=${0%/*} ;;
*) here=. ;;
esac
for root in "${CLAUDE_PLUGIN_ROOT-}" "$here/.."; do
	if [ -z "$root" ] || [ ! -r "$root/scripts/binary.sh" ]; then
		continue
	fi
	. "$root/scripts/binary.sh"
	if native "$root/$binary"; then
		# Not exec: Go exits 2 when it dies, and a shell may be asked to stand in for a broken file.
		"$root/$binary" hook
		exit
	fi
done
printf 'stopgate: the gate is OFF: there is no bin/stopgate for this machine in %s; run scripts/build.sh there\n' \
	"${CLAUDE_PLUGIN_ROOT:-$here/..}" >&2
exit 1
