package guard

import (
	"strconv"
	"strings"

	"stopgate/hook/shell"
)

// Program is a program that git would start because an option or a variable of its environment says so. A git that it calls is not the
// guard's: git puts its own folder first in the PATH of what it starts.
type Program struct {
	// By is the option or the variable, Text the program, as a shell would get it, or the folder or file that leads to it.
	By, Text string
}

// maxConfigs bounds the variables that are read of those that GIT_CONFIG_COUNT announces. Of more, any may name a program.
const maxConfigs = 1000

// Programs are those that git would start for the command in that environment.
func (c Command) Programs(getenv func(string) string) []Program {
	var list []Program
	set := func(by, name, value string) {
		if shell.ConfigProgram(name, value) {
			list = append(list, Program{by + name, value})
		}
	}
	for _, variable := range c.globals("-c") {
		name, value, _ := strings.Cut(variable, "=")
		set("-c ", name, value)
	}
	for _, variable := range c.globals("--config-env") {
		if at := strings.LastIndexByte(variable, '='); at >= 0 {
			set("--config-env ", variable[:at], getenv(variable[at+1:]))
		}
	}
	for _, dir := range c.globals("--exec-path") {
		if dir != "" {
			list = append(list, Program{"--exec-path", dir})
		}
	}
	if count, err := strconv.Atoi(getenv("GIT_CONFIG_COUNT")); err == nil {
		if count > maxConfigs {
			list = append(list, Program{"GIT_CONFIG_COUNT", strconv.Itoa(count) + " variables, more than are read"})
		}
		for i := range min(count, maxConfigs) {
			set("GIT_CONFIG_KEY_ ", getenv("GIT_CONFIG_KEY_"+strconv.Itoa(i)), getenv("GIT_CONFIG_VALUE_"+strconv.Itoa(i)))
		}
	}
	for _, word := range split(getenv("GIT_CONFIG_PARAMETERS")) { // 'name'='value' or 'name=value', in quotation marks
		name, value, _ := strings.Cut(word, "=")
		set("GIT_CONFIG_PARAMETERS ", name, value)
	}
	for _, name := range shell.ProgramVariables() {
		if value := getenv(name); shell.VariableProgram(name, value) {
			list = append(list, Program{name, value})
		}
	}
	if option, program := shell.ArgumentProgram(c.Name, c.Args); option != "" {
		list = append(list, Program{option, program})
	}
	return list
}

// Writes is the kind of the first command in the text of the programs that would write to a repository; "" for none that the text shows.
func Writes(programs []Program) shell.Kind {
	for _, p := range programs {
		for _, use := range shell.Prohibited(p.Text) {
			if use.Sure {
				return use.Kind
			}
		}
	}
	return ""
}
