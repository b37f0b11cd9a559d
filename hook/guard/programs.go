package guard

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"stopgate/hook/shell"
)

// Program is a program that git would start because an option or a variable of its environment says so. A git that it calls is not the
// guard's: git puts its own folder first in the PATH of what it starts.
type Program struct {
	// By is the option or the variable, Text the program, as a shell would get it, or the folder or file that leads to it.
	By, Text string
	// Kind is what it plainly does to the session's repository, where that was asked; "" for nothing.
	Kind shell.Kind
}

// maxConfigs bounds the variables that are read of those that GIT_CONFIG_COUNT announces. Of more, any may name a program.
const maxConfigs = 1000

// Programs are those that git would start for the command in that environment.
func (c Command) Programs(getenv func(string) string) []Program {
	var list []Program
	set := func(by, name, value string) {
		if shell.ConfigProgram(name, value) {
			list = append(list, Program{By: by + name, Text: value})
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
			list = append(list, Program{By: "--exec-path", Text: dir})
		}
	}
	if count, err := strconv.Atoi(getenv("GIT_CONFIG_COUNT")); err == nil {
		if count > maxConfigs {
			list = append(list, Program{By: "GIT_CONFIG_COUNT", Text: strconv.Itoa(count) + " variables, more than are read"})
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
			list = append(list, Program{By: name, Text: value})
		}
	}
	if option, program := shell.ArgumentProgram(c.Name, c.Args); option != "" {
		list = append(list, Program{By: option, Text: program})
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

// StartingVariables are the variables of the environment by which git starts programs, or finds configuration that has it start some. scripts/shim/git
// has the same, in this order.
func StartingVariables() []string {
	return slices.Concat(shell.ProgramVariables(), []string{"GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS"}, configurationVariables())
}

// configurationVariables are the variables of the environment that say where git finds the configuration of the person and of the system
// (git-config(1), FILES). Those of the person come first.
func configurationVariables() []string {
	return []string{"HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"}
}

// OtherConfiguration are the programs that git would start because one of those variables leads it to other configuration. getenv returns "" for
// a variable that is what it was when the shell began.
func OtherConfiguration(ctx context.Context, git Git, getenv func(string) string) []Program {
	asked := "" // the scope that was asked last, and names no program
	for _, variable := range configurationVariables() {
		scope := "--global"
		if variable == "GIT_CONFIG_SYSTEM" {
			scope = "--system"
		}
		if getenv(variable) == "" || scope == asked {
			continue
		}
		list := settingsOf(ctx, git, scope)
		for i := range list {
			list[i].By = variable + ", which leads to " + list[i].By
		}
		if len(list) > 0 {
			return list
		}
		asked = scope
	}
	return nil
}
