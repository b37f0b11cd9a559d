package artifact

import (
	"slices"
	"strings"
)

// The marks, each with the tool's own source or documentation that shows what it writes. They are never modified.

// Pages of HTML reports, recognised by the title and by the files that they link to, because others write such titles, too.
var (
	istanbulPage  = page(contains("<title>Code coverage report for ", `prettify.css" />`))                           // istanbul-reports, lib/html/annotator.js
	istanbulApp   = page(contains(`href="spa.css"`, "window.data = {"))                                              // istanbul-reports, lib/html-spa
	simplecovPage = page(contains("<title>Code coverage for ", "assets/"))                                           // simplecov-html, views/layout.erb
	phpunitPage   = page(contains("<title>Code Coverage for ", "_css/"), contains("<title>Dashboard for ", "_css/")) // php-code-coverage, Report/Html/Renderer/Template
	genhtmlPage   = page(contains("<title>LCOV - ", `gcov.css">`))                                                   // lcov, bin/genhtml
	coveragePage  = page(contains("<title>Coverage ", "favicon_32"), contains("<title>Coverage ", "coverage_html"))  // coverage.py, htmlfiles/index.html and pyfile.html
	coverageAsset = oneOf(contains("github.com/nedbat/coveragepy"), contains("coverage.readthedocs.io"), contains("jQuery"), contains("jquery"))
	cacheTag      = begins("Signature: 8a477f597d28d172789f06886806bc55") // https://bford.info/cachedir/
	image         = begins("\x89PNG", "GIF8", "<svg", "<?xml", "\x00\x00\x01\x00")
	coverageMaps  = oneOf(object("statementMap"), bare) // istanbul-lib-coverage, README
	coverageRoot  = root([]string{"coverage"}, []string{"generated", "line-rate", "lines-valid", "clover"})
)

// istanbulAssets returns the files that istanbul-reports puts beside its pages (lib/html/assets), and the last three that Vitest 5 adds, which has a
// copy of it (@vitest/istanbul-lib-report, reports/html/assets).
func istanbulAssets(below string) []Shape {
	return []Shape{
		{below + "base.css", contains("Helvetica Neue")},
		{below + "block-navigation.js", contains("jumpToCode")},
		{below + "prettify.css", contains(".pln")},
		{below + "prettify.js", contains("PR_SHOULD_USE_CONTINUATION")},
		{below + "sorter.js", contains("addSorting")},
		{below + "sort-arrow-sprite.png", image},
		{below + "favicon.png", image},
		{below + "**/*.html", istanbulPage},
		{below + "theme.js", contains("istanbul-html-report-theme")},
		{below + "readex-pro.woff2", begins("wOF2")},
		{below + "readex-pro-license.txt", contains("Readex Pro")},
	}
}

// coverageReports are the reports of Istanbul's reporters (https://istanbul.js.org/docs/advanced/alternative-reporters/), which c8, nyc, Jest and
// Vitest use, and of SimpleCov, PHPUnit and genhtml. Projects with several kinds of tests have each report into a directory of its own, one level
// below.
var coverageReports = Mark{
	Place: OutsideFixtures,
	Signs: alsoBelow(append([]Shape{
		{"coverage-final.json", coverageMaps},
		{"coverage-summary.json", object("total")},
		{"clover.xml", coverageRoot},
		{"cobertura-coverage.xml", coverageRoot},
		{"lcov.info", lcov},
		{"lcov-report/index.html", istanbulPage},
		{"index.html", oneOf(istanbulPage, istanbulApp, simplecovPage, phpunitPage, genhtmlPage)},
		// V8's own format, which c8 and Vitest collect before they report.
		{"tmp/coverage-*.json", object("result")},
		{".tmp/coverage-*.json", oneOf(object("result", "statementMap"), bare)},
		// https://github.com/simplecov-ruby/simplecov#readme
		{".last_run.json", object("result")},
		{".resultset.json", object("coverage")},
	}, istanbulAssets("lcov-report/")...)),
	Holds: alsoBelow(append([]Shape{
		{"lcov.info", empty},
		{".resultset.json.lock", empty},
		{"coverage.json", object("meta", "coverage", "timestamp")},
		{"text.txt", contains("% Stmts")},
		{"text-summary.txt", contains("Coverage summary")},
		{"teamcity.txt", begins("##teamcity[")},
		{"assets/[0-9]*.[0-9]*.[0-9]*/application.css", nil},
		{"assets/[0-9]*.[0-9]*.[0-9]*/application.js", contains("jQuery")},
		{"assets/[0-9]*.[0-9]*.[0-9]*/**/*.png", image},
		{"assets/[0-9]*.[0-9]*.[0-9]*/**/*.gif", image},
		{"**/*.html", oneOf(phpunitPage, genhtmlPage)},
		// php-code-coverage, Report/Html/Renderer/Template
		{"_css/bootstrap.min.css", nil},
		{"_css/billboard.min.css", nil},
		{"_css/nv.d3.min.css", nil},
		{"_css/octicons.css", nil},
		{"_css/style.css", nil},
		{"_css/custom.css", empty},
		{"_js/bootstrap.min.js", nil},
		{"_js/bootstrap.bundle.min.js", nil},
		{"_js/billboard.pkgd.min.js", nil},
		{"_js/d3.min.js", nil},
		{"_js/nv.d3.min.js", nil},
		{"_js/jquery.min.js", nil},
		{"_js/popper.min.js", nil},
		{"_js/file.js", contains("$(")},
		{"_icons/file-code.svg", image},
		{"_icons/file-directory.svg", image},
		// lcov, bin/genhtml
		{"gcov.css", contains("/* All views:")},
		{"cmd_line", contains("genhtml")},
		{"amber.png", image},
		{"emerald.png", image},
		{"glass.png", image},
		{"ruby.png", image},
		{"snow.png", image},
		{"updown.png", image},
		// istanbul-reports, lib/html-spa
		{"spa.css", contains(".toggle__label", ".layout__section--fill")},
		{"bundle.js", contains("window.data")},
	}, istanbulAssets("")...)),
}

