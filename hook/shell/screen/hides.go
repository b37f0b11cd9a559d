package screen

import (
	"regexp"
	"slices"
	"strings"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/shell/gitop"
)

// hiding lists the ways in which a command keeps what it does out of its text, or its git commands from the git that is first in PATH.
var hiding = []struct {
	what string
	re   func() *regexp.Regexp
}{
	{"runs decoded text", lazyregexp.New(`(?s)(base64\b.*(-d|-D|--decode)|xxd\b.*-r|openssl\b.*\b(enc|base64)\b.*-d|uudecode|\brev\b|\btr\s+[^-|\s][^|]*|gunzip|gzip -d|zcat|bunzip2|xz -d|\bprintf\b[^|]*\\x?[0-9a-fA-F]{2}[^|]*|\becho\s+-\w*e[^|]*\\x?[0-9a-fA-F]{2}[^|]*).*\|\s*(sudo\s+)?(env\s+)?(/\S*/)?(ba|da|z|k|mk)?sh(\s|["';|&)]|$)`)},
	{"runs decoded text", lazyregexp.New(`(?s)(eval|source|\.|(ba|da|z|k)?sh\s+-c)\s+("|<\()?\$?\(?.*(base64\b.*(-d|-D|--decode)|xxd\b.*-r|uudecode|openssl\b.*-d|\$'[^']*\\x?[0-9a-fA-F]{2})`)},
	{"runs decoded text", lazyregexp.New(`(?s)(exec|eval|compile|system|Function|run|call|Popen|execSync|spawnSync?)\b.*(b64decode|base64_decode|fromhex|unhexlify|hex2bin|rot_?13|decode_base64|unpack1?\(|atob\(|['"](base64|hex)['"]\)|codecs\.decode|zlib\.decompress|marshal\.loads|chr\()`)},
	{"runs decoded text", lazyregexp.New(`(?s)(b64decode|base64_decode|fromhex|unhexlify|hex2bin|decode_base64|atob\(|['"](base64|hex)['"]\)|codecs\.decode|zlib\.decompress|marshal\.loads).*\b(exec|eval|system|Popen|execSync|spawnSync?)\b`)},
	{"calls git by its absolute path", lazyregexp.New(`(^|[\s"'=(;|&!])(/[\w.+-]+)+/(git|libexec/git-core/\S+|git-core/\S+)(\s|["';|&)]|$)`)},
	{"calls git by its absolute path", lazyregexp.New(`(^|[\s"'=(;|&])(/[\w.*?\[\]+-]+)+/(g[git?*\[\]]*[?*\[][git?*\[\]]*|[?*\[][git?*\[\]]*[git][git?*\[\]]*)(\s|["';|&)]|$)`)},
	{"calls git by its absolute path", lazyregexp.New(`[$][(][^)]*\b((which|type)(\s+-\w+)*\s+-\w*a\w*|whereis|git\s+--exec-path)\b`)},
	{"calls git by its path", lazyregexp.New(`(^|[\n;&|({]\s*)(\.{1,2}/)+([\w.-]+/)*git(\s|["';|&)]|$)`)},
	{"copies git", lazyregexp.New(`\b(cp|ln|install|mv)\b[^\n;|&]*\b(which|command\s+-v|type\s+-\w*[pP]\w*)\s+git\b`)},
	{"replaces PATH", lazyregexp.New(`(^|[\s;&|("'])(PATH=($|[\s;&|])|unset\s+PATH|env\s+-u\s*PATH(\s|$)|command\s+-p\s|os\.environ\[.PATH.\]\s*=[^=]|process\.env\.PATH\s*=[^=])`)},
	{"replaces PATH", lazyregexp.New(`\b(sudo|doas)\s+(-[ugpCDhRrtT]\s+\S+\s+|-\S+\s+)*(\S*/)?(git|env|make|node|npm|npx|yarn|pnpm|perl|ruby|python[\d.]*|(ba|da|z|k)?sh|\S+\.(sh|py|js|rb|pl))(\s|["';|&)]|$)`)},
	{"calls git where the guard is not", lazyregexp.New(`\b(docker|podman|nerdctl|kubectl|nix-shell|ssh|wsl|flatpak-spawn|toolbox|distrobox|su\s+-|(ba|z|k)?sh\s+(-[a-z]*l[a-z]*|--login))\s[^\n]*(\s|["'/])git\s([^\n;|&"']*\s)?(commit|push|tag|branch|merge|rebase|reset|stash|update-ref|config|checkout|switch|add|worktree|cherry-pick|am|notes)(\s|["']|$)`)},
	{"takes away what the guard needs", lazyregexp.New(`STOPGATE_(CALLS|SHELL|HOME|STATE_DIR|STARTS|ROOT)|scripts/shim`)},
	{"writes to a repository by a library", lazyregexp.New(`\b(dulwich|pygit2|libgit2|nodegit|isomorphic-git|go-git|JGit|gitoxide|\bgix\b|\bjj\s+(git|commit|new|bookmark))\b`)},
	{"writes to git's files without git", lazyregexp.New(`(>{1,2}|\btee\b|\bcp\b|\bmv\b|\brm\b|\bln\b|write|open\(|unlink|truncate|\b(copy\w*|rename\w*|(sym)?link\w*|append\w*|move|remove|rmtree|rm\w*Sync|file_put_contents)\s*\()([^\n;|&]*[^\w.\n;|&-])?\.(git/|gitconfig\b|config/git/)`)},
	{"writes to git's files without git", lazyregexp.New(`(>{1,2}|\btee\s+(-a\s+)?)\s*["']?[^\s;|&"'<>]*/refs/(heads|tags|remotes|notes|replace)/`)},
}

