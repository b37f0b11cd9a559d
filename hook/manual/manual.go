// Package manual makes the manual page and the completions of shells from the same list of commands as the help.
package manual

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/quote"
)

// Command is one command of the program.
type Command struct {
	// Name is its word, Args are its arguments as the help shows them, What says what it does.
	Name, Args, What string
}

var flagName = lazyregexp.New(`--[a-z][a-z-]*`)

// Flags returns the flags that the arguments of a command show, with their hyphens, and --help.
func (c Command) Flags() []string {
	flags := flagName().FindAllString(c.Args, -1)
	slices.Sort(flags)
	return append(slices.Compact(flags), "--help")
}

// Words returns the plain words that may stand for an argument, as in bash|zsh|fish.
func (c Command) Words() []string {
	var words []string
	for part := range strings.FieldsSeq(c.Args) {
		part = strings.Trim(part, "[]")
		if regexp.MustCompile(`^[a-z]+(\|[a-z]+)*$`).MatchString(part) && !strings.Contains(c.Args, "--format "+part) {
			words = append(words, strings.Split(part, "|")...)
		}
	}
	return words
}

// Completion returns the script that completes commands, flags and words in a shell: bash, zsh or fish.
func Completion(shell string, commands []Command) (string, error) {
	names := append(quote.Each(commands, func(c Command) string { return c.Name }), "help")
	var b strings.Builder
	switch shell {
	case "bash":
		b.WriteString("# stopgate completion bash >/etc/bash_completion.d/stopgate, or: eval \"$(stopgate completion bash)\"\n_stopgate() {\n\tlocal words\n\tif ((COMP_CWORD == 1)) || { ((COMP_CWORD == 2)) && [[ ${COMP_WORDS[1]} == help ]]; }; then\n")
		fmt.Fprintf(&b, "\t\twords='%s'\n\telse\n\t\tcase ${COMP_WORDS[1]} in\n", strings.Join(names, " "))
		for _, c := range commands {
			fmt.Fprintf(&b, "\t\t%s) words='%s' ;;\n", c.Name, strings.Join(append(c.Words(), c.Flags()...), " "))
		}
		b.WriteString("\t\t*) words= ;;\n\t\tesac\n\tfi\n\tCOMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\ncomplete -o default -F _stopgate stopgate\n")
	case "zsh":
		b.WriteString("#compdef stopgate\n# stopgate completion zsh >\"${fpath[1]}/_stopgate\", or: eval \"$(stopgate completion zsh)\"\n_stopgate() {\n\tlocal -a commands\n\tcommands=(\n")
		for _, c := range commands {
			fmt.Fprintf(&b, "\t\t'%s:%s'\n", c.Name, strings.NewReplacer("'", `'\''`, ":", `\:`).Replace(c.What))
		}
		b.WriteString("\t\t'help:show the flags of a command'\n\t)\n\tif ((CURRENT == 2)) || { ((CURRENT == 3)) && [[ $words[2] == help ]]; }; then\n\t\t_describe command commands\n\t\treturn\n\tfi\n\tcase $words[2] in\n")
		for _, c := range commands {
			fmt.Fprintf(&b, "\t%s) compadd -- %s ;;\n", c.Name, strings.Join(append(c.Words(), c.Flags()...), " "))
		}
		b.WriteString("\tesac\n\t_files\n}\nif [[ $funcstack[1] == _stopgate ]]; then\n\t_stopgate \"$@\"\nelse\n\tcompdef _stopgate stopgate\nfi\n")
	case "fish":
		b.WriteString("# stopgate completion fish >~/.config/fish/completions/stopgate.fish\n")
		for _, c := range append(slices.Clone(commands), Command{Name: "help", What: "show the flags of a command"}) {
			what := strings.ReplaceAll(c.What, "'", `\'`)
			fmt.Fprintf(&b, "complete -c stopgate -n __fish_use_subcommand -f -a %s -d '%s'\n", c.Name, what)
			for _, flag := range c.Flags() {
				fmt.Fprintf(&b, "complete -c stopgate -n '__fish_seen_subcommand_from %s' -l %s\n", c.Name, strings.TrimPrefix(flag, "--"))
			}
			if words := c.Words(); len(words) > 0 {
				fmt.Fprintf(&b, "complete -c stopgate -n '__fish_seen_subcommand_from %s' -f -a '%s'\n", c.Name, strings.Join(words, " "))
			}
		}
	default:
		return "", fmt.Errorf("no completion for %q: bash, zsh and fish have one", shell)
	}
	return b.String(), nil
}

// Page returns the manual page, in the macros of man(7). The date is that of the program, as in 2026-11-27; "" if it is not known.
func Page(version, date string, commands []Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH STOPGATE 1 \"%s\" \"stopgate %s\" \"User Commands\"\n", date, roff(version))
	b.WriteString(".SH NAME\nstopgate \\- check with git what a coding agent reports when it stops\n.SH SYNOPSIS\n.B stopgate\n.I COMMAND\n[arguments]\n.SH COMMANDS\n")
	for _, c := range commands {
		fmt.Fprintf(&b, ".TP\n.B %s\n%s.\n", roff(strings.TrimSpace("stopgate "+c.Name+" "+c.Args)), roff(c.What))
	}
	b.WriteString(".PP\n.B stopgate help\n.I COMMAND\nshows the flags of a command.\n.SH EXIT STATUS\n.TP\n.B 0\nDone.\n.TP\n.B 1\nA verdict other than verified, or something is wrong or left.\n.TP\n.B 3\nWrong usage, input that cannot be read, or a crash.\n")
	b.WriteString(".SH FILES\n.TP\n.B .stopgate.yml\nThe configuration of a repository. It takes effect once it is committed.\n.SH ENVIRONMENT\n.TP\n.B STOPGATE_STATE_DIR\nThe folder of the journals.\n.TP\n.B NO_COLOR\nPrint no colours.\n")
	return b.String()
}

// roff is text in which nothing is a request or an escape of roff.
func roff(text string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "\n.", "\n\\&.").Replace(text)
}
