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

# The linter runs vet already. Nobody debugs the test programs, and without debug tables they link in half the time.
LEAN = -vet=off -ldflags='-s -w'

TESTFLAGS = -count=1 -timeout=30m $(LEAN)

ATONCE = $(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1))))

LINT = $(GO) tool -modfile=scripts/tools/go.mod golangci-lint

# In its own module, because the other tools need another release of the YAML module.
ACTIONLINT = $(GO) tool -modfile=scripts/tools/actionlint.mod actionlint

.PHONY: build test check unit raced plain stories clients lint format cross dist bench bench-check demo eval soak fuzz clean

# The script holds the flags, because a session of the host builds with it too.
build:
	@sh scripts/build.sh

# Everything that must hold before a commit.
test: lint unit cross

# What a developer runs between two edits: the linters, and `go test -short` of all packages except the real client's. Go takes the results of
# unchanged packages from its cache.
check: lint
	@packages=$$($(GO) list ./... | grep -vE '/(hosttest|browsertest)$$') && $(GO) test -short -timeout=5m $(LEAN) $$packages

# The packages whose tests all run with the race detector: those that start goroutines in their code, and worktree, whose tests are those of its
# parts (a test checks the list). Of the other packages, only the tests of files that start goroutines run with it. The detector makes tests three to
# ten times as slow, and has nothing to find where nothing runs at the same time, nor in the programs that the tests of cmd and scripts start. It
# runs with -short, which tries fewer cases of each kind. All cases run without it, and each night CI runs everything with it.
RACED = ^stopgate/hook/(replay|serve|worktree|worktree/(refs|status))$$
RACING = grep -rlE '^[[:space:]]*go (func[^a-z]|[A-Za-z0-9_.]+\()|\.Go\(' --include='*_test.go' hook schema

# One after the other: at the same time they take longer, because both start many processes.
unit: raced plain

# Where the tests make their files.
raced plain check stories: export TMPDIR = $(shell sh scripts/tmpdir.sh)

# The race detector needs a C compiler. Without one it is left out, except in CI.
raced:
	@packages=$$($(GO) list ./... | grep -E '$(RACED)') && files=$$($(RACING)) && \
	others=$$($(GO) list $$(printf './%s\n' $$files | sed 's|/[^/]*$$||' | sort -u) | grep -vE '$(RACED)') && \
	tests=$$(sed -n 's/^func \(Test[^(]*\)(.*/\1/p' $$files | paste -sd '|' -) && \
	if cc=$$(CGO_ENABLED=1 $(GO) env CC) && command -v $$cc >/dev/null; then \
		echo 'go test -race'; \
		CGO_ENABLED=1 $(GO) test -race -short $(TESTFLAGS) $$packages && \
		CGO_ENABLED=1 $(GO) test -race -short $(TESTFLAGS) -run "^($$tests)$$" $$others; \
	elif [ -n "$$CI" ]; then \
		echo 'no C compiler, so no race detector' >&2; exit 1; \
	else \
		echo 'no C compiler, so no race detector'; \
	fi

# The sessions of the real client wait most of their time, so more packages run at once than there are processors.
plain:
	@$(GO) test $(TESTFLAGS) -p $(ATONCE) ./...

# Every story of the real client, in the foreground and in the background. The tests run most of them in only one way.
stories:
	STOPGATE_STORIES=all $(GO) test -count=1 -timeout=60m ./cmd/stopgate/hosttest

# One session with each of several releases of the client. Writes docs/clients.md.
clients:
	@sh scripts/clients.sh

# gofumpt, go vet, staticcheck and the other linters of .golangci.yml; and a check of the GitHub workflows.
# Without a cache, collecting its garbage takes the linter a quarter of its time. It needs 3 GB at most.
lint: export GOGC = 400
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

# A table of costs, each as a ratio to something measured in turn with it. docs/performance.md holds one.
bench:
	@sh scripts/bench.sh $(if $(RECORDS),-records $(RECORDS)) $(if $(SESSIONS),-sessions $(SESSIONS)) $(FILES)

# Fails if a ratio of the small sizes is worse than the one in docs/performance.md by more than the tolerance, three times in a row.
bench-check:
	@sh scripts/bench.sh -check docs/performance.md -tolerance $(TOLERANCE) -records 0 -sessions 0 1000 3000

demo:
	@sh scripts/demo.sh

# How often an honest agent is held up, and how often a false report passes: at least STOPS stops, chosen by SEED. Writes docs/evaluation.md.
# With PEERS, other tools in these folders (separated by commas) are asked about the same stops and compared, in docs/peers.md; nothing is fetched.
# With KINDS, only kinds whose names contain one of these parts (separated by commas) are played, and nothing is written.
eval:
	@$(GO) run ./scripts/eval -seed $(SEED) -stops $(STOPS) $(if $(PEERS),-peers "$(PEERS)") $(if $(KINDS),-kinds "$(KINDS)",-out docs/$(if $(PEERS),peers,evaluation).md)

# Plays sessions for MINUTES while hooks are killed, the disk is full and the clock is set back, and counts what was lost. Linux only; the disk
# is filled only for root.
soak:
	@$(GO) run ./scripts/soak -minutes $(MINUTES) -seed $(SEED)

# Runs every fuzz target for FUZZTIME. By default go test takes up to a minute to make one input smaller that reached new code, and tries no other
# inputs meanwhile.
fuzz:
	@for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x $$package || exit 1; \
		done; \
	done

clean:
	rm -rf bin dist .cache
