package artifact

import (
	"iter"
	"path"
	"slices"
	"strings"
)

// Pattern is one kind of artifact: its name, the tool that leaves it, and the source of that information.
type Pattern struct {
	// Name is the artifact's exact name. At most one * stands for any characters. "directory/name" is the only name that is cleaned in a directory
	// that is otherwise excluded.
	Name string
	// Dir means a directory with everything in it, not a regular file.
	Dir bool
	// Beside is a file that must exist next to the first element of Name; empty if the name is enough.
	Beside string
	// Tool leaves the artifact. Source says so: Contract, or an address in the tool's own documentation.
	Tool, Source string
	// Mark distinguishes the tool's output from a file of the same name. If it is nil, the artifact is removed only if git ignores it.
	Mark *Mark
	// Wanted means that a task may ask for such a file, such as a profile. If a report lists it, it stays; otherwise it was left behind. It also stays
	// if git ignores it, because no report can list it then.
	Wanted bool
	// Common means that other programs and people give files such a name, too. Only the mark makes it an artifact: without it, git's ignoring it is
	// not enough.
	Common bool
	// declared means that a project's configuration names it, which counts like a mark.
	declared bool
}

// Contract is the Source of the patterns in the coding agents' own instructions ("Artifact Cleanup").
const Contract = "agents/integration-engineer.md, Artifact Cleanup"

