package guard

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// variables are the environment variables by which git passes its own options on to the programs that it starts (git(1), ENVIRONMENT VARIABLES).
var variables = map[string]string{
	"--git-dir": "GIT_DIR", "--work-tree": "GIT_WORK_TREE", "--namespace": "GIT_NAMESPACE", "--no-pager": "GIT_PAGER=cat", "-P": "GIT_PAGER=cat",
	"--no-replace-objects": "GIT_NO_REPLACE_OBJECTS=1", "--no-optional-locks": "GIT_OPTIONAL_LOCKS=0", "--literal-pathspecs": "GIT_LITERAL_PATHSPECS=1",
	"-p": "", "--paginate": "",
}

// external returns a script that does what git does for a command that is a program in PATH, as git foo is git-foo: but with the guard's git before
// git's own folder in the program's PATH, so that the git commands of the program reach the guard. It returns "" for git's own commands, without such
// a program, and if the command has an option of git's whose effect the script cannot have. find returns the path of a program; "" for none.
func external(ctx context.Context, git Git, c Command, setup string, find func(name string) string) string {
	if find == nil || c.Name == "" || strings.ContainsAny(c.Name, `/\`) {
		return ""
	}
	own, ok := git.Ask(ctx, "--exec-path")
	if !ok {
		return ""
	}
	for _, name := range []string{"git-" + c.Name, "git-" + c.Name + ".exe"} {
		if _, err := os.Stat(filepath.Join(own, name)); err == nil {
			return ""
		}
	}
	program := find("git-" + c.Name)
	if program == "" {
		return ""
	}
	var script, settings []string
	for i := 0; i < len(c.Globals); i++ {
		option, value, has := strings.Cut(c.Globals[i], "=")
		if !has && slices.Contains(valued, option) && i+1 < len(c.Globals) {
			i++
			value = c.Globals[i]
		}
		variable, known := variables[option]
		switch {
		case option == "-C":
			if value != "" {
				script = append(script, "cd -- "+Quote(value)+" || exit 128")
			}
		case option == "-c" && strings.Contains(value, "="):
			settings = append(settings, Quote(value))
		case !known:
			return ""
		case variable != "":
			name, set, fixed := strings.Cut(variable, "=")
			if !fixed {
				set = value
			}
			script = append(script, name+"="+Quote(set), "export "+name)
		}
	}
	if len(settings) > 0 {
		script = append(script, `GIT_CONFIG_PARAMETERS="${GIT_CONFIG_PARAMETERS:+$GIT_CONFIG_PARAMETERS }"`+Quote(strings.Join(settings, " ")), "export GIT_CONFIG_PARAMETERS")
	}
	if !strings.Contains(own, ":") {
		script = append(script, "PATH="+Quote(own)+":$PATH")
	}
	return strings.Join(append(script, setup+"exec "+Quote(program)), "; ") + quoted(c.Args)
}

// quoted returns words for a shell, each after a blank.
func quoted(words []string) string {
	var b strings.Builder
	for _, word := range words {
		b.WriteString(" " + Quote(word))
	}
	return b.String()
}