// alsoBelow returns the shapes, and the same one directory below.
func alsoBelow(shapes []Shape) []Shape {
	for _, s := range slices.Clone(shapes) {
		shapes = append(shapes, Shape{"*/" + s.Path, s.Content})
	}
	return shapes
}

// nycOutput is raw coverage and the processes that it came from (https://github.com/istanbuljs/nyc, lib/process.js).
var nycOutput = Mark{
	Signs: []Shape{{"*.json", coverageMaps}},
	Holds: []Shape{
		{"processinfo/*.json", object("argv", "processes")},
		{"process-info/*.json", object("argv", "processes")},
	},
}

// htmlcov is coverage.py's HTML report (coverage/html.py and coverage/htmlfiles).
var htmlcov = Mark{
	Place: OutsideFixtures,
	Signs: []Shape{{"index.html", coveragePage}, {"status.json", object("format")}},
	Holds: []Shape{
		{".gitignore", contains("coverage.py")},
		{"*.html", coveragePage},
		{"style*.css", coverageAsset},
		{"coverage_html*.js", coverageAsset},
		{"jquery*.js", coverageAsset},
		{"favicon_32*.png", image},
		{"keybd_closed*.png", image},
		{"keybd_open*.png", image},
	},
}

// coverageData is an SQLite database that has coverage.py's tables (https://coverage.readthedocs.io/en/latest/dbschema.html). Before
// version 5 it was JSON behind a warning.
var coverageData = Mark{Place: OutsideFixtures, Signs: []Shape{{Content: oneOf(
	func(head []byte) bool {
		return begins("SQLite format 3\x00")(head) && contains("coverage_schema")(head)
	},
	begins("!coverage.py: This is a private format"),
)}}}

// tracefile is described in geninfo(1), "FILES".
var tracefile = Mark{Place: PackageRoot, Signs: []Shape{{Content: lcov}}}

// pytestCache: https://docs.pytest.org/en/stable/how-to/cache.html, and _pytest/cacheprovider.py for the first three files.
var pytestCache = Mark{
	Signs: []Shape{{"CACHEDIR.TAG", cacheTag}, {"v/cache/lastfailed", nil}, {"v/cache/nodeids", nil}, {"v/cache/stepwise", nil}},
	Holds: []Shape{{".gitignore", contains("*")}, {"README.md", contains("pytest cache")}, {"v/**", jsonText}, {"d/**", oneOf(jsonText, binary)}},
}

// pycache: https://peps.python.org/pep-3147/. Numba keeps its index and data there, too, and an interpreter that was killed a
// temporary file.
var pycache = Mark{
	Signs: []Shape{{"*.pyc", bytecode}, {"*.pyo", bytecode}},
	Holds: []Shape{{"*.pyc.[0-9]*", oneOf(bytecode, empty)}, {"*.pyc", empty}, {"*.nbi", pickle}, {"*.nbc", pickle}},
}

