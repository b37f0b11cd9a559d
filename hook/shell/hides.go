package shell

import (
	"regexp"
	"slices"
	"sync"

	"mvdan.cc/sh/v3/syntax"
)

// pattern compiles a regular expression when it is first needed: most events need none.
func pattern(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}

// hiding are the ways of a command to keep what it does out of its text, or its git commands from the git that stands first in PATH.
var hiding = []struct {
	what string
	re   func() *regexp.Regexp
}{
	{"runs decoded text", pattern(`(?s)(base64\b.*(-d|-D|--decode)|xxd\b.*-r|openssl\b.*\b(enc|base64)\b.*-d|uudecode|\brev\b|\btr\b [^|]*|gunzip|gzip -d|zcat|bunzip2|xz -d).*\|\s*(sudo\s+)?(env\s+)?(/\S*/)?(ba|da|z|k|mk)?sh\b`)},
	{"runs decoded text", pattern(`(?s)(eval|source|\.|(ba|da|z|k)?sh\s+-c)\s+("|<\()?\$?\(?.*(base64\b.*(-d|-D|--decode)|xxd\b.*-r|uudecode|openssl\b.*-d)`)},
	{"runs decoded text", pattern(`(?s)(exec|eval|compile|system|Function|run|call|Popen|execSync|spawnSync?)\b.*(b64decode|fromhex|unhexlify|rot_?13|decode_base64|unpack\(|atob\(|['"](base64|hex)['"]\)|codecs\.decode|zlib\.decompress|marshal\.loads|chr\()`)},
	{"runs decoded text", pattern(`(?s)(b64decode|fromhex|unhexlify|decode_base64|atob\(|['"](base64|hex)['"]\)|codecs\.decode|zlib\.decompress|marshal\.loads).*\b(exec|eval|system|Popen|execSync|spawnSync?)\b`)},
	{"calls git by its absolute path", pattern(`(^|[\s"'=(;|&])(/[\w.+-]+)+/(git|libexec/git-core/\S+|git-core/\S+)(\s|["';|&)]|$)`)},
	{"replaces PATH", pattern(`(^|[\s;&|("'])(PATH=(/|['"]/|$)|unset\s+PATH|env\s+(-i|-|--ignore-environment|-u\s*PATH)(\s|$)|command\s+-p\s|os\.environ\[.PATH.\]|process\.env\.PATH\s*=|sudo\s)`)},
	{"takes away what the guard needs", pattern(`STOPGATE_(CALLS|SHELL|HOME|STATE_DIR|STARTS|ROOT)|scripts/shim`)},
	{"writes to a repository by a library", pattern(`\b(dulwich|pygit2|libgit2|nodegit|isomorphic-git|go-git|JGit|gitoxide|\bgix\b|\bjj\s+(git|commit|new|bookmark))\b`)},
	{"writes to git's files without git", pattern(`(>{1,2}|\btee\b|\bcp\b|\bmv\b|\brm\b|\bln\b|write|open\(|unlink|truncate)[^\n;|&]*\.git/`)},
}

// maxHiding bounds the command that is searched, in bytes. Regular expressions of Go take time that grows with the text alone.
const maxHiding = 16 << 10

// Hides says how a command hides what it does to a repository, or goes around the git that stands first in PATH; "" if its text shows
// neither. It completes the sentence "the command …". Text that the command only writes to a file hides nothing.
func Hides(command string) string {
	if hidesAsText(command) == "" {
		return ""
	}
	return hidesAsText(WithoutText(command))
}

func hidesAsText(command string) string {
	if len(command) > maxHiding {
		command = command[:maxHiding]
	}
	for _, way := range hiding {
		if way.re().MatchString(command) {
			return way.what
		}
	}
	if startsByGit(command) {
		return "has git start a program, whose own git commands the guard does not see"
	}
	return ""
}

