#!/bin/sh
# Builds bin/stopgate from the sources in this plugin's folder. `make build` and scripts/ensure-binary.sh both call it.
# Exit status 0: the binary is there. 1: it is not, and stderr has the reason.
# STOPGATE_BUILD_SECONDS bounds go build. Unset or empty, there is no limit.

case $0 in
*/*) here=${0%/*} ;;
*) here=. ;;
esac
CDPATH='' cd -- "$here/.." || exit 1
. ./scripts/binary.sh

fail() {
	printf '%s\n' "$*" >&2
	exit 1
}

[ -d cmd/stopgate ] || fail "there are no sources in $PWD: install the plugin again"
command -v go >/dev/null 2>&1 || fail "Go was not found in PATH (https://go.dev/dl)"
new=bin/.new.$$
{ mkdir -p bin && true >"$new"; } 2>/dev/null || fail "$PWD/bin cannot be written"

# One build at a time, to save work. Two would do no harm, since each builds a file of its own and renames it. So a lock whose process is
# gone is removed, and one that is a minute old is taken over.
lock=bin/.lock
waited=0
until mkdir "$lock" 2>/dev/null; do
	holder=$(cat "$lock/pid" 2>/dev/null)
	if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then
		rm -rf "$lock"
	elif [ "$waited" -ge 60 ]; then
		break
	else
		sleep 1
	fi
	waited=$((waited + 1))
done
go='' watch=''
cleanup() {
	# shellcheck disable=SC2086 # empty, or a process id
	[ -z "$go$watch" ] || kill $go $watch 2>/dev/null
	rm -rf "$new" "$lock"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM
echo $$ >"$lock/pid"
if [ "$waited" -gt 0 ] && fresh && runs; then
	exit 0
fi

# What killed builds left behind.
for old in bin/.new.*; do
	kill -0 "${old##*.}" 2>/dev/null || rm -f "$old"
done

# The commit is stamped only where git can tell it: in a repository that git refuses, go build would fail, and in the
# repository of a project around this folder, it would stamp that one's.
vcs=false
if [ -e .git ] && git rev-parse -q --verify HEAD >/dev/null 2>&1; then
	vcs=auto
fi

# The sum comes first: the stamp of sources that change meanwhile is then a stale one, and they are built again.
now=$(sum)
unset GOOS GOARCH
CGO_ENABLED=0 GOWORK=off go build -mod=readonly -trimpath -buildvcs="$vcs" -o "$new" ./cmd/stopgate &
go=$!
if [ -n "${STOPGATE_BUILD_SECONDS-}" ]; then
	# In short sleeps, because the last one outlives this script.
	(
		left=$STOPGATE_BUILD_SECONDS
		while [ "$left" -gt 0 ] && sleep 1; do left=$((left - 1)); done
		kill "$go"
	) </dev/null >/dev/null 2>&1 &
	watch=$!
fi
wait "$go"
status=$?
go=''
case $status in
0) ;;
143) fail "go build was stopped after $STOPGATE_BUILD_SECONDS seconds" ;;
*) fail "go build failed" ;;
esac
if ! { mv -f "$new" "$binary" && printf '%s\n' "$now" >"$new" && mv -f "$new" "$stamp"; }; then
	fail "$PWD/$binary cannot be replaced"
fi
