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

// ByProduct reports whether a new file is, by its name or a directory's above it, what a build, a test run or an editor left rather
// than work, and returns the outermost path that is: the directory or the file to delete.
func ByProduct(name string) (root string, ok bool) {
	elements := strings.Split(name, "/")
	for i, element := range elements {
		names := byProductDirs[:]
		if i == len(elements)-1 {
			names = byProducts[:]
		}
		if slices.ContainsFunc(names, func(pattern string) bool {
			fits, err := path.Match(pattern, element)
			return fits && err == nil
		}) {
			return strings.Join(elements[:i+1], "/"), true
		}
	}
	return "", false
}