var (
	// harmlessCalls matches calls of programs that only look at files, or fetch libraries: what they name does not run, unless the command runs what they
	// print.
	harmlessCalls = lazyregexp.New(`((?:^|[\n;&|]|(?:^|[^$])\()\s*)((ls|file|stat|test|\[|readlink|realpath|grep|rg)\s|go\s+(get|mod|doc|list)\s|cargo\s+add\s|(npm|pnpm|yarn|bun)\s+(i|install|add|ci)\s|(pip3?|uv|poetry|python3?\s+-m\s+pip)\s+(pip\s+)?(install|add)\s)[^\n;&|<>$\x60()]*`)
	// pathSet matches a value for PATH, and emptied an environment without PATH.
	pathSet = lazyregexp.New(`(?:^|[\s;&|("'])PATH=("[^"]*"|'[^']*'|[^\s;&|)"']+)`)
	emptied = lazyregexp.New(`(^|[\s;&|("'])env\s+(-i|-|--ignore-environment)(\s|$)`)
)

// replacesPath reports whether a command gives programs a PATH in which the guard's folder is not there, or behind the system's git. A folder before
// the present PATH is how people and tools add programs.
func replacesPath(command string) bool {
	values := pathSet().FindAllStringSubmatch(command, maxPaths)
	for _, m := range values {
		before, _, keeps := strings.Cut(strings.Trim(m[1], `"'`), "$")
		if kept := strings.Contains(m[1], "$PATH") || strings.Contains(m[1], "${PATH"); !kept || keeps && slices.ContainsFunc(strings.Split(before, ":"), holdsGit) {
			return true
		}
	}
	return len(values) == 0 && emptied().MatchString(command)
}

// holdsGit reports whether git is in that folder on most systems. It stands in every PATH, so nobody has to put it first.
func holdsGit(dir string) bool { return dir == "/usr/bin" || dir == "/bin" }

// maxPaths is how many values of PATH in one command are looked at.
const maxPaths = 32

// maxHiding is the longest command that is searched, in bytes: agents write long files with here-documents, and run them in the same command. The time
// of Go's regular expressions grows only with the text.
const maxHiding = 256 << 10

// Hides describes how a command hides what it does to a repository, or bypasses the git that is first in PATH; "" if its text shows neither. It
// completes the sentence "the command …". Text that the command only writes to a file hides nothing.
func Hides(command string) string {
	if hidesAsText(command) == "" {
		return ""
	}
	return hidesAsText(withoutIdleText(command))
}

func hidesAsText(command string) string {
	if len(command) > maxHiding {
		command = command[:maxHiding]
	}
	command = harmlessCalls().ReplaceAllString(command, "$1")
	for _, way := range hiding {
		if way.re().MatchString(command) {
			return way.what
		}
	}
	if replacesPath(command) {
		return "replaces PATH"
	}
	if gitop.StartsByGit(command) {
		return "has git start a program, whose own git commands the guard does not see"
	}
	return ""
}

// leaving lists the ways in which a command leaves something running after its end, by its own words, and codeLeaving those of a program's text, which
// may be in quotation marks.
var (
	leaving = []func() *regexp.Regexp{
		lazyregexp.New(`(^|[^&>|<\\])&($|[^&>])`),
		lazyregexp.New(`(^|[\s;&|("'])(nohup|setsid|disown|daemonize|crontab|systemd-run|start-stop-daemon|coproc|pm2|daemon\s+-\S+|forever\s+(-\S+|start)|launchctl\s+(load|bootstrap|kickstart|start|submit))(\s|$)`),
		lazyregexp.New(`(^|[\n;&|("']\s*)(at\s+(-[a-zA-Z]\s|now\b|noon\b|midnight\b|teatime\b|tomorrow\b|next\b|\d{1,2}:?\d{2}\b|\d{1,2}\s*[ap]m\b)|batch\s*(<|-f|$))`),
		lazyregexp.New(`\b(screen\s+(-\S+\s+)*-\w*d|tmux\b[^\n;|&]*\b(new|new-session|run-shell)\b|docker\b[^\n;|&]*\b(run|up)\b[^\n;|&]*\s(-\w*d|--detach)\b)`),
	}
	codeLeaving = lazyregexp.New(`(start_new_session|\bfork\s*\(|\bPopen\s*\(|\bsetsid\s*\(|\bdetached\s*[:=]|\bdaemon\s*[=(]|Process\.daemon)`)
)

// quotedText matches text in quotation marks, which starts nothing, unless a shell gets it as a script.
var quotedText = lazyregexp.New(`'[^']*'|"(?:[^"\\]|\\.)*"`)

// Leaves reports whether a command may leave something running after its end: in the background of its shell, or detached from it. It does not look
// into a script that the command runs. Text that the command only writes to a file leaves nothing running.
func Leaves(command string) bool {
	return leavesAsText(command) && leavesAsText(withoutIdleText(command))
}

func leavesAsText(command string) bool {
	if len(command) > maxHiding {
		command = command[:maxHiding]
	}
	words := command
	if !scriptText().MatchString(command) {
		words = quotedText().ReplaceAllString(command, `""`)
	}
	return codeLeaving().MatchString(command) || slices.ContainsFunc(leaving, func(way func() *regexp.Regexp) bool { return way().MatchString(words) })
}

// scriptText matches a script that a command passes to a shell as an argument.
var scriptText = lazyregexp.New(`\b(((ba|da|z|k)?sh\s+-\S*c|eval|subprocess|exec|execSync|spawn|spawnSync)\b|system\s*\()`)