// patterns are first those of these instructions in their order, then further ones of the same kinds of tools. They are never modified.
var patterns = [...]Pattern{
	{Name: "coverage", Dir: true, Tool: "Istanbul, c8, Jest, Vitest, SimpleCov", Source: Contract, Mark: &coverageReports},
	{Name: ".nyc_output", Dir: true, Tool: "nyc", Source: Contract, Mark: &nycOutput},
	{Name: "htmlcov", Dir: true, Tool: "coverage.py", Source: Contract, Mark: &htmlcov},
	{Name: ".coverage", Tool: "coverage.py", Source: Contract, Mark: &coverageData},
	{Name: "lcov.info", Tool: "LCOV", Source: Contract, Mark: &tracefile},
	{Name: ".pytest_cache", Dir: true, Tool: "pytest", Source: Contract, Mark: &pytestCache},
	{Name: "__pycache__", Dir: true, Tool: "Python", Source: Contract, Mark: &pycache},
	{Name: ".tox", Dir: true, Tool: "tox", Source: Contract, Mark: &toxEnvironments},
	{Name: "test-results.json", Tool: "test runners", Source: Contract, Mark: &testResults},
	{Name: "junit.xml", Tool: "test runners", Source: Contract, Mark: &junitReport},
	{Name: ".eslintcache", Tool: "ESLint", Source: Contract, Mark: &lintCache},
	{Name: ".ruff_cache", Dir: true, Tool: "Ruff", Source: Contract, Mark: &ruffCache},
	{Name: ".php-cs-fixer.cache", Tool: "PHP CS Fixer", Source: Contract, Mark: &phpCSFixerCache},
	{Name: ".rubocop-cache", Dir: true, Tool: "RuboCop", Source: Contract, Mark: &rubocopCache},
	{Name: ".tsbuildinfo", Tool: "TypeScript", Source: Contract, Mark: &buildInfo},
	{Name: "target/debug", Dir: true, Beside: "Cargo.toml", Tool: "Cargo", Source: Contract, Mark: &cargoDebug},

	{Name: "*.tsbuildinfo", Tool: "TypeScript", Source: "https://www.typescriptlang.org/tsconfig/#tsBuildInfoFile", Mark: &buildInfo},
	{Name: ".coverage.*", Tool: "coverage.py", Source: "https://coverage.readthedocs.io/en/latest/commands/cmd_combine.html", Mark: &coverageData},
	{Name: "coverage.xml", Tool: "coverage.py", Source: "https://coverage.readthedocs.io/en/latest/commands/cmd_xml.html", Mark: &coverageXML},
	{Name: "coverage.json", Tool: "coverage.py", Source: "https://coverage.readthedocs.io/en/latest/commands/cmd_json.html", Mark: &coverageJSON, Wanted: true},
	{Name: "coverage.lcov", Tool: "coverage.py", Source: "https://coverage.readthedocs.io/en/latest/commands/cmd_lcov.html", Mark: &tracefile},
	{Name: "pytestdebug.log", Tool: "pytest", Source: "https://docs.pytest.org/en/stable/reference/reference.html#command-line-flags", Mark: &pytestDebugLog},
	{Name: ".mypy_cache", Dir: true, Tool: "mypy", Source: "https://mypy.readthedocs.io/en/stable/command_line.html#cmdoption-mypy-cache-dir", Mark: &mypyCache},
	{Name: ".vitest", Dir: true, Tool: "Vitest 5", Source: "https://vitest.dev/config/attachmentsdir"},
	{Name: ".vitest-attachments", Dir: true, Tool: "Vitest 3 and 4", Source: "https://vitest.dev/guide/migration"},
	{Name: ".vitest-reports", Dir: true, Tool: "Vitest 1 to 4", Source: "https://vitest.dev/guide/migration", Mark: &vitestReports},
	{Name: ".stylelintcache", Tool: "Stylelint", Source: "https://stylelint.io/user-guide/options#cachelocation", Mark: &lintCache},
	{Name: ".phpunit.cache", Dir: true, Tool: "PHPUnit", Source: "https://github.com/sebastianbergmann/phpunit/issues/4599", Mark: &phpunitCache},
	{Name: ".phpunit.result.cache", Tool: "PHPUnit", Source: "https://github.com/sebastianbergmann/phpunit/blob/main/src/Runner/ResultCache/DefaultResultCache.php", Mark: &phpunitResults},
	{Name: "target/release", Dir: true, Beside: "Cargo.toml", Tool: "Cargo", Source: cargoCache, Mark: &cargoDebug},
	{Name: "target/CACHEDIR.TAG", Beside: "Cargo.toml", Tool: "Cargo", Source: cargoCache, Mark: &cargoTag},
	{Name: "target/.rustc_info.json", Beside: "Cargo.toml", Tool: "Cargo", Source: cargoCache, Mark: &rustcInfo},
	{Name: "coverage.out", Tool: "Go", Source: goTest, Mark: &goCoverage, Wanted: true},
	{Name: "cover.out", Tool: "Go", Source: goTest, Mark: &goCoverage, Wanted: true},
	{Name: "*.coverprofile", Tool: "Go", Source: goTest, Mark: &goCoverage, Wanted: true},
	{Name: "*.out", Tool: "Go", Source: goTest, Mark: &goOutput, Wanted: true, Common: true},
	{Name: "coverage.txt", Tool: "Go", Source: goTest, Mark: &goCoverage, Wanted: true, Common: true},
	{Name: "*.cov", Tool: "Go", Source: goTest, Mark: &goCoverage, Wanted: true, Common: true},
	{Name: "cover.html", Tool: "Go", Source: goCover, Mark: &goCoverPage, Wanted: true, Common: true},
	{Name: "coverage.html", Tool: "Go", Source: goCover, Mark: &goCoverPage, Wanted: true, Common: true},
	{Name: "covmeta.*", Tool: "Go", Source: goCover, Mark: &goCoverMeta, Wanted: true},
	{Name: "covcounters.*", Tool: "Go", Source: goCover, Mark: &goCoverCounters, Wanted: true},
	{Name: "*.prof", Tool: "Go", Source: goTest, Mark: &goProfile, Wanted: true},
	{Name: "*.pprof", Tool: "Go", Source: goTest, Mark: &goProfile, Wanted: true},
	{Name: "*.test", Tool: "Go", Source: goTest, Mark: &goTestProgram, Wanted: true},
	{Name: "*.gcno", Tool: "GCC and Clang", Source: gcov, Mark: &gcovNotes, Wanted: true},
	{Name: "*.gcda", Tool: "GCC and Clang", Source: gcov, Mark: &gcovData, Wanted: true},
	{Name: "*.gcov", Tool: "GCC and Clang", Source: gcov, Mark: &gcovListing, Wanted: true},
	{Name: "*.o", Tool: "compilers", Source: "https://gcc.gnu.org/onlinedocs/gcc/Overall-Options.html", Mark: &objectFile, Wanted: true},
	{Name: "*.xml", Tool: "test runners", Source: "https://github.com/testmoapp/junitxml", Mark: &junitReport, Wanted: true, Common: true},
	{Name: "default_*.profraw", Tool: "rustc", Source: "https://github.com/rust-lang/rust/pull/100384", Mark: &rawProfile},
}

// Sources of several patterns.
const (
	cargoCache = "https://doc.rust-lang.org/cargo/reference/build-cache.html"
	goTest     = "https://pkg.go.dev/cmd/go#hdr-Testing_flags"
	goCover    = "https://go.dev/doc/build-cover"
	gcov       = "https://gcc.gnu.org/onlinedocs/gcc/Gcov-Data-Files.html"
)

// Patterns yields every known kind of artifact.
func Patterns() iter.Seq[Pattern] {
	return slices.Values(patterns[:])
}

// String returns the pattern as a person writes it: with a slash at the end of a directory.
func (p Pattern) String() string {
	if p.Dir {
		return p.Name + "/"
	}
	return p.Name
}