// toxEnvironments: https://tox.wiki/en/latest/config.html#work_dir. An environment is recognised by the files that venv and tox write into it.
var toxEnvironments = Mark{
	Owner: []string{"pyvenv.cfg", ".tox-info.json", ".tox-config1", ".tox-config"},
	Signs: []Shape{{".tox-info.json", object("Python", "ToxEnv")}},
	Holds: []Shape{
		{".gitignore", contains("*")},
		{"CACHEDIR.TAG", cacheTag},
		{".package.lock", nil},
		{".package_cache.lock", nil},
		{"log/*.log", nil},
		{"dist/*.tar.gz", archive},
		{"dist/*.zip", archive},
		{"dist/*.whl", archive},
		{".pkg/dist/*", archive},
		{".tmp/package/*/*", archive},
		{"*/log/*.log", nil},
	},
}

// testResults are those of Jest and Vitest (https://jestjs.io/docs/cli#--json), Playwright, Mocha, RSpec, pytest-json-report and go test -json,
// recognised by the keys at their beginning.
var testResults = Mark{Place: PackageRoot, Signs: []Shape{{Content: oneOf(
	object("numTotalTests", "numFailedTests", "numFailedTestSuites"),
	func(head []byte) bool { return object("config")(head) && contains(`"configFile"`)(head) },
	func(head []byte) bool { return object("stats")(head) && contains(`"suites"`, `"passes"`)(head) },
	func(head []byte) bool {
		return object("version")(head) && contains(`"examples":`, `"full_description"`)(head)
	},
	func(head []byte) bool { return object("created")(head) && contains(`"exitcode"`)(head) },
	func(head []byte) bool { return begins(`{"Time":"`)(head) && contains(`"Action":"`)(head) },
)}}}

// junitReport: https://github.com/testmoapp/junitxml describes what tools agree on.
var junitReport = Mark{Place: PackageRoot, Signs: []Shape{{Content: junit}}}

// lintCache: https://eslint.org/docs/latest/use/command-line-interface#--cache; the file-entry-cache module writes it.
var lintCache = Mark{Signs: []Shape{{Content: flatted}}}

// ruffCache: https://docs.astral.sh/ruff/settings/#cache-dir. crates/ruff/src/cache.rs writes one file for each package, below the version. Its
// name is a hash in decimal digits, and it is made from a temporary file.
var ruffCache = Mark{
	Signs: []Shape{{"CACHEDIR.TAG", cacheTag}},
	Holds: []Shape{{".gitignore", contains("*")}, {"[0-9]*.[0-9]*/[0-9]*[0-9]", binary}, {"[0-9]*.[0-9]*/.tmp*", oneOf(binary, empty)}},
}

// pickle accepts what Python's pickle writes, of the protocols from 2 on.
var pickle = begins("\x80")

// archive accepts what Python packages are made as: gzip or zip.
var archive = begins("\x1f\x8b", "PK")

// binary accepts content with a zero byte, which is not text.
var binary = contains("\x00")

// phpCSFixerCache: https://cs.symfony.com/doc/usage.html#caching; src/Cache/Cache.php writes the keys in this order.
var phpCSFixerCache = Mark{Signs: []Shape{{Content: func(head []byte) bool { return object("php")(head) && contains(`"version":`)(head) }}}}

// rubocopCache: https://docs.rubocop.org/rubocop/usage/caching.html; lib/rubocop/result_cache.rb names files by their digests. With --cache-root
// the folder has them without a folder rubocop_cache between.
var rubocopCache = Mark{
	Signs: []Shape{{"rubocop_cache/*/*/" + digest, begins("[")}, {digest + "/*/" + digest, begins("[")}},
	Holds: []Shape{{"rubocop_cache/*/*/" + digest + "_*", nil}},
}

// digest matches the beginning of a SHA-1 in hexadecimal, long enough that no word matches.
const digest = "[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]*"

// buildInfo: https://www.typescriptlang.org/tsconfig/#tsBuildInfoFile; one of these keys stands in every version since 3.4.
var buildInfo = Mark{Signs: []Shape{{Content: object("program", "fileNames", "fileInfos", "root", "bundle", "errors")}}}

