package inspect

import "testing"

// TestChangesRules: which commands may have changed a file with ignore rules.
func TestChangesRules(t *testing.T) {
	t.Parallel()
	const global, exclude, own = "/home/me/.config/git/ignore", "/home/me/repo/.git/info/exclude", "/home/me/.gitignore_global"
	for _, tt := range []struct {
		command, source string
		want            bool
	}{
		{"echo '*.key' >> ~/.config/git/ignore", global, true},
		{"echo '*.key' >> $XDG_CONFIG_HOME/git/ignore", global, true},
		{"printf 'x\n' | tee -a /home/me/.config/git/ignore", global, true},
		{"sed -i s/a/b/ .git/info/exclude", exclude, true},
		{"echo build >> \"$(git rev-parse --git-path info/exclude)\"", exclude, true},
		{"git config --global core.excludesFile ~/x", global, true},
		{"git -c core.excludesfile=/dev/null status; git config core.excludesfile /tmp/x", "/tmp/x", true},
		{"cp rules ~/.gitignore_global", own, true},
		{"cat ~/.config/git/ignore", global, false},
		{"git -c core.excludesFile=/dev/null status --ignored", global, false},
		{"echo x.js >> ~/ign", "/home/p/ign", true},
		{`echo x.js >> "$HOME/etc/ign"`, "/home/p/etc/ign", true},
		{"printf 'x.js\\n' | tee -a ${HOME}/etc/ign", "/home/p/etc/ign", true},
		{"sed -i s/a/b/ ~/ign", "/home/p/other/ign", false},
		{"cat ~/ign", "/home/p/ign", false},
		{"echo x.js >> ign", "/home/p/ign", false},
		{"echo x.js >> ~/ign.bak", "/home/p/ign", false},
		{"git config core.excludesFile || true", global, false},
		{"grep key .git/info/exclude", exclude, false},
		{"git config --get core.excludesFile", global, false},
		{"echo '*.key' >> .gitignore", global, false},
		{"echo ignore >> notes.txt", global, false},
		{"npm test", exclude, false},
		{"echo x >> ~/.config/git/ignore", exclude, false},
		{"vi src/exclude", exclude, false},
	} {
		if got := changesRules(tt.command, tt.source); got != tt.want {
			t.Errorf("%q, %s: %v", tt.command, tt.source, got)
		}
	}
}
