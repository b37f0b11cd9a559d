package shell

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"stopgate/hook/lazyregexp"
)

// preloaders are the programs that load files which a variable or an option names, with the variable and the pattern of the names.
var preloaders = []struct {
	programs, variable string
	names              func() *regexp.Regexp
}{
	{"node npm npx pnpm pnpx yarn jest vitest mocha ava tap c8 nyc tsx ts-node playwright make", "NODE_OPTIONS", lazyregexp.New(`(?:^|\s)(?:-r|--require|--import|--loader|--experimental-loader)[= ]\s*["']?([^\s"']+)`)},
	{"ruby rspec rake rails bundle make", "RUBYOPT", lazyregexp.New(`(?:^|\s)-r\s*["']?([^\s"']+)`)},
}

// pythonProgram matches the programs that are written in Python, or start one: PYTHONPATH names folders of modules for them. plugin matches a module
// that pytest is told to load.
var (
	pythonProgram = lazyregexp.New(`^(?:python[0-9.]*|pytest|py\.test|tox|nox|coverage|nosetests|make|uv|poetry|hatch)$`)
	plugin        = lazyregexp.New(`(?:^|\s)-p\s*([\w.]+)`)
)

// succeeding matches what ends a program with success before its work, or gives a test run another result.
var succeeding = lazyregexp.New(`\bprocess\.(?:exit|reallyExit)\s*\(\s*0?\s*\)|\bprocess\.exitCode\s*=\s*0\b|\b(?:sys\.exit|os\._exit)\s*\(\s*(?:0|None)?\s*\)|(?m:^\s*exit!?(?:\s+(?:0|true)|\s*\(\s*(?:0|true)?\s*\))?\s*;?\s*$)|` +
	`\bexitstatus\s*=\s*0\b|\boutcome\s*=\s*["']passed|\bitems(?:\[:\]\s*=\s*\[\]|\.clear\(\))`)

// ended reports whether a file that the agent wrote, and that the environment or an option of a command has it load first, ends it with success.
func (f *follow) ended(r Run, program string, arguments []string) bool {
	if len(f.files.texts) == 0 {
		return false
	}
	r.exported, r.Values = f.exported, f.values
	var files []string
	for _, p := range preloaders {
		if !slices.Contains(strings.Fields(p.programs), program) {
			continue
		}
		given := r.Setting(p.variable)
		if program == "node" || program == "ruby" {
			given += " " + strings.Join(arguments, " ")
		}
		for _, name := range p.names().FindAllStringSubmatch(given, -1) {
			files = append(files, name[1], name[1]+".js", name[1]+".rb")
		}
	}
	if pythonProgram().MatchString(program) {
		modules := []string{"sitecustomize", "usercustomize"}
		for _, name := range plugin().FindAllStringSubmatch(r.Setting("PYTEST_ADDOPTS")+" "+strings.Join(arguments, " "), -1) {
			modules = append(modules, strings.ReplaceAll(name[1], ".", "/"))
		}
		for folder := range strings.SplitSeq(r.Setting("PYTHONPATH"), ":") {
			for _, module := range modules {
				files = append(files, path.Join(folder, module+".py"))
			}
		}
	}
	return slices.ContainsFunc(files[:min(len(files), maxNames)], func(name string) bool {
		text, _ := f.text(name)
		return succeeding().MatchString(text)
	})
}