// cargoDebug: https://doc.rust-lang.org/cargo/reference/build-cache.html. Cargo names its files by 16 digits of a hash; what a build
// script generates stands in out/.
var cargoDebug = Mark{
	Signs: []Shape{{".cargo-lock", empty}, {".fingerprint/*-" + hash16 + "/**", nil}},
	Holds: []Shape{
		{".cargo-build-lock", empty},
		{".cargo-artifact-lock", empty},
		{"build/*-" + hash16 + "/**", nil},
		{"deps/*-" + hash16 + "*", notRust},
		{"deps/**", program},
		{"deps/*.d", depInfo},
		{"incremental/*-*/s-*/*.o", objectCode},
		{"incremental/*-*/s-*/*.bin", begins("RSIC")},
		{"incremental/*-*/s-*/*.rmeta", metadata},
		{"incremental/*-*/s-*/*.bc", binary},
		{"incremental/*-*/s-*.lock", empty},
		{"examples/*-" + hash16 + "*", notRust},
		{"examples/*.d", depInfo},
		{"examples/*", program},
		{"*.d", depInfo},
		{"*.rlib", program},
		{"*.rmeta", metadata},
		{"*.pdb", begins("Microsoft C/C++ MSF")},
		{"*.dSYM/**", nil},
		{"*.dwp", program},
		{"*", program},
	},
}

const hash16 = "[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]"

// metadata accepts what rustc knows of a crate (compiler/rustc_metadata, METADATA_HEADER). It may be wrapped in an object file.
var metadata = oneOf(begins("rust"), program)

// objectCode accepts an object file, and one that a compiler has only begun.
var objectCode = oneOf(program, empty, binary)

// depInfo accepts a list of what a target of Cargo is made from, as a rule of make. The first target lies in the folder of a profile.
func depInfo(head []byte) bool {
	target, _, found := strings.Cut(string(head), ": ")
	if !found {
		target, _, found = strings.Cut(string(head), ":\n")
	}
	target = strings.ReplaceAll(target, "\\", "/")
	return found && !strings.Contains(target, "\n") && (strings.Contains(target, "debug/") || strings.Contains(target, "release/"))
}

// notRust accepts anything but Rust source.
func notRust(head []byte) bool {
	return !oneOf(contains("\nfn "), contains("\nuse "), contains("\npub "), begins("fn ", "use ", "pub ", "mod "))(head)
}

// coverageXML is Cobertura's or Clover's format; coverage.py, PHPUnit and others write it.
var coverageXML = Mark{Place: PackageRoot, Signs: []Shape{{Content: coverageRoot}}}

// coverageJSON is coverage.py's report in JSON (coverage/jsonreport.py).
var coverageJSON = Mark{Place: PackageRoot, Signs: []Shape{{Content: func(head []byte) bool {
	return object("meta")(head) && contains(`"branch_coverage":`, `"show_contexts":`)(head)
}}}}

// gcovListing is a source with the counts of its lines: https://gcc.gnu.org/onlinedocs/gcc/Invoking-Gcov.html.
var gcovListing = Mark{Place: OutsideFixtures, Signs: []Shape{{Content: begins("        -:    0:Source:")}}}

// pytestDebugLog: _pytest/helpconfig.py.
var pytestDebugLog = Mark{Signs: []Shape{{Content: begins("versions pytest-")}}}

// mypyCache: mypy/metastore.py and mypy/build.py.
var mypyCache = Mark{
	Signs: []Shape{{"CACHEDIR.TAG", cacheTag}},
	Holds: []Shape{
		{".gitignore", contains("*")},
		{"missing_stubs", nil},
		{"[0-9]*.[0-9]*/**/*.data.json", object(".class")},
		{"[0-9]*.[0-9]*/**/*.meta.json", object("data_mtime", "dependencies", "hash")},
		{"[0-9]*.[0-9]*/**/*.deps.json", jsonText},
		{"[0-9]*.[0-9]*/@*.json", jsonText},
		{"[0-9]*.[0-9]*/**/*.err.json", jsonText},
		{"[0-9]*.[0-9]*/**/*.ff", binary},
		{"[0-9]*.[0-9]*/cache.db", begins("SQLite format 3\x00")},
		{"[0-9]*.[0-9]*/cache.db-*", oneOf(binary, empty)},
	},
}

// vitestReports are blobs that a later run merges (https://vitest.dev/guide/reporters#blob-reporter).
var vitestReports = Mark{Signs: []Shape{{"blob*.json", begins("[")}}}

// phpunitResults: src/Runner/ResultCache/DefaultResultCache.php of PHPUnit; older versions serialise the object.
var phpunitResults = Mark{Signs: []Shape{{Content: oneOf(object("defects"), contains("PHPUnit\\Runner\\"))}}}

