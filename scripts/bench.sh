#!/bin/sh
# Prints one table of ratios: stopgate against git and against programs that do nothing, measured in turn in one run.
# scripts/bench.sh [FILES...]: the sizes of the generated repositories. The benchmarks of the packages: go test -bench . ./...

cd "$(dirname "$0")/.." || exit 1
exec go run ./cmd/stopgate/bench "$@"
