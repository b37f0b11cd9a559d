package host

import "strings"

// ReadDefinition reads the simple fields between the two lines --- at the beginning of an agent's definition. ok is false if it is none.
func ReadDefinition(text string) (fields map[string]string, ok bool) {
	text = strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n")
	rest, ok := strings.CutPrefix(text, "---\n")
	if !ok {
		return nil, false
	}
	head, _, ok := strings.Cut(rest, "\n---")
	fields = map[string]string{}
	for line := range strings.Lines(head) {
		key, value, found := strings.Cut(strings.TrimSpace(line), ":")
		if !found || fields[key] != "" || strings.HasPrefix(line, " ") {
			continue
		}
		fields[key] = scalar(strings.TrimSpace(value))
	}
	return fields, ok
}

// scalar returns a value without its quotes, or without the comment behind it.
func scalar(value string) string {
	if strings.HasPrefix(value, `"`) || strings.HasPrefix(value, "'") {
		value, _, _ = strings.Cut(value[1:], value[:1])
		return value
	}
	value, _, _ = strings.Cut(value, " #")
	return strings.TrimSpace(value)
}
