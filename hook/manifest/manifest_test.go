package manifest_test

import (
	"testing"

	"stopgate/hook/manifest"
)

// TestOnly: if nobody has chosen a command, the only one that the project itself names counts, or else the only usual one.
func TestOnly(t *testing.T) {
	t.Parallel()
	const npm, noTest = `{"scripts": {"test": "node --test", "lint": "eslint ."}}`, `{"scripts": {"test": "echo \"Error: no test specified\" && exit 1"}}`
	for _, tt := range []struct {
		name                   string
		files                  map[string]string
		test, testFrom, linted string
	}{
		{"npm", map[string]string{"package.json": npm}, "npm test", "package.json", "npm run lint"},
		{"npm without tests", map[string]string{"package.json": noTest}, "", "", ""},
		{"go", map[string]string{"go.mod": "module x\n"}, "go test ./...", "go.mod", "go vet ./..."},
		{"a target of its own before the usual command", map[string]string{"go.mod": "module x\n", "Makefile": "test:\n\tgo test -short ./...\n"}, "make test", "Makefile", "go vet ./..."},
		{"two of its own", map[string]string{"package.json": npm, "Makefile": "test:\n\tpytest\n"}, "", "", "npm run lint"},
		{"two usual ones", map[string]string{"go.mod": "module x\n", "Cargo.toml": "[package]\n"}, "", "", ""},
		{"a front end without tests beside a usual one", map[string]string{"package.json": noTest, "Cargo.toml": "[package]\n"}, "cargo test", "Cargo.toml", "cargo clippy"},
		{"a variable is no target", map[string]string{"Makefile": "test := x\n"}, "", "", ""},
		{"not JSON", map[string]string{"package.json": `{"scripts": `}, "", "", ""},
		{"nothing", nil, "", "", ""},
	} {
		tests, lints := manifest.Commands(func(name string) []byte {
			if text, ok := tt.files[name]; ok {
				return []byte(text)
			}
			return nil
		})
		if test, lint := manifest.Only(tests), manifest.Only(lints); test.Text != tt.test || test.From != tt.testFrom || lint.Text != tt.linted {
			t.Errorf("%s: %+v and %+v", tt.name, test, lint)
		}
	}
}