// phpunitCache: https://docs.phpunit.de/en/11.5/configuration.html#the-cachedirectory-attribute.
var phpunitCache = Mark{
	Signs: []Shape{{"test-results", object("defects")}},
	Holds: []Shape{{"code-coverage/" + hash16 + "*", nil}},
}

// rawProfile: the magic number of INSTR_PROF_RAW_MAGIC_64 in llvm/include/llvm/ProfileData/InstrProfData.inc, in either byte order.
var rawProfile = Mark{Signs: []Shape{{Content: begins("\x81rforpl\xff", "\xfflprofr\x81", "\x81Rforpl\xff", "\xfflprofR\x81")}}}

// cargoTag and rustcInfo are beside the directory of cargoDebug: the tag of a cache, and what Cargo knows about the compiler
// (src/cargo/util/rustc.rs).
var (
	cargoTag  = Mark{Signs: []Shape{{Content: cacheTag}}}
	rustcInfo = Mark{Signs: []Shape{{Content: object("rustc_fingerprint")}}}
)

// goCoverage is a profile as cmd/cover writes and reads it: https://pkg.go.dev/golang.org/x/tools/cover#ParseProfiles.
var goCoverage = Mark{Place: OutsideFixtures, Signs: []Shape{{Content: begins("mode: set\n", "mode: count\n", "mode: atomic\n")}}}

// goProfile is a compressed protocol buffer: https://github.com/google/pprof/blob/main/proto/README.md. runtime/pprof writes a header
// of gzip without a name and a time, at the fastest level.
var goProfile = Mark{Place: OutsideFixtures, Signs: []Shape{{Content: begins("\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff")}}}

// goOutput is what go test writes under any name that its flags give: a profile of coverage, a profile of a run, or a trace, which begins with the
// version of its format (https://go.dev/src/internal/trace/version).
var goOutput = Mark{Place: OutsideFixtures, Signs: []Shape{{Content: func(head []byte) bool {
	return goCoverage.Signs[0].Content(head) || goProfile.Signs[0].Content(head) || begins("go 1.")(head) && contains(" trace\x00\x00\x00")(head[:min(16, len(head))])
}}}}

// goCoverPage is the page that go tool cover makes of a profile (cmd/cover/html.go).
var goCoverPage = Mark{Place: OutsideFixtures, Signs: []Shape{{Content: page(contains("Go Coverage Report</title>"))}}}

// goCoverMeta and goCoverCounters are what a program that was built with coverage writes: internal/coverage/defs.go, CovMetaMagic and CovCounterMagic.
var (
	goCoverMeta     = Mark{Place: OutsideFixtures, Signs: []Shape{{Content: begins("\x00cvm")}}}
	goCoverCounters = Mark{Place: OutsideFixtures, Signs: []Shape{{Content: begins("\x00cwm")}}}
)

// goTestProgram is a program that Go linked. Its build id is in a note of ELF, elsewhere before the first instruction (cmd/internal/buildid).
var goTestProgram = Mark{Place: OutsideFixtures, Signs: []Shape{{Content: func(head []byte) bool {
	return program(head) && oneOf(contains("\x04\x00\x00\x00Go\x00\x00"), contains("\xff Go build ID: \""))(head)
}}}}

// gcovNotes and gcovData begin with a magic number, in the byte order of the machine: gcc/gcov-io.h.
var (
	gcovNotes = Mark{Place: OutsideFixtures, Signs: []Shape{{Content: begins("oncg", "gcno")}}}
	gcovData  = Mark{Place: OutsideFixtures, Signs: []Shape{{Content: begins("adcg", "gcda")}}}
)

// objectFile is what a compiler hands to the linker: ELF of the type ET_REL (elf(5)), Mach-O of the type MH_OBJECT (mach-o/loader.h), and
// COFF of the usual machines (PE format, "COFF File Header"), which is no image.
var objectFile = Mark{Place: OutsideFixtures, Signs: []Shape{{Content: func(head []byte) bool {
	switch {
	case len(head) < 20:
		return false
	case begins("\x7fELF")(head):
		return head[16]+head[17] == 1 // one byte of two is 1 in either byte order
	case begins("\xcf\xfa\xed\xfe", "\xce\xfa\xed\xfe")(head):
		return string(head[12:16]) == "\x01\x00\x00\x00"
	}
	return begins("\x64\x86", "\x4c\x01", "\x64\xaa")(head)
}}}}
