package shell

import "regexp"

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
// does not see what a script does in which the command consists.
func Leaves(command string) bool {
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
