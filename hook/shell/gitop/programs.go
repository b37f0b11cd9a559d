package gitop

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/shell/argv"
)

// Git starts programs that its configuration and its environment name. It puts its own folder first in their PATH, so a git that they call is not
// the guard's.

// programs are the variables of git's configuration whose value is a program or leads to one, in lower case (git-config(1), 2.39 to 2.54, and the
// manuals of the commands). A * stands for any name. Aliases are not included: see OfGit.
var programs = strings.Fields(`
core.pager pager.* core.editor sequence.editor core.sshcommand core.askpass core.gitproxy core.fsmonitor core.hookspath core.alternaterefscommand
diff.external diff.*.command diff.*.textconv difftool.*.cmd difftool.*.path mergetool.*.cmd mergetool.*.path guitool.*.cmd merge.*.driver
filter.*.clean filter.*.smudge filter.*.process gpg.program gpg.*.program gpg.ssh.defaultkeycommand credential.helper credential.*.helper
remote.*.uploadpack remote.*.receivepack remote.*.vcs interactive.difffilter browser.*.cmd browser.*.path web.browser help.browser man.*.cmd man.*.path
instaweb.httpd instaweb.browser imap.tunnel sendemail.smtpserver sendemail.*.smtpserver sendemail.sendmailcmd sendemail.*.sendmailcmd sendemail.tocmd
sendemail.*.tocmd sendemail.cccmd sendemail.*.cccmd sendemail.headercmd sendemail.*.headercmd uploadpack.packobjectshook trailer.*.command trailer.*.cmd
tar.*.command include.path includeif.*.path init.templatedir submodule.*.update protocol.allow protocol.ext.allow url.*.insteadof url.*.pushinsteadof
hook.*.command gc.recentobjectshook lfs.customtransfer.*.path lfs.extension.*.clean lfs.extension.*.smudge core.gitproxycommand
`)

// programVariables are the environment variables that name a program (git(1), ENVIRONMENT VARIABLES; git-var(1); gitcredentials(7)).
var programVariables = []string{
	"GIT_EXTERNAL_DIFF", "GIT_PAGER", "GIT_SSH_COMMAND", "GIT_SSH", "GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "GIT_ASKPASS", "GIT_PROXY_COMMAND", "GIT_EXEC_PATH",
	"GIT_TEMPLATE_DIR",
}

// harmless matches values that start nothing, or a program that only shows, stores or packs something. Options with a value are not among them, since
// they may name a program.
var harmless = lazyregexp.New(`^(|-|yes|no|on|off|0|1|:|checkout|rebase|merge|none|/dev/null|/usr/share/git-core/templates/?|store|cache( --timeout[ =]\d+)?|osxkeychain|manager(-core)?|libsecret|wincred` +
	`|!?(((/usr(/local)?)?|/opt/homebrew)/bin/)?(true|false|echo|cat|((less|more|bat|delta|diff-so-fancy|head|tail|gzip|bzip2|xz|zstd)( --?[\w-]+)*)|vi|vim|nano|emacs|code( --wait)?|gpg2?` +
	`|gh auth git-credential|git-lfs (clean|smudge|filter-process)( --skip)?( -- %f)?|ssh( [^;&|$` + "`" + `<>()\n]*)?))$`)

// ConfigProgram reports whether a variable of git's configuration with that value has git start a program that may be anything.
func ConfigProgram(name, value string) bool {
	name = strings.ToLower(name)
	if strings.HasPrefix(name, "url.") && (strings.HasSuffix(name, ".insteadof") || strings.HasSuffix(name, ".pushinsteadof")) {
		return strings.Contains(name, "::") // a remote helper
	}
	return !isHarmless(value) && slices.ContainsFunc(programs, func(pattern string) bool { return pattern == name || matches(pattern, name) })
}

// matches reports whether a name is of that pattern. What a * stands for may have dots, as a URL has.
func matches(pattern, name string) bool {
	before, after, star := strings.Cut(pattern, "*")
	return star && len(name) > len(before)+len(after) && strings.HasPrefix(name, before) && strings.HasSuffix(name, after)
}

func isHarmless(value string) bool {
	return harmless().MatchString(value) && !strings.Contains(strings.ToLower(value), "proxycommand") && !strings.Contains(strings.ToLower(value), "localcommand")
}

// VariableProgram is ConfigProgram for a variable of the environment.
func VariableProgram(name, value string) bool {
	return slices.Contains(programVariables, name) && !isHarmless(value)
}

// ProgramVariables returns the variables of the environment that VariableProgram knows.
func ProgramVariables() []string { return slices.Clone(programVariables) }

// programOption is an option of a git command that names a program: in full with the fewest letters that git takes for it, and short.
type programOption struct {
	long  string
	least int
	short string
}

