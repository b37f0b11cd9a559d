package argv

import "strings"

// Program returns the name of the program in a command's first word: without its directory and .exe, and in lower case, since some file systems
// ignore case.
func Program(word string) string {
	if i := strings.LastIndexAny(word, `/\`); i >= 0 {
		word = word[i+1:]
	}
	return strings.TrimSuffix(strings.ToLower(word), ".exe")
}

// Unknown marks text in a word that only the shell can know. U+FDD0 is a noncharacter for use inside a program.
const Unknown = "\ufdd0"
