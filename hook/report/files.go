package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"stopgate/hook/quote"
)

// maxAdvised bounds the paths that the advice for files_modified spells out.
const maxAdvised = 20

// pathFields are the fields by which agents name the file in an entry that is an object.
var pathFields = []string{"path", "file", "filename", "filepath", "name"}

// listed returns the paths that a report lists as changed files: those of files_modified, in whatever form, and then those of fields whose names
// mean the same. misshaped reports whether files_modified is not a list of strings and yet only names files, so that the advice can have them.
//
// Where the form is wrong, the report has a problem and is never accepted. Its files are read to judge everything at once, and so that no file that
// it names is called missing from it.
func listed(object map[string]any) (names []string, misshaped bool) {
	names, misshaped = namesIn(object["files_modified"])
	for _, field := range slices.Sorted(maps.Keys(object)) {
		if field != "files_modified" && fieldFor(field) == "files_modified" {
			more, _ := namesIn(object[field])
			names = append(names, more...)
		}
	}
	return names, misshaped
}

// fieldFor returns the field of the contract that a name means or is used for; "" for none.
func fieldFor(name string) string { return cmp.Or(nearest(name), aliases[bareName(name)]) }

// namesIn returns the paths in a value. An empty list is not nil.
func namesIn(value any) (names []string, misshaped bool) {
	switch v := value.(type) {
	case string:
		for _, name := range strings.FieldsFunc(v, func(c rune) bool { return c == ',' || c == ';' || c == '\n' }) {
			if name = strings.TrimSpace(name); name != "" && !saysNothing(name) {
				names = append(names, name)
			}
		}
		return names, true
	case map[string]any:
		if name := nameIn(v); name != "" {
			return []string{name}, true
		}
		return namesOf(v), true
	case []any:
		names, whole := make([]string, 0, len(v)), true
		for _, item := range v {
			switch item := item.(type) {
			case string:
				names = append(names, item)
			case map[string]any:
				name := nameIn(item)
				misshaped, whole = true, whole && name != ""
				if name != "" {
					names = append(names, name)
				}
			default:
				whole = false
			}
		}
		return names, misshaped && whole
	}
	return nil, false
}

// nameIn returns the path in an object that describes one file; "" if it has none.
func nameIn(entry map[string]any) string {
	for _, want := range pathFields {
		for _, field := range slices.Sorted(maps.Keys(entry)) {
			if name, ok := entry[field].(string); ok && bareName(field) == want {
				return name
			}
		}
	}
	return ""
}

// namesOf returns the paths in an object that has lists of files by kinds of changes, or else what was changed by files.
func namesOf(files map[string]any) (names []string) {
	for _, key := range slices.Sorted(maps.Keys(files)) {
		isPath := strings.ContainsAny(key, `./\`)
		switch value := files[key].(type) {
		case []any:
			if !isPath {
				more, _ := namesIn(value)
				names = append(names, more...)
				continue
			}
		case string, map[string]any:
			isPath = true // what was changed in the file of that name
		}
		if isPath {
			names = append(names, key)
		}
	}
	return names
}

// pathsOf returns what is wanted instead of a files_modified that names these files in another form.
func pathsOf(names []string) string {
	if len(names) == 0 {
		return "an array of strings"
	}
	shown := make([]string, 0, maxAdvised)
	for _, name := range names[:min(len(names), maxAdvised)] {
		shown = append(shown, quote.String(name, quote.MaxName))
	}
	if len(names) > maxAdvised {
		shown = append(shown, "…")
	}
	return "an array of the paths alone: [" + strings.Join(shown, ", ") + "]"
}

// meanings returns the fields of the contract that are missing while fields of other names are there in their place.
func meanings(object map[string]any) map[string]bool {
	meant := map[string]bool{}
	for name := range object {
		if field := insteadOf(name, object); field != "" {
			meant[field] = true
		}
	}
	return meant
}
