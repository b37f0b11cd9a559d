package evidence

import (
	"strings"

	"stopgate/hook/lazyregexp"
)

var (
	// exitsWithStatus matches what ends a script of PowerShell with the status of its last program, and failsThen what ends it if that failed.
	exitsWithStatus = lazyregexp.New(`(?i)[;\s]\s*exit\s+\$LASTEXITCODE\s*;?\s*$`)
	failsThen       = lazyregexp.New(`(?i)[;\n]\s*if\s*\(\s*\$LASTEXITCODE(?:\s+-ne\s+0)?\s*\)\s*\{\s*exit\s+(?:[1-9][0-9]*|\$LASTEXITCODE)\s*;?\s*\}`)
	// setsVariable matches a variable of the environment that is set to a text. PATH and others with P have no such form here.
	setsVariable = lazyregexp.New(`(?i)(^|[;\n])\s*\$env:([A-OQ-Z]\w*)\s*=\s*('[^'\n$]*'|"[^"\n$` + "`" + `]*"|\d+)[ \t]*([;\n]|$)`)
	// computes matches expressions, blocks, variables and calls by them, with which PowerShell prints or runs what its text does not show.
	computes = lazyregexp.New("[$(){}`]|@['\"]|\\*>|[^2]>&|>&[^1]|(?:^|[^&>])&(?:[^&]|$)|--%")
	// begins matches the first word of a statement or of a part of a pipeline.
	begins = lazyregexp.New(`(^|&&|\|\|?|[;\n])([ \t]*)([^\s;|&]+)`)
	// plainWord matches the name or path of a program, and cmdlet a command of PowerShell: a verb and a noun.
	plainWord = lazyregexp.New(`^[\w./:\\-]+$`)
	cmdlet    = lazyregexp.New(`^(?:add|clear|convert\w*|copy|export|for\w*|get|import|invoke|join|measure|move|new|out|remove|rename|select|set|sort|start|stop|tee|test|where|write)-[a-z]+$`)
)

// commandsOfPowerShell are commands and aliases of PowerShell, in lower case, with what does the same in sh; "" for those that print, run or rename
// something else.
var commandsOfPowerShell = map[string]string{
	"set-location": "cd", "sl": "cd", "chdir": "cd", "push-location": "cd", "get-content": "cat", "gc": "cat", "type": "cat", "select-string": "grep", "sls": "grep",
	"get-childitem": "ls", "gci": "ls", "dir": "ls", "out-string": "cat", "out-host": "cat", "tee-object": "cat",
	"echo": "", "write": "", "iex": "", "icm": "", "sal": "", "nal": "", "ipal": "", "set": "", "sv": "", "si": "", "sc": "", "ni": "", "function": "", "filter": "",
	"if": "", "foreach": "", "for": "", "while": "", "try": "", "switch": "", "trap": "", "return": "", "powershell": "", "pwsh": "", "cmd": "",
}

// fromPowerShell returns a command of PowerShell in the language of sh; "" if it does more than calling programs, reading files and changing the
// folder, since the language of expressions could print any result.
func fromPowerShell(command string) string {
	text := strings.TrimSpace(strings.ReplaceAll(command, "\r\n", "\n"))
	text = exitsWithStatus().ReplaceAllString(text, "")
	text = failsThen().ReplaceAllString(text, " || exit 1")
	text = setsVariable().ReplaceAllString(text, "${1}export $2=$3$4")
	if computes().MatchString(text) {
		return ""
	}
	text = strings.ReplaceAll(text, `\`, "/")
	known := true
	text = begins().ReplaceAllStringFunc(text, func(found string) string {
		parts := begins().FindStringSubmatch(found)
		word := strings.ToLower(strings.TrimSuffix(parts[3], ".cmd"))
		to, listed := commandsOfPowerShell[word]
		switch {
		case listed && to != "":
			return parts[1] + parts[2] + to
		case listed, cmdlet().MatchString(word), !plainWord().MatchString(word):
			known = false
		}
		return parts[1] + parts[2] + strings.TrimSuffix(parts[3], ".cmd")
	})
	if !known {
		return ""
	}
	return text
}
