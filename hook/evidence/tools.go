package evidence

import (
	"strings"

	"stopgate/hook/lazyregexp"
)

// testRunners are patterns of commands that run tests. Each is looked for at the beginning of a word.
var testRunners = []string{
	// JavaScript
	`(?:npm|pnpm|yarn|bun)(?:\s+(?:--?\S+(?:\s+[./$~]\S+)?|run|run-script|exec|workspace\s+\S+))*\s+(?:t|tst|test[^\s;&|)]*|\S+:tests?[^\s;&|)]*|check|ci|verify|coverage)(?:$|[\s;&|)"'>])`,
	`(?:npx|pnpx|bunx)\s+(?:--?\S+\s+)*(?:jest|vitest|mocha|ava|tap|playwright|cypress|c8|nyc|tsx)`,
	`(?:npx|pnpx|bunx)\s+(?:--?\S+\s+)*\S+\s+test(?:$|[\s;&|)"'>:])`,
	`(?:ng|react-scripts|ember|craco)\s+test(?:$|[\s;&|)"'>:])`,
	`(?:jest|vitest|mocha|ava|karma|tap)(?:$|[\s;&|)"'>])`,
	`node\s+(?:--?\S+\s+)*--test`,
	`deno\s+test`,
	// Python
	`py\.?test`,
	`python[0-9.]*\s+-m\s+(?:pytest|unittest|nose2?|coverage\s+run)`,
	`(?:tox|nox|nosetests|hatch\s+test|hatch\s+run\s+\S*test[^\s;&|)]*)(?:$|[\s;&|)"'>])`,
	`manage\.py\s+test`,
	`(?:pdm|rye|pixi|poetry|uv)\s+run\s+\S*test[^\s;&|)]*`,
	// Go
	`go\s+(?:-C\s+\S+\s+)?(?:test|tool\s+gotestsum)`,
	`gotestsum`,
	`ginkgo`,
	`richgo\s+test`,
	// Rust
	`cargo\s+(?:\+\S+\s+)?(?:test|t|nextest|llvm-cov)`,
	// PHP
	`(?:phpunit|pest|paratest)`,
	`(?:composer|php)\s+(?:run\s+|run-script\s+|artisan\s+)?test[^\s;&|)]*`,
	// Ruby
	`rspec`,
	`(?:rake|rails)\s+(?:test|spec)[^\s;&|)]*`,
	// Java
	`(?:mvn|mvnw)\s.*\b(?:test|verify|install|package)\b`,
	`(?:gradle|gradlew)\s.*\b(?:test|check|build)\w*`,
	// Programs that run what a project names
	`(?:make|gmake|just|task|mise|devbox|doit|cargo\s+(?:make|xtask)|bazel|ninja|meson|rush|nx|turbo|lerna|moon|earthly|mage|invoke|inv|poe)\s(?:.*(?:test|check|spec|verify)[^\s;&|)]*|(?:.*\s)?(?:\S+[-_:])?ci(?:[-_:]\S+)?(?:$|[\s;&|)"'>]))`,
	// Others
	`dotnet\s+test`,
	`mix\s+test`,
	`ctest`,
	`bats(?:$|[\s;&|)"'>])`,
	`swift\s+test`,
	`xcodebuild\s.*test`,
	`flutter\s+test`,
	`dart\s+test`,
	`sbt\s.*test`,
	`lein\s+test`,
	`stack\s+test`,
	`cabal\s+test`,
	`zig\s+(?:build\s+)?test`,
	`(?:terraform|tofu|forge|dbt|gleam|dune|crystal|rebar3|nimble)\s+(?:test|runtest|spec|eunit)(?:$|[\s;&|)"'>])`,
	`busted(?:$|[\s;&|)"'>])`,
	`prove(?:$|[\s;&|)"'>])`,
}

// noRuns are patterns of what makes test runners list tests, compile them, skip them, or show help. Sources: the manuals of the tools that they name.
var noRuns = []string{
	// Of several runners
	`(?:^|[\s"'=])--(?:help|version|dry-run|listTests|list-tests|list|collect-only|co|no-run|show-only|showConfig|clearCache|just-print|notest|listenvs|list-sessions|install-only|list-suites|list-groups)(?:=\S*)?(?:$|[\s;&|)"'>])`,
	// JavaScript; npm ci installs packages
	`\bvitest\s+list\b`,
	`^npm\s+ci(?:$|\s)`,
	`(?:(?i:npm_config_script_shell)=|--script-shell[= ])\S*(?:true|echo)(?:\s|$)`,
	// Python
	`\bpy\.?test\s(?:.*\s)?--(?:setup-plan|setup-only|fixtures|markers)(?:\s|$)`,
	`\b(?:tox|nox)\s+(?:\S+\s+)*-l(?:\s|$)`,
	// Go
	`\bgo\s+(?:-C\s+\S+\s+)?test\s(?:\S+\s+)*(?:-list\b|-c(?:\s|$)|-run[= ]["']?(?:\^\$|\$\^|XXX|NONE)["']?(?:\s|$)|-exec[= ]\S*(?:true|echo)\b)`,
	// Java
	`(?:^|[\s"'=])(?:-DskipTests(?:=true)?|-Dmaven\.test\.skip(?:=true)?)(?:$|[\s;&|)"'>])`,
	`\b(?:gradle|gradlew)\s(?:.*\s)?(?:-m(?:\s|$)|(?:-x|--exclude-task)[= ](?::?[\w-]+)*:?test(?:\s|$)|testClasses(?:\s|$))`,
	`\b(?:mvn|mvnw)\s+(?:\S+\s+)*test-compile\s*$`,
	// Make
	`\b(?:make|gmake)\s+(?:-\S+\s+)*(?:-[bBdeikrRsSw]*[nqt]|--recon|--touch|--question)\s`,
	`\b(?:make|gmake)\s.*\bSHELL=\S*(?:true|echo|:)(?:\s|$)`,
	// Rust
	`\bCARGO_TARGET_\w+_RUNNER=\S*(?:true|echo)(?:\s|$)`,
	// Others
	`\bctest\s(?:\S+\s+)*-N\b`,
	`\bswift\s+test\s+list\b`,
	`\bbats\s+(?:\S+\s+)*(?:-c|--count)(?:\s|$)`,
	`\bdotnet\s+test\s+(?:\S+\s+)*-t(?:\s|$)`,
}

