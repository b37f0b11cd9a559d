#!/bin/sh
# Runs every benchmark, or those that match the pattern given: scripts/bench.sh [PATTERN [go test flags]].
# Read ratios within one run; times of two runs, or of two machines, say little.

cd "$(dirname "$0")/.." || exit 1
pattern=${1:-.}
[ $# -eq 0 ] || shift
exec go test -run '^$' -bench "$pattern" -benchmem "$@" ./...
