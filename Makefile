# Needs Go; make test also git, a C compiler (for the race detector) and npm (for the real client). GNU make 3.81 and later.

GO        ?= go
FUZZTIME  ?= 30s
SEED      ?= 1
MINUTES   ?= 10
STOPS     ?= 2000
TOLERANCE ?= 1.2

# The program, its tests and the linters are compiled with the same flags, so that each package is compiled once.
export CGO_ENABLED = 0
export GOFLAGS := $(strip $(filter-out -trimpath,$(GOFLAGS)) -trimpath)

PLATFORMS ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

# The linter vets already, and nobody debugs the test programs: without the tables for that they are linked in half the time.
TESTFLAGS = -count=1 -timeout=30m -vet=off -ldflags='-s -w'

LINT = $(GO) tool -modfile=scripts/tools/go.mod golangci-lint

# Apart from the other tools: they need another release of the YAML module.
ACTIONLINT = $(GO) tool -modfile=scripts/tools/actionlint.mod actionlint

.PHONY: build test check unit raced plain stories clients lint format cross dist bench bench-check demo eval soak fuzz clean

# The flags are in the script, because a session of the host builds with it too.
build:
	@sh scripts/build.sh

# Everything that must hold before a commit.
test: lint unit cross

# What a developer runs between two edits: the linters, and what `go test -short` runs of all packages but the real client's. Results of
# packages that have not changed come from the cache.
check: lint
	@packages=$$($(GO) list ./... | grep -vE '/(hosttest|browsertest)$$') && $(GO) test -short -timeout=5m $$packages

# What the race detector watches: the packages that start goroutines, in their code or in their tests (a test holds the list to that). It makes
# tests three to ten times as slow, and has nothing to find in the others, nor in the programs that the tests of cmd and scripts start. Here it
# runs their tests with -short, which tries fewer cases of each kind; all of them run without it, and each night CI runs everything with it.
RACED = ^stopgate/(hook|hook/(artifact|journal|replay|serve|worktree|worktree/(refs|status))|schema)$$

# One after the other: side by side they take longer, since both start processes all the time.
unit: raced plain

# The race detector needs a C compiler. Without one it is left out, except in CI.
raced:
	@packages=$$($(GO) list ./... | grep -E '$(RACED)') && \
	if cc=$$(CGO_ENABLED=1 $(GO) env CC) && command -v $$cc >/dev/null; then \
		echo 'go test -race'; \
		CGO_ENABLED=1 $(GO) test -race -short $(TESTFLAGS) $$packages; \
	elif [ -n "$$CI" ]; then \
		echo 'no C compiler, so no race detector' >&2; exit 1; \
	else \
		echo 'no C compiler, so no race detector'; \
	fi

plain:
	@$(GO) test $(TESTFLAGS) ./...

# The stories of the real client, every one in the foreground and in the background. The tests run most of them in one way.
stories:
	STOPGATE_STORIES=all $(GO) test -count=1 -timeout=60m ./cmd/stopgate/hosttest

# One session with each of several releases of the client. Writes docs/clients.md.
clients:
	@sh scripts/clients.sh

# gofumpt, go vet, staticcheck and the rest of .golangci.yml; and the workflows of GitHub.
lint:
	$(LINT) run --allow-parallel-runners
	$(ACTIONLINT) -shellcheck= -pyflakes=

format:
	$(LINT) fmt

# Links the program for every platform, and checks the tests of the packages that can differ between systems: those with files for some systems
# only, or that call a system directly. Both architectures of a system compile the same files. Nobody runs these programs: without optimization
# they take two thirds of the time.
DIFFERS = { git grep -lE '^//go:build|"syscall"|golang.org/x/sys' -- '*.go'; git ls-files '*_windows*.go' '*_linux*.go' '*_darwin*.go'; }
QUICKLY = -gcflags=$$([ "$$platform" = "$$($(GO) env GOHOSTOS)/$$($(GO) env GOHOSTARCH)" ] || echo 'all=-N -l')
cross:
	@for platform in $(PLATFORMS); do \
		echo "go build: $$platform"; \
		GOOS=$${platform%/*} GOARCH=$${platform#*/} $(GO) build "$(QUICKLY)" -ldflags='-s -w' -o /dev/null ./cmd/stopgate || exit 1; \
	done
	@folders=$$($(DIFFERS) | sed 's|^|./|; s|/[^/]*$$||' | sort -u) && for platform in darwin/amd64 windows/amd64; do \
		echo "go vet: $${platform%/*}"; \
		packages=$$(GOOS=$${platform%/*} $(GO) list -e -f '{{if or .GoFiles .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' $$folders) && \
		GOOS=$${platform%/*} GOARCH=$${platform#*/} $(GO) vet "$(QUICKLY)" $$packages || exit 1; \
	done

# The bundles of a release, with checksums and a software bill of materials, below dist.
dist:
	@$(GO) run ./scripts/dist

# A table of costs, each as a ratio to what was measured in turn with it. docs/performance.md keeps one.
bench:
	@sh scripts/bench.sh $(if $(RECORDS),-records $(RECORDS)) $(if $(SESSIONS),-sessions $(SESSIONS)) $(FILES)

# Fails where a ratio of the small sizes is worse than the one in docs/performance.md by more than the tolerance, three times in a row.
bench-check:
	@sh scripts/bench.sh -check docs/performance.md -tolerance $(TOLERANCE) -records 0 -sessions 0 1000 3000

demo:
	@sh scripts/demo.sh

# How often an honest agent is held up, and a false report passes: STOPS stops at least, which follow from SEED. Writes docs/evaluation.md.
# With PEERS, other tools in these folders (separated by commas) are asked about the same stops and compared, in docs/peers.md; nothing is fetched.
# With KINDS, only kinds whose names contain one of these parts (separated by commas) are played, and nothing is written.
eval:
	@$(GO) run ./scripts/eval -seed $(SEED) -stops $(STOPS) $(if $(PEERS),-peers "$(PEERS)") $(if $(KINDS),-kinds "$(KINDS)",-out docs/$(if $(PEERS),peers,evaluation).md)

# Plays sessions for MINUTES while hooks are killed, the disk is full and the clock is set back, and counts what was lost. Linux, as root where
# the disk is to be full.
soak:
	@$(GO) run ./scripts/soak -minutes $(MINUTES) -seed $(SEED)

# Every fuzz target for FUZZTIME. By default go test spends up to a minute on making one input smaller that reached new code, and runs no others
# meanwhile.
fuzz:
	@for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x $$package || exit 1; \
		done; \
	done

clean:
	rm -rf bin dist .cache
