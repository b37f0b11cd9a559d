#!/bin/sh
# Prints how the code is divided: for each package, without its tests, the files, lines of Go, and methods in another file than their type.
# scripts/structure.sh -trace: also how often one traced stop goes from one file, and from one package, to another.
# scripts/structure.sh -C DIR: the same for the checkout in DIR.

cd "$(dirname "$0")/.." || exit 1
exec go run ./scripts/structure "$@"
