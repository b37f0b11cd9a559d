package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ReadValues reads a file of another program that is written in the part of YAML which a configuration needs, JSON included: mappings,
// lists, strings, numbers, true, false and null, as encoding/json would decode them. It fails for anything else.
func ReadValues(text []byte) (map[string]any, error) {
	doc, _, flaws := readDocument(string(text))
	if len(flaws) > 0 {
		return nil, fmt.Errorf("line %d: %s", flaws[0].line, flaws[0].message)
	}
	if doc == nil {
		return map[string]any{}, nil
	}
	values, ok := doc.(map[string]any)
	if !ok {
		return nil, errors.New("it is no mapping")
	}
	return values, nil
}

// Check returns every problem of a configuration file, in the order of the text; none if it is valid.
func Check(name string, text []byte) []Problem {
	_, flaws := read(string(text))
	return problems(name, flaws)
}

// Setting is one value of a configuration.
type Setting struct {
	// Name is the path of the setting, such as caps.attempts. A kind of file has its name, as in profiles[ci].files.
	Name string
	// Value is the value as JSON, which is YAML too.
	Value string
	// Line is the line in the file, from 1; 0 for a default value.
	Line int
}

// Settings lists every value that applies with a configuration file, including the defaults, in the order of the settings' names in Config. If the
// file has a problem, the default configuration applies. text may be nil: no file.
func Settings(text []byte) ([]Setting, error) {
	c, flaws := read(string(text))
	_, root, _ := readDocument(string(text))
	if len(flaws) > 0 {
		c, root = Default(), nil
	}
	encoded, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	var settings []Setting
	for _, top := range fields(encoded) {
		switch {
		case top.name == "profiles":
			var kinds []json.RawMessage
			if err := json.Unmarshal(top.value, &kinds); err != nil {
				return nil, err
			}
			listed := kindsOf(text, root)
			for i, kind := range kinds {
				name := c.Kinds[i].Name
				for _, f := range fields(kind) {
					if f.name != "kind" {
						settings = append(settings, Setting{"profiles[" + name + "]." + f.name, string(f.value), listed[name].line(f.name)})
					}
				}
			}
		case strings.HasPrefix(string(top.value), "{"):
			for _, f := range fields(top.value) {
				settings = append(settings, Setting{top.name + "." + f.name, string(f.value), root.line(top.name, f.name)})
			}
		default:
			settings = append(settings, Setting{top.name, string(top.value), root.line(top.name)})
		}
	}
	return settings, nil
}

// kindsOf returns the places of the kinds of files that a configuration file lists, by their names. root is the place of the file's content.
func kindsOf(text []byte, root *place) map[string]*place {
	listed := map[string]*place{}
	if doc, err := ReadValues(text); err == nil && root != nil {
		kinds, _ := doc["profiles"].([]any)
		for i, k := range kinds {
			if kind, ok := k.(map[string]any); ok {
				name, _ := kind["kind"].(string)
				listed[name] = root.inner("profiles").inner(strconv.Itoa(i))
			}
		}
	}
	return listed
}

// member is one member of a JSON object.
type member struct {
	name  string
	value json.RawMessage
}

// fields returns the members of an object that this package has encoded, in their order.
func fields(object []byte) (list []member) {
	dec := json.NewDecoder(strings.NewReader(string(object)))
	_, _ = dec.Token() // the brace
	for dec.More() {
		name, _ := dec.Token()
		var value json.RawMessage
		if dec.Decode(&value) != nil {
			return list
		}
		text, _ := name.(string)
		list = append(list, member{text, value})
	}
	return list
}
