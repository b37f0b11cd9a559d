package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/tidwall/gjson"
)

// reference is a $ref to another schema.
var reference = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`"\$ref":\s*"` + prefix + `([a-z]+)"`) })

// Standalone returns the schema of that name with every schema that it refers to in its $defs, each under its own $id (JSON Schema 2020-12, section
// 9.3.1, "Bundling"). A validator needs nothing else. The error for an unknown name lists the known ones.
func Standalone(name string) ([]byte, error) {
	source, err := Source(name)
	if err != nil {
		return nil, err
	}
	needed, err := referred(source, []string{name})
	if err != nil || len(needed) == 1 {
		return source, err
	}
	var bundled []string
	for _, other := range needed[1:] {
		definition, err := Source(other)
		if err != nil {
			return nil, err
		}
		bundled = append(bundled, fmt.Sprintf("%q: %s", other, bytes.TrimSpace(definition)))
	}
	at, separator := bytes.LastIndexByte(source, '}'), `, "$defs": {`+strings.Join(bundled, ", ")+"}"
	if own := gjson.GetBytes(source, "$defs"); own.Exists() {
		at, separator = own.Index+1, strings.Join(bundled, ", ")+", "
	}
	var whole bytes.Buffer
	if err := json.Indent(&whole, slices.Concat(source[:at], []byte(separator), source[at:]), "", "  "); err != nil {
		return nil, fmt.Errorf("bundle the schema %q: %w", name, err)
	}
	return whole.Bytes(), nil
}

// referred adds to known the names of the schemas that source refers to, directly and indirectly.
func referred(source []byte, known []string) ([]string, error) {
	for _, match := range reference().FindAllSubmatch(source, -1) {
		other := string(match[1])
		if slices.Contains(known, other) {
			continue
		}
		next, err := Source(other)
		if err != nil {
			return nil, err
		}
		if known, err = referred(next, append(known, other)); err != nil {
			return nil, err
		}
	}
	return known, nil
}