// leaving are the ways of a command to let something run when it has ended itself.
var leaving = []func() *regexp.Regexp{
	pattern(`(^|[^&>|<\\])&($|[^&>])`),
	pattern(`(^|[\s;&|("'])(nohup|setsid|disown|daemonize|daemon|crontab|batch|at|systemd-run|start-stop-daemon|launchctl|coproc|pm2|forever)(\s|$)`),
	pattern(`\b(screen\b.*\s-\S*d|tmux\b.*\b(new|new-session|run-shell)\b|docker\b.*\brun\b.*\s-d)`),
	pattern(`(start_new_session|\bfork\s*\(|\bPopen\s*\(|\bsetsid\b|\bdetached\b|\bdaemon\s*[=(]|Process\.daemon)`),
}

// quotedText is text between quotation marks, in which an & starts nothing.
var quotedText = pattern(`'[^']*'|"(?:[^"\\]|\\.)*"`)

// Leaves reports whether a command may leave something running when it has ended: in the background of its shell, or apart from it. It
// does not see what a script does in which the command consists. Text that the command only writes to a file leaves nothing running.
func Leaves(command string) bool {
	return leavesAsText(command) && leavesAsText(WithoutText(command))
}

func leavesAsText(command string) bool {
	if len(command) > maxHiding {
		command = command[:maxHiding]
	}
	if leaving[0]().MatchString(quotedText().ReplaceAllString(command, `""`)) || scriptText().MatchString(command) && leaving[0]().MatchString(command) {
		return true
	}
	for _, way := range leaving[1:] {
		if way().MatchString(command) {
			return true
		}
	}
	return false
}

// scriptText finds a script that a command gives to a shell as an argument.
var scriptText = pattern(`\b((ba|da|z|k)?sh\s+-\S*c|eval|system\s*\(|subprocess|exec)\b`)

// runNothing are programs that run none of the text they are given, and takeText those of them that take words as text, to print it or to
// look for it.
var (
	runNothing = []string{"cat", "tee", "echo", "printf", "grep", "egrep", "fgrep", "cd", "pwd", "mkdir", "chmod", "ls", "true", "test", "[", "head", "tail", "wc", "touch", "cp", "mv", "rm", "ln", "cmp", "diff", "sleep"}
	takeText   = []string{"echo", "printf", "grep", "egrep", "fgrep"}
)

// WithoutText is a command without the text that it only writes or looks for: here-documents, and the quoted words of echo, printf and grep.
// Where anything in the command may run such text, all of it stays.
func WithoutText(command string) string {
	if len(command) > maxHiding {
		return command
	}
	source := clean(command)
	statements, rest := parse(source)
	if rest != "" {
		return command
	}
	var texts []syntax.Node
	plain := true
	for _, s := range statements {
		syntax.Walk(s, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.FuncDecl:
				plain = false
			case *syntax.Redirect:
				if n.Hdoc != nil {
					texts = append(texts, n.Hdoc)
				}
			case *syntax.CallExpr:
				words, ok := textWords(n)
				texts, plain = append(texts, words...), plain && ok
			}
			return plain
		})
	}
	if !plain {
		return command
	}
	kept := []byte(source)
	for _, n := range texts {
		for i := n.Pos().Offset(); i < min(n.End().Offset(), uint(len(kept))); i++ {
			kept[i] = ' '
		}
	}
	return string(kept)
}

// textWords are the words of a simple command that are only text to its program. plain means that the program runs no text.
func textWords(c *syntax.CallExpr) (words []syntax.Node, plain bool) {
	if len(c.Args) == 0 {
		return nil, true
	}
	name := c.Args[0].Lit()
	if slices.Contains(takeText, name) {
		for _, arg := range c.Args[1:] {
			for _, part := range arg.Parts {
				switch part := part.(type) {
				case *syntax.SglQuoted:
					words = append(words, part)
				case *syntax.DblQuoted:
					words = append(words, part)
				}
			}
		}
	}
	return words, slices.Contains(runNothing, name)
}
