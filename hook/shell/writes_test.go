package shell

import (
	"slices"
	"strings"
	"testing"
)

// TestWrites: what a command writes is known if its text shows it, wherever it has gone meanwhile.
func TestWrites(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]string{
		"echo x > a; echo y >> b 2>/dev/null":               "a b",
		"cd d && tee -a x < y; (cd e; rm z); :":             "d/x d/e/z",
		"echo '*/5 1-7 * * mon rm a' | crontab -":           "a",
		"(crontab -l; echo '@reboot cp a b') | crontab -":   "b b/a",
		"{ echo 'rm a' > b; echo 'rm c'; ls; } | sh":        "b c",
		"{ echo 'rm a'; ls; } > b; sh b":                    "b",
		"cat > b; sh b":                                     "b",
		"echo '@daily cp a b' > t; crontab -u x t":          "t b b/a",
		"echo 'cp a b' | at now + 1 hour; batch <<< 'rm c'": "b b/a c",
		"cd d; cp a b ../c/":                                "c c/a c/b",
		"mv a/x -t d; cp b/. e; ln -s c":                    "a/x d d/x e c",
		"sed -n 'w /q' a; sed 's/x/y/gw /r' a":              "/q /r",
		"sed -i 's/w /x/' a; sed -n '/w /p' b":              "a",
		"sort a -o/b; sort -o c d; sort -t w e":             "/b c",
		"A=~/q; B=$A/r; touch \"$B/s\" ${A}t":               "/home/u/q/r/s /home/u/qt",
		"touch $HOME/x $OTHER/y $(pwd)/z":                   "/home/u/x",
		"(HOME=/tmp; touch $HOME/x); touch $HOME/y":         "/tmp/x /home/u/y",
		"V=$(date); touch $V":                               "",
		"sh -c 'cd d; echo x > y' && cat < z":               "d/y",
		"sudo sudo mv a b":                                  "a b b/a",
		"sudo":                                              "",
		"find d -name x -exec chmod 0 {} +":                 "0 d",
		"tar xf t -C d; tar cf t -C d; unzip -d e z":        "d e",
		"sed -n p a; sed -i p b":                            "b",
		"if x; then : > a; else : >| b; fi":                 "a b",
		"echo 'x > y'":                                      "",
		"cd ~/d; echo x > y; cd; touch '~/z'":               "/home/u/d/y ~/z",
		"ls | xargs -n1 -I{} cp {} d/":                      "d",
		"ls | xargs cat; ls | xargs -r sh -c 'echo x > y'":  "y",
		"f() { cp \"$1\" d/; }; f a":                        "d d/a",
		"{ echo a; ls; } > b; touch {c,d} $(ls)":            "b",
		"echo 'touch a' > b; cd c && sh ../b":               "b c/a",
	} {
		if got := strings.Join(Writes(command, map[string]string{"HOME": "/home/u"}), " "); got != want {
			t.Errorf("%s: %q, want %q", command, got, want)
		}
	}
	if got := Writes(strings.Repeat("echo x > a;", 1000), nil); len(got) > maxWrites || !slices.Contains(got, "a") {
		t.Errorf("%d of a long command", len(got))
	}
}
