package argv_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"stopgate/hook/shell/argv"
)

// TestRead: -m and --message have a value. Flags are written as name=value here.
func TestRead(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ arguments, flags, operands, leading string }{
		{"", "", "", ""},
		{"a -v b", "-v=", "a b", "a -v b"},
		{"-am x b", "-a= -m=x", "b", "b"},
		{"-mx --message=y --message z --other w", "-m=x --message=y --message=z --other=", "w", "w"},
		{"-v -- -m x", "-v=", "-m x", "-m x"},
		{"- -m", "-m=", "-", "- -m"},
	} {
		o := argv.Read(strings.Fields(test.arguments), "-m --message")
		var flags []string
		for _, f := range o.Flags {
			flags = append(flags, f.Name+"="+f.Value)
		}
		if got := strings.Join(flags, " "); got != test.flags || strings.Join(o.Operands, " ") != test.operands {
			t.Errorf("%q: %s | %s", test.arguments, got, o.Operands)
		}
		if got := strings.Join(argv.ReadLeading(strings.Fields(test.arguments), "-m --message").Operands, " "); got != test.leading {
			t.Errorf("%q, options first: %s", test.arguments, got)
		}
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	o := argv.Read([]string{"-f", "a", "--forc", "-m", "x", "-m", "y", "b", "--", "c"}, "-m")
	got := strings.TrimSpace(fmt.Sprintln(o.Has("-f"), o.Has("--force"), o.Given("--force"), o.Only("-f", "-m"), o.Value("-m"), o.First(), o.Rest(), o.Named, o.Dashes, o.Dry("-f"), o.Dry()))
	if want := "true false true false y a [b c] 2 true true false"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if kept := argv.WithoutOption(strings.Fields("-C a -Cb --file c --file=d -C e f"), "-C", "--file"); !slices.Equal(kept, []string{"f"}) {
		t.Errorf("%q", kept)
	}
	for word, want := range map[string]string{"/usr/bin/Git": "git", `C:\bin\git.exe`: "git", "git": "git", "": ""} {
		if got := argv.Program(word); got != want {
			t.Errorf("%q: %q", word, got)
		}
	}
}
