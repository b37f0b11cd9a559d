package artifact

import (
	"path"
	"slices"
	"strings"
)

// byProducts are names of files that builds, tests and editors leave and that are nobody's work as a rule, as path.Match has them. They
// are advice alone: nothing is removed by them, for a file of such a name may be work all the same.
var byProducts = [...]string{
	// Go: https://pkg.go.dev/cmd/go, "Testing flags".
	"coverage.out", "cover.out", "cover.html", "coverage.txt", "*.coverprofile", "*.test", "*.prof", "*.pprof", "__debug_bin*",
	// GCC: https://gcc.gnu.org/onlinedocs/gcc/Gcov-Data-Files.html, and compilers' object files.
	"*.gcda", "*.gcno", "*.gcov", "*.profraw", "*.profdata", "*.o", "*.obj", "*.pyc", "*.pyo", "*.class", "*.rlib", "*.rmeta",
	// LLVM's and the kernel's dumps (core(5)), nohup(1), patch(1).
	"core", "core.[0-9]*", "vgcore.*", "*.stackdump", "hs_err_pid*.log", "nohup.out", "*.orig", "*.rej",
	// The known artifacts by name, where their content is not the tool's.
	".coverage", ".coverage.*", "lcov.info", "coverage.xml", "coverage.json", "coverage.lcov", "junit.xml", "test-results.json",
	".eslintcache", ".stylelintcache", ".php-cs-fixer.cache", "*.tsbuildinfo", ".phpunit.result.cache", "pytestdebug.log",
	"npm-debug.log*", "yarn-error.log", ".rustc_info.json", "CACHEDIR.TAG", ".cargo-lock", "*.log", "*.tmp",
}

// byProductDirs are names of directories of that kind.
var byProductDirs = [...]string{
	".hypothesis", ".nox", ".ipynb_checkpoints", "*.egg-info", ".eggs", ".idea", ".vscode", ".vs", "node_modules", "venv", ".venv",
	"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".tox", ".nyc_output", "htmlcov", ".rubocop-cache", ".phpunit.cache",
	".vitest-reports", ".vitest-attachments", ".cache", ".parcel-cache", ".turbo", ".gradle", "*.dSYM", "__snapshots_tmp__",
	"playwright-report", "test-results", "CMakeFiles", ".benchmarks", ".scannerwork",
}

// What a build, a test run or an editor left, rather than work, is known by its name.

// ByProductDir reports whether a directory, or one above it, is such a by-product, and returns the outermost path that is.
func ByProductDir(dir string) (root string, ok bool) {
	elements := strings.Split(dir, "/")
	for i, element := range elements {
		if fitsAny(byProductDirs[:], element) {
			return strings.Join(elements[:i+1], "/"), true
		}
	}
	return "", false
}

// ByProductFile reports whether a file of that name, without its directory, is one.
func ByProductFile(name string) bool { return fitsAny(byProducts[:], name) }

func fitsAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		fits, err := path.Match(pattern, name)
		return fits && err == nil
	})
}
