package guard

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"stopgate/hook/shell/gitop"
	"stopgate/hook/shell/screen"
)

// Program is a program that git would start because of an option or an environment variable. If it calls git, it does not reach the guard, because
// git puts its own folder first into its PATH.
type Program struct {
	// By is the option or the variable. Text is the program in the form for a shell, or the folder or file that leads to it.
	By, Text string
	// Kind is what the program plainly does to the session's repository, if that was checked; "" for nothing.
	Kind gitop.Kind
}

// maxConfigs is how many of the variables that GIT_CONFIG_COUNT announces are read. If there are more, any may name a program.
const maxConfigs = 1000

// Programs returns the programs that git would start for the command in that environment.
func (c Command) Programs(getenv func(string) string) []Program {
	var list []Program
	set := func(by, name, value string) {
		if gitop.ConfigProgram(name, value) {
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
	for _, name := range gitop.ProgramVariables() {
		if value := getenv(name); gitop.VariableProgram(name, value) {
			list = append(list, Program{By: name, Text: value})
		}
	}
	if option, program := gitop.ArgumentProgram(c.Name, c.Args); option != "" {
		list = append(list, Program{By: option, Text: program})
	}
	return list
}

// Writes returns the kind of the first command in the text of the programs that would write to a repository; "" if none is visible.
func Writes(programs []Program) gitop.Kind {
	for _, p := range programs {
		for _, use := range screen.Prohibited(p.Text) {
			if use.Sure {
				return use.Kind
			}
		}
	}
	return ""
}

// StartingVariables returns the environment variables by which git starts programs, or finds configuration that names programs. scripts/shim/git
// has the same list in this order.
func StartingVariables() []string {
	return slices.Concat(gitop.ProgramVariables(), []string{"GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS"}, configurationVariables())
}

// configurationVariables returns the environment variables that decide where git finds the configuration of the person and of the system
// (git-config(1), FILES). Those of the person come first.
func configurationVariables() []string {
	return []string{"HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"}
}

// OtherConfiguration returns the programs that git would start because one of those variables leads it to another configuration. getenv returns ""
// for a variable that has not changed since the shell began.
func OtherConfiguration(ctx context.Context, git Git, getenv func(string) string) []Program {
	asked := "" // the last scope that was searched and names no program
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
