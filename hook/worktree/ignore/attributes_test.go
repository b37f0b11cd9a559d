package ignore

import (
	"errors"
	"os"
	"strings"
	"testing"
)

func TestAttributeCorners(t *testing.T) {
	type files map[string]string
	tests := []struct {
		name  string
		files files
		path  string
		want  string // text, eol, crlf, ident, filter, working-tree-encoding; "." means unspecified
	}{
		{"nothing", nil, "a", ". . . . . ."},
		{"every state", files{".gitattributes": "* text=auto eol=crlf -crlf ident filter=lfs !working-tree-encoding\n"}, "d/a", "auto crlf unset set lfs ."},
		{"the last line wins", files{".gitattributes": "* text\n* -text\n"}, "a", "unset . . . . ."},
		{"the last word wins", files{".gitattributes": "* text -text text=auto\n"}, "a", "auto . . . . ."},
		{"the deeper file wins", files{".gitattributes": "d/a text\n", "d/.gitattributes": "a -text\n"}, "d/a", "unset . . . . ."},
		{"info wins over all", files{".git/info/attributes": "* -text\n", "d/.gitattributes": "a text\n"}, "d/a", "unset . . . . ."},
		{"a reset lets nothing through", files{".gitattributes": "* text\n", "d/.gitattributes": "a !text\n"}, "d/a", ". . . . . ."},
		{"binary", files{".gitattributes": "*.png binary\n"}, "x.png", "unset . . . . ."},
		{"binary redefined", files{".gitattributes": "[attr]binary ident\n*.png binary\n"}, "x.png", ". . . set . ."},
		{"macros of macros", files{".gitattributes": "[attr]one two filter=x\n[attr]two text\n* one\n"}, "a", "set . . . x ."},
		{"a macro that is not set", files{".gitattributes": "[attr]one text\n* -one\nb one=x\n"}, "b", ". . . . . ."},
		{"macros in a circle", files{".gitattributes": "[attr]one two\n[attr]two one text\n* one\n"}, "a", "set . . . . ."},
		{"macros only at the top", files{".gitattributes": "* one\n", "d/.gitattributes": "[attr]one text\n"}, "d/a", ". . . . . ."},
		{"directories have no attributes for their files", files{".gitattributes": "d text\nd/ ident\n"}, "d/a", ". . . . . ."},
		{"a negated pattern", files{".gitattributes": "!a text\n"}, "b", ". . . . . ."},
		{"an escaped exclamation", files{".gitattributes": "\\!a text\n"}, "!a", "set . . . . ."},
		{"a quoted pattern", files{".gitattributes": "\"a b\\tc\\303\\251\" text\n"}, "a b\tcé", "set . . . . ."},
		{"a bad name spoils its line", files{".gitattributes": "* text b$d\n* ident\n"}, "a", ". . . set . ."},
		{"carriage returns", files{".gitattributes": "* text\r\n*\rident\r\n"}, "a", "set . . set . ."},
		{"the longest line", files{".gitattributes": "* text" + strings.Repeat(" ", 2047-6) + "\n"}, "a", "set . . . . ."},
		{"a line too long", files{".gitattributes": "* text" + strings.Repeat(" ", 2048-6) + "\n"}, "a", ". . . . . ."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			repo := newRepo(t)
			for path, content := range test.files {
				repo.write(path, content)
			}
			attributes, err := NewAttributes(AttributeOptions{Read: repo.open(), Info: repo.root + "/.git/info/attributes"})
			if err != nil {
				t.Fatal(err)
			}
			c, err := attributes.Conversion(test.path)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, a := range []Attribute{c.Text, c.EOL, c.CRLF, c.Ident, c.Filter, c.WorkingTreeEncoding} {
				got = append(got, strings.Replace(a.String(), "unspecified", ".", 1))
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			repo.compareAttributes([]string{test.path}, false)
		})
	}
}

func TestConversionNone(t *testing.T) {
	tests := []struct {
		line            string
		plain, autocrlf bool // the results of None(false) and None(true)
	}{
		{"", true, false},
		{"-text", true, true},
		{"binary", true, true},
		{"text", false, false},
		{"text=auto", false, false},
		{"text=input", false, false},
		{"text=nonsense", true, false},
		{"text=nonsense -crlf", true, true},
		{"-crlf", true, true},
		{"crlf", false, false},
		{"crlf=input", false, false},
		{"-text crlf", true, true},
		{"text -crlf", false, false},
		{"eol=lf", false, false},
		{"eol=crlf", false, false},
		{"eol=nonsense", true, false},
		{"-text eol=crlf", true, true},
		{"-text ident", false, false},
		{"-text -ident", true, true},
		{"-text filter=lfs", false, false},
		{"-text filter", true, true},
		{"-text working-tree-encoding=UTF-16", false, false},
	}
	for _, test := range tests {
		a, err := NewAttributes(AttributeOptions{Read: func(string) ([]byte, error) { return []byte("* " + test.line), nil }})
		if err != nil {
			t.Fatal(err)
		}
		c, err := a.Conversion("f")
		if err != nil {
			t.Fatal(err)
		}
		if c.None(false) != test.plain || c.None(true) != test.autocrlf {
			t.Errorf("%q: none is %v, with autocrlf %v; want %v, %v", test.line, c.None(false), c.None(true), test.plain, test.autocrlf)
		}
	}
}

func TestAttributesTooLarge(t *testing.T) {
	for name, content := range map[string]string{
		"bytes": strings.Repeat("#", MaxFile+1),
		"lines": strings.Repeat("* text\n", maxLines+1),
	} {
		dir := t.TempDir()
		write(t, dir, ".gitattributes", content)
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		a, err := NewAttributes(AttributeOptions{Read: FromRoot(root)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err = a.Conversion("x"); !errors.Is(err, ErrTooLarge) {
			t.Errorf("too many %s: error %v", name, err)
		}
		if _, err = NewAttributes(AttributeOptions{Info: dir + "/.gitattributes"}); !errors.Is(err, ErrTooLarge) {
			t.Errorf("too many %s in info/attributes: error %v", name, err)
		}
	}
}

func FuzzAttributes(f *testing.F) {
	for _, content := range attributeSeeds {
		f.Add([]byte(content), "d/a b")
	}
	f.Fuzz(func(t *testing.T, content []byte, path string) {
		a, err := NewAttributes(AttributeOptions{Read: func(string) ([]byte, error) { return content, nil }})
		if err != nil {
			t.Fatal(err)
		}
		first, err := a.Conversion(path)
		again, errAgain := a.Conversion(path)
		if first != again || (err == nil) != (errAgain == nil) {
			t.Errorf("%q: %v, %v, then %v, %v", path, first, err, again, errAgain)
		}
	})
}

var attributeSeeds = []string{
	"* text=auto\n", "[attr]a b\n[attr]b a\n* a\n", "\"a b\\303\\251\" -text\n", "\ufeff* eol=lf\r\n", "/d/**/*.c !ident filter=x=y\n", "a b$c\n", "\"\\", "[attr]",
}

func TestSeedsAreThere(t *testing.T) {
	if len(attributeSeeds) == 0 || len(globSeeds) == 0 {
		t.Error("a fuzz target without seeds tests nothing in an ordinary run")
	}
}