func (p Pattern) fits(name string) bool {
	if name == p.Name {
		return true
	}
	before, after, glob := strings.Cut(p.Name, "*")
	return glob && len(name) >= len(before)+len(after) && strings.HasPrefix(name, before) && strings.HasSuffix(name, after)
}

// elements returns how many elements of a path the name has.
func (p Pattern) elements() int { return 1 + strings.Count(p.Name, "/") }

// Rules decide what counts as an artifact in a project: the known patterns, and the project's own additions. The zero Rules are only the known
// patterns.
type Rules struct {
	// Add are further patterns. Their names have no slash, and they need no file beside them.
	Add []Pattern
	// Protect reports whether a path, and the directories that contain it, must never be removed; nil protects nothing.
	Protect func(path string) bool
}

// all yields the project's patterns, and then the known ones.
func (r Rules) all(yield func(Pattern) bool) {
	for i, list := range [][]Pattern{r.Add, patterns[:]} {
		for _, p := range list {
			if p.declared = i == 0; !yield(p) {
				return
			}
		}
	}
}

// Candidate reports whether an untracked entry at this path may be an artifact, so that a walk reports it as Seen. It is cheap, because it is
// called for every untracked entry. Call it with both kinds for a symbolic link, and report the link if either matches.
//
// A walk need not call it inside a nested repository, nor below the direct entries of a directory that is Excluded. It need not enter a candidate
// without tracked files: Sweep counts what is in it.
func (r Rules) Candidate(p string, dir bool) bool {
	name := p[strings.LastIndexByte(p, '/')+1:]
	for pattern := range r.all {
		if inner := pattern.Name[strings.IndexByte(pattern.Name, '/')+1:]; pattern.Dir == dir && (inner == name || pattern.fits(name)) {
			_, no := r.recognise(p, dir)
			return no == ""
		}
	}
	return false
}

// Excluded reports whether a directory of this name is left alone with everything in it: dependencies, virtual environments, build output, backups,
// other work trees and git's own. These are the directories that the coding agents' instructions exclude from every command. Case does not matter.
func Excluded(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case ".git", "node_modules", "vendor", "venv", ".venv", "env", "trees", "target", "build", "dist":
		return true
	}
	return strings.Contains(name, "backup")
}

// find returns the pattern that matches the last elements of a path.
func (r Rules) find(elements []string, dir bool) (Pattern, bool) {
	for p := range r.all {
		if p.Dir != dir {
			continue
		}
		outer, inner, nested := strings.Cut(p.Name, "/")
		switch n := len(elements); {
		case nested && n > 1 && elements[n-2] == outer && elements[n-1] == inner:
			return p, true
		case !nested && p.fits(elements[n-1]):
			return p, true
		}
	}
	return Pattern{}, false
}

// byProducts lists names of files that builds, tests and editors leave, in the form of path.Match. They are only used for advice: a file of such a
// name may still be work, so nothing is removed because of it.
var byProducts = [...]string{
	// Go: https://pkg.go.dev/cmd/go, "Testing flags".
	"coverage.out", "cover.out", "cover.html", "coverage.html", "coverage.txt", "*.coverprofile", "*.test", "*.prof", "*.pprof", "__debug_bin*",
	// GCC: https://gcc.gnu.org/onlinedocs/gcc/Gcov-Data-Files.html, and compilers' object files.
	"*.gcda", "*.gcno", "*.gcov", "*.profraw", "*.profdata", "*.o", "*.obj", "*.pyc", "*.pyo", "*.class", "*.rlib", "*.rmeta",
	// What .NET's SDK, Erlang's compiler and Dart's front end make (https://learn.microsoft.com/dotnet/core/tools/dotnet-build).
	"*.dll", "*.pdb", "project.assets.json", "*.beam", "*.dill",
	// LLVM's and the kernel's dumps (core(5)), nohup(1), patch(1).
	"core", "core.[0-9]*", "vgcore.*", "*.stackdump", "hs_err_pid*.log", "nohup.out", "*.orig", "*.rej",
	// What Finder, Explorer and Vim leave in a folder that somebody looked at (vim(1), "swap-file").
	".DS_Store", "Thumbs.db", ".*.sw[op]",
	// Known artifacts, if their content is not the tool's.
	".coverage", ".coverage.*", "lcov.info", "coverage.xml", "coverage.json", "coverage.lcov", "junit.xml", "test-results.json",
	".eslintcache", ".stylelintcache", ".php-cs-fixer.cache", "*.tsbuildinfo", ".phpunit.result.cache", "pytestdebug.log",
	"npm-debug.log*", "yarn-error.log", ".rustc_info.json", "CACHEDIR.TAG", ".cargo-lock", "*.log", "*.tmp",
	// Traces and profiles: go test -trace, gprof(1), perf-record(1), Valgrind's tools, V8's profilers and Node's diagnostic reports, Erlang's dumps, the JVM's
	// recordings and dumps.
	"trace.out", "gmon.out", "perf.data", "perf.data.old", "callgrind.out.*", "cachegrind.out.*", "massif.out.*", "*.cpuprofile",
	"*.heapprofile", "*.heapsnapshot", "report.[0-9]*.[0-9]*.json", "erl_crash.dump", "rebar3.crashdump", "*.jfr", "*.hprof",
	// Results of tests by their tools' usual names: Surefire and Gradle, VSTest, cargo-tarpaulin, pytest-testmon, RSpec, coverage.py, GHC.
	"TEST-*.xml", "*.trx", "cobertura.xml", "tarpaulin-report.html", ".testmondata", ".testmondata-*", ".rspec_status", "*,cover", "*.tix",
	// The linker's output without a name, CMake's files in a source tree, the state of mypy's daemon, what Vite makes of its configuration.
	"a.out", "CMakeCache.txt", "cmake_install.cmake", "CTestTestfile.cmake", ".dmypy.json", "vite.config.*.timestamp-*.mjs",
}

