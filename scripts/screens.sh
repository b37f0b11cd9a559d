#!/bin/sh
# Writes docs/screens.txt: what the commands for people show on a terminal of 130 columns, in the repository of the demo. Needs tmux.
# STOPGATE_BINARY names another program than the one that is built here.

if [ -z "${STOPGATE_SCREENS-}" ]; then # the demo makes the repository, and runs this script in it
	cd "$(dirname "$0")/.." || exit 1
	STOPGATE_SCREENS=$PWD/docs/screens.txt STOPGATE_DEMO_THEN=$PWD/scripts/screens.sh sh scripts/demo.sh >/dev/null && cat docs/screens.txt
	exit
fi

scratch=${STOPGATE_STATE_DIR%/*} root=${STOPGATE_SCREENS%/docs/*}
mkdir "$scratch/bin" && ln -s "$STOPGATE_BINARY" "$scratch/bin/stopgate" || exit 1
export PATH="$scratch/bin:$PATH" TERM=screen TZ=UTC
socket=none
trap 'tmux -L "$socket" kill-server 2>/dev/null' EXIT

# screen LINES COMMAND: what a terminal shows when the command has printed everything.
screen() {
	printf '$ %s\n\n' "$2" | sed "s|$scratch|/home/you|g"
	count=$((${count-0} + 1))
	socket=stopgate-screens-$$-$count # a server that was killed is not gone at once
	tmux -L "$socket" -f /dev/null new-session -d -x 130 -y "$1" "$2; sleep 600" || exit 1
	before=none now=
	while [ -z "$now" ] || [ "$now" != "$before" ]; do
		sleep 2
		before=$now
		now=$(tmux -L "$socket" capture-pane -p)
	done
	printf '%s\n\n' "$now" | sed -e "s|$scratch|/home/you|g" -e "s|$root|/opt/stopgate|g"
	tmux -L "$socket" kill-server
}

{
	screen 12 'stopgate status'
	screen 12 'stopgate status --watch'
	screen 20 'stopgate log'
	screen 4 "echo '{}' | stopgate statusline"
	screen 30 'stopgate doctor --quick'
	screen 24 "stopgate replay $scratch/session"
	screen 24 "stopgate replay --judge-again --verdict rejected $scratch/session"
} >"$scratch/screens" && mv "$scratch/screens" "$STOPGATE_SCREENS"
