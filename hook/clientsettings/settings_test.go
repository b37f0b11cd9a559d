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
		`{"model": "x", "disableAllHooks": false, "env": {"EDITOR": "vi"}}`: "",
		`{"disableAllHooks": true}`:                                         "it switches hooks off",
		`{"hooks": {"Stop": []}}`:                                           "it sets hooks",
		`{"env": {"STOPGATE_STATE_DIR": "/x", "PATH": "/y"}}`:               `it sets the variable "PATH", it sets the variable "STOPGATE_STATE_DIR"`,
		`{`: "it cannot be read",
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
