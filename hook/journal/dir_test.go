package journal

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestDir(t *testing.T) {
	native := func(path string) string { // "/p" with the platform's separators, and absolute there
		if strings.HasPrefix(path, "/") {
			path = filepath.VolumeName(t.TempDir()) + path
		}
		return filepath.FromSlash(path)
	}
	for _, tc := range []struct {
		goos string
		env  map[string]string
		want string // "" is an error
	}{
		{"linux", map[string]string{"CLAUDE_PLUGIN_DATA": "/data/q", "STOPGATE_STATE_DIR": "/data/p", "XDG_STATE_HOME": "/state", "HOME": "/home/u"}, "/data/p"},
		{"linux", map[string]string{"XDG_STATE_HOME": "/state", "HOME": "/home/u"}, "/state/stopgate"},
		{"linux", map[string]string{"XDG_STATE_HOME": "state", "HOME": "/home/u"}, "/home/u/.local/state/stopgate"},
		{"linux", map[string]string{"HOME": "/home/u v\n"}, "/home/u v\n/.local/state/stopgate"},
		{"freebsd", map[string]string{"HOME": "/home/u"}, "/home/u/.local/state/stopgate"},
		{"linux", nil, ""},
		{"darwin", map[string]string{"XDG_STATE_HOME": "/state", "HOME": "/Users/u"}, "/Users/u/Library/Application Support/stopgate"},
		{"darwin", nil, ""},
		{"windows", map[string]string{"LocalAppData": "/u/AppData/Local", "HOME": "/u"}, "/u/AppData/Local/stopgate"},
		{"windows", map[string]string{"HOME": "/u"}, ""},
	} {
		got, err := platformDir(tc.goos, func(name string) string { return native(tc.env[name]) })
		if (err == nil) != (tc.want != "") || got != native(tc.want) {
			t.Errorf("%s %v: %q, %v, not %q", tc.goos, tc.env, got, err, native(tc.want))
		}
	}
	dir := t.TempDir()
	if got, err := Dir(func(string) string { return dir }); err != nil || got != dir {
		t.Errorf("Dir is %q, %v, not %q", got, err, dir)
	}
	if got, err := Dir(func(string) string { return "data" }); err == nil || !strings.Contains(err.Error(), `"data"`) {
		t.Errorf("a relative folder is %q, %v", got, err)
	}
}
