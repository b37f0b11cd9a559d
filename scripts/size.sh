#!/bin/sh
# Counts the lines of Go outside tests, without blank lines and comments: for each package, then in all.
cd "$(dirname "$0")/.." || exit 1
find cmd hook schema -name '*.go' ! -name '*_test.go' ! -path '*/testdata/*' -exec awk '
	!/^[ \t]*(\/\/.*)?$/ {
		package = FILENAME
		sub(/\/[^\/]*$/, "", package)
		lines[package]++
		total++
	}
	END {
		for (package in lines) print lines[package], package
		print total, "total"
	}' {} + | sort -k 2
