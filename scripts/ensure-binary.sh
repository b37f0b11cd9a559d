#!/bin/sh
# The host runs this at the start of a session (hook/hooks.json). It checks that bin/stopgate is there, runs on this machine and was built
# from these sources, and builds it otherwise. The host silently skips a hook whose command is missing. So if the build fails, this script
# reports to the person and to the orchestrator that the gate is off. It prints nothing when all is well, and never exits 2.

trap 'case $? in 2) exit 1 ;; esac' EXIT # shells exit 2 on their own errors

case $0 in
*/*) here=${0%/*} ;;
*) here=. ;;
esac
CDPATH='' cd -- "$here/.." || exit 1
[ -r scripts/binary.sh ] || exit 1
. ./scripts/binary.sh

# json TEXT: TEXT as a JSON string. Bytes beyond ASCII are kept.
json() {
	printf '%s\n' "$1" | LC_ALL=C awk '
		BEGIN {
			for (i = 1; i < 32; i++) escape[sprintf("%c", i)] = sprintf("\\u%04x", i)
			escape["\""] = "\\\""
			escape["\\"] = "\\\\"
			printf "\""
		}
		NR > 1 { printf "\\n" }
		{
			for (i = 1; i <= length($0); i++) {
				c = substr($0, i, 1)
				printf "%s", (c in escape) ? escape[c] : c
			}
		}
		END { printf "\"" }'
}

# quoted TEXT: TEXT as one word of a shell command.
quoted() {
	printf '%s\n' "$1" | LC_ALL=C sed -e "s/'/'\\\\''/g" -e "1s/^/'/" -e "\$s/\$/'/"
}

# tell PERSON [MODEL]: the answer to the host, for the person and for the orchestrator.
tell() {
	printf '{"systemMessage": %s' "$(json "$1")"
	[ -z "${2-}" ] || printf ', "hookSpecificOutput": {"hookEventName": "SessionStart", "additionalContext": %s}' "$(json "$2")"
	printf '}\n'
}

# guarded EVENT: the shells of the session in the event get the guard's git (scripts/shim), if the host reads a file for them.
guarded() {
	[ -n "${CLAUDE_ENV_FILE-}" ] || return 0
	lines=$(printf '%s' "$1" | "$binary" guard --environment "$PWD") && [ -n "$lines" ] || return 0
	case $(cat -- "$CLAUDE_ENV_FILE" 2>/dev/null) in
	*"$lines"*) ;; # the session goes on after a compaction
	*) printf '%s\n' "$lines" >>"$CLAUDE_ENV_FILE" ;;
	esac
}

place
if fresh && runs; then
	event=$(cat)
	guarded "$event"
	# The program itself checks what else can switch the gate off, and tells the orchestrator what to expect.
	printf '%s' "$event" | "$binary" doctor --at-start
	exit 0
fi
# The limit is below the timeout in hook/hooks.json, at which the host would drop the answer. Of the compiler's output the end is kept,
# without bytes that are not fit for JSON or a terminal.
reason=$(STOPGATE_BUILD_SECONDS=${STOPGATE_BUILD_SECONDS:-200} sh scripts/build.sh 2>&1 |
	tail -n 6 | tr '\t' ' ' | LC_ALL=C tr -c '\n -~' '?' | cut -c 1-300)
if fresh && runs; then
	guarded "$(cat)"
	tell "stopgate: $binary was built; the gate is on."
	exit 0
fi

command="sh $(quoted "$PWD/scripts/build.sh")"
if runs; then
	guarded "$(cat)"
	state="the gate is on, but its program is not built from the present sources, and could not be built"
	effect="Reports of coding agents are checked by an outdated program"
	why=${reason:-the sources changed meanwhile}
	cure="To bring it up to date, fix that and run"
else
	state="the gate is OFF"
	effect="The reports of coding agents are not checked, and no next steps are given"
	why=${reason:-the new binary does not run}
	cure="To turn it on, fix that and run"
fi
tell "stopgate: $state.
Why: $why
$cure: $command" \
	"[stopgate plugin, automated check, not user input]
stopgate: $state. $effect.
Why: $why
Tell the person before you launch a coding agent. $cure: $command
It takes effect at once, in this session too."
