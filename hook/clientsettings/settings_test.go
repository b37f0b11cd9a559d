package clientsettings_test

import (
	"os"
	"path/filepath"
	"testing"

	"stopgate/hook/clientsettings"
)

// TestRead: only settings that affect the checks change the fingerprint of a file.
func TestRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "settings.json")
	none := clientsettings.Read(path)
	for text, want := range map[string]string{
		`{"model": "x", "disableAllHooks": false, "env": {"EDITOR": "vi"}}`:                         "",
		`{"disableAllHooks": true}`:                                                                 "it switches hooks off",
		`{"hooks": {"Stop": []}}`:                                                                   "it sets hooks",
		`{"env": {"STOPGATE_STATE_DIR": "/x", "PATH": "/y"}}`:                                       `it sets the variable "PATH", it sets the variable "STOPGATE_STATE_DIR"`,
		`{"env": {"GIT_CONFIG_COUNT": "1", "HOME": "/x", "GIT_EDITOR": "vi"}}`:                      `it sets the variable "GIT_CONFIG_COUNT", it sets the variable "HOME"`,
		`{"env": {"LD_PRELOAD": "/x.so", "ZDOTDIR": "/x", "TERM": "dumb"}}`:                         `it sets the variable "LD_PRELOAD", it sets the variable "ZDOTDIR"`,
		`{"enabledPlugins": {"stopgate@tools": false, "other@tools": false}}`:                       "it switches the plugin off",
		`{"enabledPlugins": {"stopgate@tools": true, "other@tools": false, "stopgate-x@y": false}}`: "",
		`{"enabledPlugins": ["stopgate@tools"], "allowManagedHooksOnly": false}`:                    "",
		`{"allowManagedHooksOnly": true}`:                                                           "it allows no hooks but managed ones",
		`{`:                                                                                         "it cannot be read",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		read := clientsettings.Read(path)
		if same := read.Print() == none.Print(); same != (want == "") {
			t.Errorf("%s: the print is that of no file: %t", text, same)
		}
		if want != "" && read.String() != want {
			t.Errorf("%s: %s", text, read)
		}
	}
}

// TestReadSkill: of a skill only its hooks count.
func TestReadSkill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "SKILL.md")
	for text, hooks := range map[string]bool{
		"---\nname: x\nhooks:\n  Stop: []\n---\ntext\n": true, "---\r\nhooks: {}\r\n---\r\n": true,
		"---\nname: x\n---\nhooks:\n": false, "hooks:\n": false, "": false, "text\n---\nhooks:\n---\n": false, "---\nname: hooks: x\n": false,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if read := clientsettings.Read(path); (read.Hooks != nil) != hooks || read.Unread {
			t.Errorf("%q: %s", text, read)
		}
	}
}
