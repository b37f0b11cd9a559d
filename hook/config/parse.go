package config

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"stopgate/schema"
)

// maxProblems bounds the problems that are listed for one file.
const maxProblems = 20

// Parse reads a configuration file. name is what problems call it. A file with a problem has no effect: the configuration is then the
// default one, never half of the file. An empty file gives the default configuration too. The problems are in the order of the text.
// If there are more than 20, the last one counts the rest.
//
// The YAML library can decode into a struct strictly, but reports one error, without the unknown keys beside it. So Parse reads plain
// values and checks them against a schema, which finds every error.
func Parse(name string, text []byte) (Config, []Problem) {
	c, flaws := read(string(text))
	if len(flaws) == 0 {
		return c, nil
	}
	problems := problems(name, flaws)
	if n := len(problems); n > maxProblems {
		last := problems[maxProblems-1]
		last.Message = fmt.Sprintf("and %d more problems from here on", n-maxProblems+1)
		problems = append(problems[:maxProblems-1], last)
	}
	return Default(), problems
}

// problems are flaws in the order of the text.
func problems(name string, flaws []flaw) (list []Problem) {
	slices.SortStableFunc(flaws, func(a, b flaw) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.column, b.column))
	})
	for _, f := range flaws {
		list = append(list, Problem{name, f.line, f.column, f.message})
	}
	return list
}

func read(text string) (Config, []flaw) {
	doc, root, flaws := readDocument(text)
	if doc == nil {
		return Default(), flaws
	}
	violations, err := schema.Validate("config", doc)
	if err != nil {
		return Config{}, []flaw{{message: fmt.Sprintf("it could not be checked: %v", err)}} // the reader yields only plain JSON values
	}
	for _, v := range violations {
		flaws = append(flaws, describe(v, root))
	}
	if len(flaws) > 0 {
		return Config{}, flaws
	}
	c, kinds, err := overDefault(doc)
	if err != nil {
		return Config{}, []flaw{{message: fmt.Sprintf("it could not be read: %v", err)}} // a valid document can be decoded
	}
	return c, check(c, kinds, root)
}

// overDefault replaces settings of the default configuration by those of a valid document. kinds are the kinds in the document itself, in its
// order: a setting that it leaves out is nil, "" or false.
func overDefault(doc any) (c Config, kinds []Kind, err error) {
	text, err := json.Marshal(doc)
	if err != nil {
		return c, nil, err
	}
	c = Default()
	known := c.Kinds
	c.Kinds = nil
	if err := json.Unmarshal(text, &c); err != nil {
		return c, nil, err
	}
	kinds = c.Kinds
	var settings struct {
		Kinds []json.RawMessage `json:"profiles"`
	}
	if err := json.Unmarshal(text, &settings); err != nil {
		return c, nil, err
	}
	var added []Kind
	for i, k := range kinds {
		base := Default().Kinds // its lists are overwritten in place
		at := kindIndex(known, k.Name)
		kind := base[max(at, 0)]
		if at < 0 {
			kind = base[kindIndex(base, Application)]
		}
		if err := json.Unmarshal(settings.Kinds[i], &kind); err != nil {
			return c, nil, err
		}
		if at < 0 {
			added = append(added, kind)
		} else {
			known[at] = kind
		}
	}
	c.Kinds = slices.Concat(added, known)
	return c, kinds, nil
}

func kindIndex(kinds []Kind, name string) int {
	return slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == name })
}
