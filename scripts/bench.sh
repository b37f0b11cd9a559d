#!/bin/sh
# Prints one table of ratios: stopgate against git and against programs that do nothing, measured in turn in one run.
# scripts/bench.sh [-records N] [-sessions N] [-rounds N] [-check FILE] [-tolerance N] [FILES...]: the sizes of the generated repositories, by default 1000 to
# 100000. With -check it fails if a ratio is worse than in that file. The benchmarks of the packages: go test -bench . ./...

cd "$(dirname "$0")/.." || exit 1
exec go run ./cmd/stopgate/bench "$@"
