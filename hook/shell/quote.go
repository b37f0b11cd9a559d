package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Quote returns a printable word that bash and zsh read as s and as nothing else. git allows names of branches and files that a shell
// would run. A word cannot hold a NUL, so Quote leaves NULs out.
func Quote(s string) string {
	word, err := syntax.Quote(strings.ReplaceAll(s, "\x00", ""), syntax.LangBash)
	if err != nil { // only a NUL fails in bash
		return "''"
	}
	return word
}
