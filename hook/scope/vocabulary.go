package scope

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// shapes are the sentences that have one meaning: what each group of paths in it is for, in order.
var shapes = map[string][]part{
	"YP": {allowed}, "PY": {allowed}, "YPY": {allowed},
	"NP": {excluded}, "PN": {excluded},
	"NOP": {allowed}, "OPN": {allowed}, "PNO": {allowed}, "YPNO": {allowed}, "PYNO": {allowed},
	"PNP": {allowed, excluded}, "POP": {allowed, excluded}, "YPNP": {allowed, excluded}, "YPOP": {allowed, excluded}, "PYNP": {allowed, excluded},
	"NPYP": {excluded, allowed}, "NPOP": {excluded, excepted},
}

// signOf has the signs of the words that a sentence is about. Fillers have none: they say nothing about which files are meant. Widening words, with the
// sign 'W', allow more than the paths beside them, or make them an example or a condition.
var signOf = signsOf(map[byte]string{
	'N': `not never no nothing nowhere avoid avoids avoiding cannot can't don't dont doesn't mustn't shouldn't won't forbidden prohibited disallowed protected untouched unchanged alone unmodified intact exclude excludes excluded`,
	'O': `outside beyond except excepting excluding besides other else apart minus without`,
	'Y': `only just exclusively exclusive strictly solely`,
	'W': `related relevant necessary needed need needs required etc e.g eg i.e ie example examples such similar others wherever whatever whichever corresponding matching associated
		accompanying adjacent supporting dependent callers usages if unless when mainly mostly primarily probably likely maybe perhaps usually generally typically focus
		start starting especially particularly around approximately about also plus include includes including its their more further additional possibly optionally
		ideally preferably prefer try whenever until before after first otherwise together alongside consumers`,
	0: `a an the this that these those it they them all any every each in under below within inside into of to from at on by and or nor & + you your yours we
		may must should shall will would can please is are be been being was were has have do does
		file files folder folders directory directories dir dirs path paths subfolder subfolders subdirectory subdirectories tree trees
		edit edits edited editing change changes changed changing modify modifies modified modifying modifications touch touches touched touching write writes writing written
		update updates updating updated create creates creating created add adds adding added delete deletes deleting deleted remove removes removing removed rename renames renaming alter alters altering
		work works working stay stays keep keeps leave leaves remain remains make makes making limit limits limited restrict restricts restricted confine confined
		assigned allowed permitted own owned owns following listed here there agent anywhere anything everything files_modified code source scope`,
})

// signsOf maps each word to its sign.
func signsOf(lists map[byte]string) map[string]byte {
	signs := map[string]byte{}
	for sign, list := range lists {
		for word := range strings.FieldsSeq(list) {
			signs[word] = sign
		}
	}
	return signs
}

// phrases are replaced by one word of the same meaning, before words are read.
var phrases = wordsOf(map[string]string{
	"perhaps": "do not only|don't only|not only",
	"": "no matter what|under any circumstances|at all|in any way|whatsoever|other agents' files|other agents files|another agent's files" +
		"|other agent's files|in scope",
	"never":     "under no circumstances",
	"untouched": "as it is|as they are|as is|as-is|leave alone",
	"forbidden": "out of scope|off limits|off-limits|out of bounds|hands off|read-only|read only|readonly|reference only|for reference" +
		"|is not allowed|are not allowed|not allowed|not permitted",
	"not": "stay clear of|steer clear of|refrain from|stay out of|keep out of|stay away from|keep away from|and not|do not|does not|must not" +
		"|may not|should not|shall not|can not|will not|not be|not to be",
	"except":          "but not|not including|except for|except in|apart from|aside from|other than",
	"outside":         "outside of",
	"anything except": "anything but",
	"nothing except":  "nothing but|nowhere but",
	"nothing else":    "nowhere else",
})

// wordsOf maps each phrase to its word; a bar separates phrases.
func wordsOf(phrases map[string]string) map[string]string {
	words := map[string]string{}
	for word, list := range phrases {
		for phrase := range strings.SplitSeq(list, "|") {
			words[phrase] = word
		}
	}
	return words
}

// phrase matches one of the phrases between other words.
var phrase = sync.OnceValue(func() *regexp.Regexp {
	list := slices.SortedFunc(maps.Keys(phrases), func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	for i, p := range list {
		list[i] = strings.ReplaceAll(regexp.QuoteMeta(p), " ", `[ \t]+`)
	}
	return regexp.MustCompile(`(^|[\s,])(` + strings.Join(list, "|") + `)($|[\s,.;:!])`)
})

// withoutPhrases replaces the phrases in a text. Two of them may share the space between them, and the word for one may begin another.
func withoutPhrases(text string) string {
	for range 3 {
		text = phrase().ReplaceAllStringFunc(text, func(found string) string {
			m := phrase().FindStringSubmatch(found)
			return m[1] + " " + phrases[strings.Join(strings.Fields(m[2]), " ")] + " " + m[3]
		})
	}
	return text
}
