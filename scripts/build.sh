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

# The version of Go that go.mod asks for, as in 1.26.
needed() { sed -n 's/^go \([0-9]*\.[0-9]*\).*/\1/p' go.mod; }

# The version of Go on this machine, as in 1.19; empty if unknown. Runs above this folder, so that Go does not load a newer one for go.mod.
present() {
	version=$(CDPATH='' cd -- / && GOTOOLCHAIN=local go version 2>/dev/null </dev/null)
	version=${version#go version }
	version=${version#devel }
	version=${version%% *}
	case $version in
	go[0-9]*.[0-9]*)
		version=${version#go}
		minor=${version#*.}
		printf '%s.%s' "${version%%.*}" "${minor%%[!0-9]*}"
		;;
	esac
}

# older A B: does version A, as in 1.19, come before B?
older() {
	[ -n "$1" ] && [ -n "$2" ] || return 1
	[ "${1%%.*}" -lt "${2%%.*}" ] || { [ "${1%%.*}" -eq "${2%%.*}" ] && [ "${1#*.}" -lt "${2#*.}" ]; }
}

[ -d cmd/stopgate ] || fail "there are no sources in $PWD: install the plugin again: claude plugin uninstall stopgate@stopgate && claude plugin install stopgate@stopgate"
want=$(needed)
get="install it from https://go.dev/dl"
command -v go >/dev/null 2>&1 || fail "Go was not found in PATH. Go $want or newer is needed to build stopgate: $get"
have=$(present)
# Since 1.21 Go can download a newer release itself.
if older "$have" "$want" && older "$have" 1.21; then
	fail "Go $want or newer is needed to build stopgate; this machine has $have: $get"
fi
new=bin/.new.$$
{ mkdir -p bin && true >"$new"; } 2>/dev/null || fail "$PWD/bin cannot be written"

# One build at a time, to save work. Two would do no harm, because each builds its own file and renames it. So a lock whose process is gone is
# removed, and one that is a minute old is taken over.
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
	rm -rf "$new" "$new.log" "$lock"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM
echo $$ >"$lock/pid"
if [ "$waited" -gt 0 ] && fresh && runs; then
	exit 0
fi

# Remove files that killed builds left behind.
for old in bin/.new.*; do
	kill -0 "${old##*.}" 2>/dev/null || rm -f "$old"
done

# The commit is stamped only if git can tell it. In a repository that git refuses, go build would fail. In a project's repository around this
# folder, it would stamp the project's commit.
vcs=false
if [ -e .git ] && git rev-parse -q --verify HEAD >/dev/null 2>&1; then
	vcs=auto
fi

# The sum comes first: if the sources change meanwhile, the stamp is stale and they are built again.
now=$(sum)
unset GOOS GOARCH
if [ -t 2 ] && [ ! -e "$stamp" ]; then
	echo "Building $binary with Go $have. The first build downloads the modules that go.sum pins, and takes about a minute." >&2
fi
CGO_ENABLED=0 GOWORK=off go build -mod=readonly -trimpath -buildvcs="$vcs" -o "$new" ./cmd/stopgate 2>"$new.log" &
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
# explained: the reason for a failed build in words, if its output shows a reason that needs no compiler output.
explained() {
	if older "$have" "$want"; then
		fail "Go $want or newer is needed to build stopgate; this machine has $have, and a newer one could not be downloaded: $get"
	fi
	if grep -q -i -E 'dial tcp|no such host|proxyconnect|i/o timeout|connection refused|module lookup disabled|network is unreachable' "$new.log"; then
		fail "the modules that stopgate is built from could not be downloaded: is this machine offline? Run once with a network: cd $PWD && go mod download"
	fi
	if grep -q -i -E 'no space left on device|disk quota exceeded' "$new.log"; then
		fail "the disk is full: go build could not write"
	fi
}
case $status in
0) cat "$new.log" >&2 ;;
143) fail "go build was stopped after $STOPGATE_BUILD_SECONDS seconds. The first build takes longest: run it by hand, without a limit" ;;
*)
	explained
	cat "$new.log" >&2
	fail "go build failed"
	;;
esac
if ! { mv -f "$new" "$binary" && printf '%s\n' "$now" >"$new" && mv -f "$new" "$stamp"; }; then
	fail "$PWD/$binary cannot be replaced"
fi