// byProductDirs lists names of directories that builds, tests and editors leave.
var byProductDirs = [...]string{
	".hypothesis", ".nox", ".ipynb_checkpoints", "*.egg-info", ".eggs", ".idea", ".vscode", ".vs", "node_modules", "venv", ".venv",
	"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".tox", ".nyc_output", "htmlcov", ".rubocop-cache", ".phpunit.cache",
	".vitest-reports", ".vitest-attachments", ".cache", ".parcel-cache", ".turbo", ".gradle", "*.dSYM", "__snapshots_tmp__",
	"playwright-report", "test-results", "CMakeFiles", ".benchmarks", ".scannerwork", ".terraform", "TestResults", "surefire-reports",
	"failsafe-reports", "_build", ".build", "DerivedData", "dist-newstyle", ".stack-work", ".dart_tool", ".bloop", ".metals", ".bsp",
	".zig-cache", "zig-cache", "zig-out", ".next", ".nuxt", ".svelte-kit", ".angular", ".nx", ".sass-cache", ".jest-cache", ".stryker-tmp",
	"mutants.out", ".pytype", ".pyre", ".import_linter_cache", ".virtual_documents", "storybook-static", ".wrangler", ".expo",
	".pnpm-store", "blob-report", "allure-results", "allure-report", "mochawesome-report", ".aws-sam", ".serverless", "cdk.out", ".docusaurus", ".astro",
	".tap", ".kotlin", "*.xcresult", ".hpc", ".vite", ".output", ".rpt2_cache", ".mutmut-cache", ".phpstan.cache", ".gocache", ".go-build",
}

// reportDirs are directories for reports of runs, and for what builds make: Maven, Gradle, CMake and CTest, .NET, ExUnit, Devel::Cover and
// ExtUtils::MakeMaker. Others give directories such names, too, so no agent is advised to delete them.
var reportDirs = [...]string{
	"reports", "report", "test-reports", "test-output", "target", "build", "dist", "out", "bin", "obj", "Testing", "cover", "cover_db", "blib",
}

// notOfRuns are the by-products of editors and of installing dependencies, which a test run does not leave, or which are too many to move.
var notOfRuns = [...]string{".idea", ".vscode", ".vs", "node_modules", "venv", ".venv"}

// OfRuns returns the by-products of builds and test runs as patterns. Their names alone tell nothing: somebody else has to know that a run made what has
// one.
func OfRuns() (list []Pattern) {
	add := func(dir bool, names []string) {
		for _, name := range names {
			if strings.Count(name, "*") < 2 && !strings.Contains(name, "[") && !slices.Contains(notOfRuns[:], name) {
				list = append(list, Pattern{Name: name, Dir: dir, Tool: "builds and test runs"})
			}
		}
	}
	add(false, byProducts[:])
	add(true, byProductDirs[:])
	add(true, reportDirs[:])
	return list
}

// By-products of builds, test runs and editors are recognised by their names.

// ByProductDir reports whether a directory, or one above it, is a by-product, and returns the outermost such path.
func ByProductDir(dir string) (root string, ok bool) {
	elements := strings.Split(dir, "/")
	for i, element := range elements {
		if fitsAny(byProductDirs[:], element) {
			return strings.Join(elements[:i+1], "/"), true
		}
	}
	return "", false
}

// ByProductFile reports whether a file of that name, without its directory, is a by-product.
func ByProductFile(name string) bool { return fitsAny(byProducts[:], name) }

// ReportDir reports whether a directory has the name of those that reports or a build's output are written to.
func ReportDir(name string) bool { return slices.Contains(reportDirs[:], name) }

func fitsAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		fits, err := path.Match(pattern, name)
		return fits && err == nil
	})
}
