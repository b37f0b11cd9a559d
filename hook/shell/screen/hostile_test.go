package screen

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"stopgate/hook/shell"
	"stopgate/hook/shell/argv"
	"stopgate/hook/shell/gitop"
)

// hostile is text that is made to be slow, deep or large, each with a git commit that a reader may give up before it comes to.
func hostile() map[string]string {
	const size = shell.MaxCommand / 8 // shows as well as MaxCommand whether one of them takes more than its share
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	list := map[string]string{
		"statements":            fill("echo git; "),
		"chain":                 fill("git&&") + "true",
		"pipes":                 fill("git|") + "true",
		"one word":              "git " + fill("a"),
		"words":                 "git " + fill("a "),
		"expansions":            "git \"" + fill("a $x ") + "\"",
		"substitutions":         "git " + fill("$(a) "),
		"arithmetic":            "git $((1" + fill("+1") + "))",
		"ternaries":             "git $((" + fill("1?1:") + "1))",
		"commas":                "git $((1" + fill(",1") + "))",
		"tests":                 "[[ git " + fill("&& a ") + "]]",
		"alternatives":          "[[ git " + fill("|| a ") + "]]",
		"comparisons":           "[[ git " + fill("== a ") + "]]",
		"indexes":               "git ${a[1" + fill("+1") + "]}",
		"elements":              "git; a=(" + fill("b ") + ")",
		"cases":                 "case git in " + fill("a) b;; ") + "esac",
		"here-document":         "cat > x <<'EOF'\n" + fill("git commit -m x\n") + "EOF\n",
		"here-documents":        fill("cat <<E\ngit\nE\n"),
		"unclosed":              fill("git commit 'a\n"),
		"separators":            "git (" + fill(")"),
		"braces":                "git " + fill("{a,b}"),
		"braces in braces":      "git " + fill("{a,"),
		"sequence":              "git {1..99999999999}",
		"doubling":              "a=git; " + fill("a=$a$a;") + " $a",
		"large words":           "a=" + strings.Repeat("g", 4<<10) + "; git " + fill("$a"),
		"loops":                 strings.Repeat("for i in 1 2 3 4 5 6 7 8 9; do ", 400) + "git" + strings.Repeat("; done", 400),
		"recursion":             "f() { f; f; git; f; }; f",
		"mutual recursion":      "f() { g; g; }; g() { f; f; git; }; f; g",
		"scripts":               fill(`sh -c 'git status' ;`),
		"script in script":      `x='eval "$x$x"; git'; eval "$x"`,
		"alias of itself":       "alias git='git git'; git x",
		"aliases of each other": "alias a='b;b'; alias b='a;a'; a git; git -c alias.a=b -c alias.b=a a",
		"assignments":           fill("a=git ") + "b",
		"backslashes":           "git " + fill(`\`),
		"NULs":                  "git" + fill("\x00") + " commit",
		"not UTF-8":             "git " + fill("\xff"),
		"else":                  "if git; then git; " + fill("elif a;then b;") + "fi",
		"redirections":          "git " + fill(">a "),
		"xargs":                 fill("xargs ") + "git",
		"env":                   fill("env ") + "git",
		"find":                  "find git " + fill("-exec git ; "),
	}
	for _, opener := range []string{
		"(", "((", "$(", "\"$(", "`", "{ ", "if ", "${a:-", "$((", "! ", "a(){ ", "while ", "[[ (", "[[ ! ", "<(", "time ", "x=(", "case a in a) ", "for i do ", "$[",
		"coproc ", "$((-", "$((a=", "$((a?", "${a[", "git {", "until ", "sh -c '", "select i do ", "${a/",
	} {
		list["nested "+opener] = "git commit\n" + fill(opener)
	}
	list["unary"] = "echo $((" + fill("-") + "git))"
	list["powers"] = "echo $((1" + fill("**git") + "))"
	list["negations"] = "[[ " + fill("! ") + " git ]]"
	return list
}

// TestHostile is about coming back at all: the parser's stack has no bound, and Go ends a process that has used up its own.
func TestHostile(t *testing.T) {
	for name, command := range hostile() {
		t.Run(name, func(t *testing.T) {
			uses := Prohibited(command)
			check(t, command, uses)
			var f shell.Follower
			if n := len(f.Follow(command[:min(len(command), 128<<10)])); n > shell.MaxRuns {
				t.Errorf("%d commands", n)
			}
			if strings.HasPrefix(command, "git commit\n") && !commitsFirst(uses) {
				t.Errorf("what stands before it was not seen: %.3v", uses)
			}
		})
	}
	if uses := Prohibited("git commit" + strings.Repeat(" ", shell.MaxCommand)); uses != nil {
		t.Errorf("a command that no shell could be given: %v", uses)
	}
	if uses := Prohibited(strings.Repeat("git commit;", 1000)); len(uses) != MaxUses {
		t.Errorf("%d uses, want %d", len(uses), MaxUses)
	}
}

// check is what holds of every answer.
func check(t *testing.T, command string, uses []Use) {
	t.Helper()
	if len(uses) > MaxUses {
		t.Errorf("%d uses", len(uses))
	}
	last := 0
	for _, use := range uses {
		if use.Offset < last || use.Offset > len(command) {
			t.Errorf("%q at %d, behind %d in %d bytes", use.Command, use.Offset, last, len(command))
		}
		last = use.Offset
		if use.Kind.Effect() == "" {
			t.Errorf("kind %q", use.Kind)
		}
		if use.Command == "" || len(use.Command) > MaxUse+len("…") || !utf8.ValidString(use.Command) || strings.ContainsAny(use.Command, "\n\x00"+argv.Unknown) {
			t.Errorf("command %q", use.Command)
		}
	}
}

func TestUse(t *testing.T) {
	long := "git commit -m '" + strings.Repeat("ä", MaxUse) + "'"
	for _, test := range []struct {
		command string
		want    []Use
	}{
		{"npm test && git add -A  .; git push", []Use{{Kind: gitop.Add, Command: "git add -A .", Offset: 12}, {Kind: gitop.Push, Command: "git push", Offset: 27}}},
		{"echo ä; git stash", []Use{{Kind: gitop.Stash, Command: "git stash", Offset: 9}}},
		{"a\xff; git stash", []Use{{Kind: gitop.Stash, Command: "git stash", Offset: 4}}},
		{"ls; sh -c 'cd x; git merge y'", []Use{{Kind: gitop.Merge, Command: "git merge y", Offset: 4}}},
		{"ls; sh -c 'git merge y; git merge y; git merge z'", []Use{{Kind: gitop.Merge, Command: "git merge y", Offset: 4}, {Kind: gitop.Merge, Command: "git merge z", Offset: 4}}},
		{"echo $(git tag x) > .git/y", []Use{{Kind: gitop.Tag, Command: "git tag x", Offset: 7}, {Kind: gitop.Tamper, Command: "> .git/y", Offset: 18}}},
		{"f() { git tag -d \"$1\"; }\nf x", []Use{{Kind: gitop.Tag, Command: `git tag -d "$1"`, Offset: 6}}},
		{"git status\ngit commit -m 'x", []Use{{Kind: gitop.Commit, Command: "git commit -m 'x", Offset: 11}}},
		{"find . | timeout 9 gh pr merge", []Use{{Kind: gitop.Merge, Command: "timeout 9 gh pr merge", Offset: 9}}},
		{long, []Use{{Kind: gitop.Commit, Command: long[:MaxUse-1] + "…"}}},
		{"git commit <<A&\nE", []Use{{Kind: gitop.Commit, Command: "git commit <<A", Offset: 0}}},
		{"", nil},
		{"git", nil},
	} {
		got := Prohibited(test.command)
		for i := range got {
			got[i].Dir, got[i].Sure = "", false // TestPlaces
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%q\n got %v\nwant %v", test.command, got, test.want)
		}
	}
}

func FuzzProhibited(f *testing.F) {
	for _, l := range corpus(f) {
		f.Add(l.command)
	}
	f.Fuzz(func(t *testing.T, command string) {
		uses := Prohibited(command)
		check(t, command, uses)
		if again := Prohibited(command); !slices.Equal(again, uses) {
			t.Errorf("%v, then %v", uses, again)
		}
		// A shell runs the lines before the one that it cannot read.
		before := "git commit\n"
		if uses := Prohibited(before + command); len(before)+len(command) <= shell.MaxCommand && !commitsFirst(uses) {
			t.Errorf("not seen: %v", uses)
		}
	})
}

// The cost of the event that comes with every command of an agent.
func BenchmarkProhibited(b *testing.B) {
	for _, bench := range []struct{ name, command string }{
		{"foreign", "npm test -- path/to/stripe-client.test.js 2>&1 | tail -40"},
		{"status", "cd trees/PROJ-123-integration && git status --short | head -20"},
		{"commit", "git add -A && git commit -m \"$(cat <<'EOF'\nfix: retry webhooks\n\nWith backoff.\nEOF\n)\""},
		{"file", "cat > src/client.js <<'EOF'\n" + strings.Repeat("const git = await fetch(`${base}/api`);\n", 200) + "EOF\n"},
		{"MiB", strings.Repeat("echo hello world | grep x && git status\n", shell.MaxCommand/40)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(bench.command)))
			for b.Loop() {
				Prohibited(bench.command)
			}
		})
	}
}

// commitsFirst reports whether the first of uses is a git commit at the beginning.
func commitsFirst(uses []Use) bool {
	return len(uses) > 0 && uses[0].Kind == gitop.Commit && uses[0].Command == "git commit" && uses[0].Offset == 0
}
