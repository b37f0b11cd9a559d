// Package schema holds the JSON Schemas of the documents that stopgate reads and writes, and validates values against them. It is the
// only user of a JSON Schema implementation, and it never fetches anything.
package schema

import (
	"embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed *.schema.json
var files embed.FS

const (
	suffix = ".schema.json"
	// prefix begins every $id. It cannot be fetched. The schemas refer only to each other.
	prefix = "urn:stopgate:schema:"
)

// Names returns the schemas that Source and Validate know, in alphabetical order.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // the embedded root is always readable
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), suffix))
	}
	slices.Sort(names)
	return names
}

// Source returns the published schema of that name: JSON Schema, draft 2020-12. The error for an unknown name lists the known ones.
func Source(name string) ([]byte, error) {
	source, err := files.ReadFile(name + suffix)
	if err != nil {
		return nil, fmt.Errorf("no schema %q: the schemas are %s", name, strings.Join(Names(), ", "))
	}
	return source, nil
}
