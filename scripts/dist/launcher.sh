#!/bin/sh
# bin/stopgate of a release with programs for all platforms: starts the one for this machine. The start of a session replaces this script by
# that program, unless the plugin's folder is read-only.

# folder PATH: the folder of a path.
folder() {
	case $1 in
	*/*) echo "${1%/*}" ;;
	*) echo . ;;
	esac
}
self=$0
while [ -L "$self" ]; do # in a folder of PATH, for instance
	target=$(readlink "$self")
	case $target in
	/*) self=$target ;;
	*) self=$(folder "$self")/$target ;;
	esac
done
here=$(folder "$self")
case $(uname -sm) in
"Linux x86_64") own=linux-amd64 ;;
"Linux aarch64" | "Linux arm64") own=linux-arm64 ;;
"Darwin x86_64") own=darwin-amd64 ;;
"Darwin arm64") own=darwin-arm64 ;;
*) own= ;;
esac
if [ -z "$own" ] || [ ! -x "$here/stopgate-$own" ]; then
	echo "stopgate: this release has no program for $(uname -sm); the gate is OFF" >&2
	exit 1
fi
exec "$here/stopgate-$own" "$@"
