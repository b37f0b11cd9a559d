# shellcheck shell=sh
# Shared by the other scripts: functions about bin/stopgate, and the variable binary. To be sourced.
# The functions need the plugin's folder as the working directory, except native, which takes any path.

case ${OS-} in
Windows_NT) binary=bin/stopgate.exe ;;
*) binary=bin/stopgate ;;
esac

# The stamp beside the binary holds a checksum of its sources. File times do not help: all files of an installed
# plugin have the time of the install.
stamp=bin/.stopgate.stamp

# native FILE: does FILE begin like an executable of this machine? A shell reads any other file as a script, and dash then exits 2, which
# the host takes for a verdict.
native() {
	[ -f "$1" ] && [ -x "$1" ] || return 1
	machine=$(uname -sm)
	# shellcheck disable=SC2046 # the bytes are to be split
	set -- $(LC_ALL=C od -A n -t x1 -N 20 "$1" 2>/dev/null)
	case "$machine:${1-}${2-}${3-}${4-}:${5-}:${19-}${20-}" in
	"Linux x86_64:7f454c46:02:3e00") ;;
	"Linux x86_64:7f454c46:01:0300") ;; # 386
	"Linux aarch64:7f454c46:02:b700") ;;
	"Linux x86_64:"* | "Linux aarch64:"*) return 1 ;;
	Linux*:7f454c46:*) ;;
	Darwin*:cffaedfe:* | Darwin*:cafebabe:*) ;;
	MINGW*:4d5a* | MSYS*:4d5a* | CYGWIN*:4d5a*) ;;
	Linux* | Darwin* | MINGW* | MSYS* | CYGWIN*) return 1 ;;
	*:7f454c46:*) ;; # the BSDs
	*) return 1 ;;
	esac
}

# bundled: the program for this machine in a release with programs for all platforms, where bin/stopgate is a script that starts it. Prints
# nothing in other installs.
bundled() {
	case $(uname -sm) in
	"Linux x86_64") own=bin/stopgate-linux-amd64 ;;
	"Linux aarch64" | "Linux arm64") own=bin/stopgate-linux-arm64 ;;
	"Darwin x86_64") own=bin/stopgate-darwin-amd64 ;;
	"Darwin arm64") own=bin/stopgate-darwin-arm64 ;;
	MINGW*ARM64 | MSYS*ARM64 | MINGW*aarch64 | MSYS*aarch64) own=bin/stopgate-windows-arm64.exe ;;
	MINGW*x86_64 | MSYS*x86_64 | CYGWIN*x86_64) own=bin/stopgate-windows-amd64.exe ;;
	*) return 1 ;;
	esac
	[ -f "$own" ] && printf '%s' "$own"
}

# place: replaces the script bin/stopgate by the bundled program, so that hooks start it directly. In a read-only folder the script stays.
place() {
	own=$(bundled) || return 0
	cmp -s "$own" "$binary" 2>/dev/null && return 0
	new=bin/.new.$$
	if { cp "$own" "$new" && chmod 755 "$new" && mv -f "$new" "$binary"; } 2>/dev/null; then
		return 0
	fi
	rm -f "$new" 2>/dev/null
	return 0
}

# runs: does the binary exist, run on this machine, and identify itself as stopgate?
runs() {
	if ! native "$binary"; then
		own=$(bundled) && native "$own" || return 1
	fi
	case $("$binary" version 2>/dev/null </dev/null) in
	"stopgate "*) ;;
	*) return 1 ;;
	esac
}

# sources: the files that the binary is built from, and perhaps a few more. A test holds the list against go list.
sources() {
	find go.mod go.sum cmd hook schema -name testdata -prune -o -type f \
		\( -name 'go.*' -o -name '*.go' ! -name '*_test.go' -o -name '*.json' -o -name '*.html' -o -name '*.css' -o -name '*.js' \) "$@" 2>/dev/null
}

# sum: one line that changes with any source.
sum() {
	sources -exec cksum {} + | LC_ALL=C sort | cksum
}

# fresh: was the binary built from these sources? A release has no sources to compare with.
fresh() {
	[ -d cmd/stopgate ] || return 0
	[ -f "$stamp" ] && read -r stamped <"$stamp" && [ "$stamped" = "$(sum)" ]
}