// programOptions are those of each command, and of clone the options that set a variable.
var programOptions = map[string][]programOption{
	"ls-remote": {{"--upload-pack", 4, ""}, {"--exec", 4, ""}}, "fetch-pack": {{"--upload-pack", 4, ""}, {"--exec", 4, ""}},
	"fetch": {{"--upload-pack", 5, ""}}, "pull": {{"--upload-pack", 5, ""}},
	"clone":   {{"--upload-pack", 4, "-u"}, {"--template", 4, ""}, {"--config", 5, "-c"}},
	"archive": {{"--exec", 4, ""}}, "init": {{"--template", 4, ""}},
	"push": {{"--receive-pack", 5, ""}, {"--exec", 4, ""}}, "send-pack": {{"--receive-pack", 5, ""}, {"--exec", 4, ""}},
	"grep": {{"--open-files-in-pager", 4, ""}}, "difftool": {{"--extcmd", 4, "-x"}}, "rebase": {{"--exec", 4, "-x"}},
}

// ArgumentProgram returns the program that an argument of a git command names: the option, and the program; "" for none. Git takes the beginning of
// an option for the whole.
func ArgumentProgram(command string, arguments []string) (option, program string) {
	switch operands := argv.Read(arguments, "--config").Operands; {
	case command == "bisect" && len(operands) > 1 && operands[0] == "run":
		return "bisect run", strings.Join(arguments[1:], " ")
	case command == "for-each-repo" && len(operands) > 0:
		return "for-each-repo", "git " + strings.Join(operands, " ")
	}
	for i, argument := range arguments {
		if argument == "--" {
			break
		}
		name, value, joined := strings.Cut(argument, "=")
		next := ""
		if i+1 < len(arguments) {
			next = arguments[i+1]
		}
		if !joined {
			value = next
		}
		options := programOptions[command]
		at := slices.IndexFunc(options, func(o programOption) bool {
			if rest, short := strings.CutPrefix(argument, o.short); short && o.short != "" && !strings.HasPrefix(argument, "--") {
				value = cmp.Or(rest, value)
				return true
			}
			return o.long != "" && len(name) >= o.least && strings.HasPrefix(o.long, name)
		})
		is := at >= 0
		switch {
		case is && options[at].long == "--config":
			key, set, _ := strings.Cut(value, "=")
			if ConfigProgram(key, set) {
				return argument, set
			}
			is = false
		case command == "grep" && is:
			is = joined
		case command == "grep" && strings.HasPrefix(argument, "-") && !strings.HasPrefix(argument, "--"):
			_, value, is = strings.Cut(argument, "O")
		case command == "filter-branch":
			is = strings.HasPrefix(name, "--") && strings.HasSuffix(name, "-filter") || name == "--setup"
		}
		if is && !isHarmless(value) && path.Base(value) != "git-upload-pack" && path.Base(value) != "git-receive-pack" && path.Base(value) != "git-upload-archive" {
			return name, value
		}
	}
	return "", ""
}

var (
	configOption = lazyregexp.New(`\bgit\b[^\n|;&]*?\s-c\s+(?:'([^'=]+)=([^']*)'|"([^"=]+)=([^"]*)"|([^\s'"=]+)=(?:'([^']*)'|"([^"]*)"|([^\s'";|&]*)))`)
	assignment   = lazyregexp.New(`\b(GIT_[A-Z_]+)=(?:'([^']*)'|"([^"]*)"|([^\s'";|&]*))`)
	otherOption  = lazyregexp.New(`\bgit\b[^\n|;&]*\s(--exec-path=|--config-env[= ]|--upload-pack[= ]|--receive-pack[= ]|--open-files-in-pager=|--extcmd[= ])|\bGIT_CONFIG_PARAMETERS=`)
	counted      = lazyregexp.New(`\bGIT_CONFIG_COUNT=`)
	variableOf   = lazyregexp.New(`\bGIT_CONFIG_(KEY|VALUE)_(\d+)=(?:'([^']*)'|"([^"]*)"|([^\s'";|&]*))`)
)

// StartsByGit reports whether the text of a command has git start a program by an option or a variable of its environment.
func StartsByGit(command string) bool {
	if !strings.Contains(command, "git") && !strings.Contains(command, "GIT_") {
		return false
	}
	for _, m := range configOption().FindAllStringSubmatch(command, -1) {
		name, value := m[1]+m[3]+m[5], m[2]+m[4]+m[6]+m[7]+m[8]
		if ConfigProgram(name, value) {
			return true
		}
	}
	for _, m := range assignment().FindAllStringSubmatch(command, -1) {
		if VariableProgram(m[1], m[2]+m[3]+m[4]) {
			return true
		}
	}
	return otherOption().MatchString(command) || counted().MatchString(command) && variablesStart(command)
}

// variablesStart reports whether the variables that GIT_CONFIG_COUNT announces have git start a program, or the text does not show them.
func variablesStart(command string) bool {
	names, values := map[string]string{}, map[string]string{}
	for _, m := range variableOf().FindAllStringSubmatch(command, -1) {
		to := names
		if m[1] == "VALUE" {
			to = values
		}
		to[m[2]] = m[3] + m[4] + m[5]
	}
	for number, name := range names {
		if strings.Contains(name, "$") || ConfigProgram(name, values[number]) {
			return true
		}
	}
	return len(names) == 0
}
