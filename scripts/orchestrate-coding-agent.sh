#!/bin/sh
# The Stop hook for coding agents that name this script in their frontmatter: it passes the host's event to bin/stopgate.
# The host runs frontmatter hooks only for a project's own agents. Those of a plugin's agents are registered in hook/hooks.json.
# On any error the agent may stop, with a line on stderr and exit status 1. Never 2, which would block it.

trap 'case $? in 2) exit 1 ;; esac' EXIT # shells exit 2 on their own errors

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
		# Not exec: a crashed Go program exits 2, and so may a shell that runs a broken file.
		"$root/$binary" hook
		exit
	fi
done
printf 'stopgate: the gate is OFF: there is no bin/stopgate for this machine in %s; run scripts/build.sh there\n' \
	"${CLAUDE_PLUGIN_ROOT:-$here/..}" >&2
exit 1