// installs matches commands that install test runners, look for them, or write of them to a code host.
var installs = lazyregexp.New(`^(?:\S*/)?(?:(?:(?:python[0-9.]*\s+-m\s+|uv\s+)?pip[0-9.]*|pipx|brew|apt|apt-get|apk|dnf|yum|conda|gem|cargo|go|bundle|poetry|uv|pdm|composer|npm|pnpm|yarn|bun|(?:npx\s+)?playwright)\s+(?:-\S+\s+)*(?:install|i|add|get|require|remove|uninstall)|gh|glab|whereis)(?:\s|$)`)

// builders are patterns of commands that build, or check how a source is written. Sources: the manuals of the tools that they name.
var builders = []string{
	`(?:npm|pnpm|yarn|bun)\s+(?:--?\S+\s+)*(?:run\s+)?(?:\S+:)?(?:build|compile)(?::\S+)?(?:\s|$)`,
	`(?:npx\s+)?(?:tsc|webpack|esbuild|rollup|(?:vite|next|nuxt|astro|ng)\s+build)(?:\s|$)`,
	`node\s+(?:--check|-c)\s`,
	`python[0-9.]*\s+-m\s+(?:py_compile|compileall|build)(?:\s|$)`,
	`(?:php\s+-l|ruby\s+-c|(?:ba|da|z)?sh\s+-n)\s`,
	`go\s+(?:build|install|vet)(?:\s|$)`,
	`cargo\s+(?:\+\S+\s+)?(?:check|build|b|c)(?:\s|$)`,
	`(?:make|gmake|ninja)(?:\s+-\S+)*\s+build$`, // without a target it may run the tests
	`cmake\s+--build\s`,
	`(?:mvn|mvnw)\s(?:.*\s)?compile(?:\s|$)`,
	`(?:gradle|gradlew)\s(?:.*\s)?(?:assemble|classes)(?:\s|$)`,
	`(?:dotnet|swift)\s+build(?:\s|$)`,
	`docker(?:\s+compose|-compose)?\s+(?:build|config)(?:\s|$)`,
}

// about is what else than its tests a task of a project checks.
const about = `(?:fmt|format\w*|lint\w*|typ(?:es?|ing)|style|spell\w*|links?|licen[cs]es?|deps|dependencies|tidy|vet|docs?|generated?|codegen|prettier|black|ruff|mypy|clippy|gofmt|rustfmt)`

// styleTasks match names of tasks that check something else than the tests, and an option that makes a formatter only check.
var styleTasks = []string{about + `[-_:.]?(?:check|verify)`, `(?:check|verify)[-_:.]?` + about, `--check`}

// noFailures are patterns of what makes test runners succeed although tests failed. Sources: the manuals of Maven and Make.
var noFailures = []string{
	`\b(?:mvn|mvnw)\s(?:.*\s)?(?:-fn|--fail-never|-Dmaven\.test\.failure\.ignore(?:=true)?)(?:\s|$)`,
	`\b(?:make|gmake)\s+(?:-\S+\s+)*(?:-[bBdekrRsSw]*i[bBdekrRsSw]*|--ignore-errors)\s`,
}

// serverTests matches the names of tools of MCP servers that run tests: mcp__dart__run_tests, mcp__XcodeBuildMCP__test_sim.
var serverTests = lazyregexp.New(`(?i)^mcp__\S+__(?:(?:[a-z]+_)*(?:run|execute)\w*tests?(?:_\w+)?|tests?_(?:run|sim|device|macos|project|package|all)\w*|(?:[a-z]+_)+package_test)$`)

// serverRuns matches the names of tools of MCP servers that run what a project names: mcp__jetbrains__execute_run_configuration, mcp__just__run_recipe.
// namesTests matches what is named so and runs tests.
var (
	serverRuns = lazyregexp.New(`(?i)^mcp__\S+__(?:\w+_)?(?:run|execute|launch)_?(?:\w*_)?(?:config|configuration|task|target|script|recipe)$`)
	namesTests = lazyregexp.New(`(?i)(?:^|[\s:_./-])(?:unit|e2e|integration|all)?[\s:_-]*(?:tests?|specs?|check|verify|pytest|jest|vitest|mocha|phpunit|rspec|junit)(?:$|[\s:_./-])`)
)

var (
	tests           = lazyregexp.New(`(?i)(?:^|[\s;&|({"'/])(?:` + strings.Join(testRunners, "|") + `)`)
	ownTests        = lazyregexp.New(`(?i)^(?:[^\s=-][^\s=]*)?tests?[_-]?\w*\.(?:sh|py|[cm]?js|rb|ts|bash|ps1)$`)
	runsNone        = lazyregexp.New(strings.Join(noRuns, "|"))
	buildsOnly      = lazyregexp.New(`^(?:\S*/)?(?:` + strings.Join(builders, "|") + `)`)
	styleTask       = lazyregexp.New(`(?i)^(?:` + strings.Join(styleTasks, "|") + `)$`)
	ignoresFailures = lazyregexp.New(strings.Join(noFailures, "|"))
)
