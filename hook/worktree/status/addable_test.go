package status

import "testing"

func TestOddName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"src/.git": true, ".GIT /x": true, "a/.git./b": true, ".git::$INDEX_ALLOCATION/x": true, `.git\x`: true, "git~1": true, "GIT~2/x": true, ".gitmodules": true, "gitmod~1": true,
		".g\u200cit/x": true, "\ufeff.git": true,
		".github/workflows/ci.yml": false, ".gitignore": false, "a/.gitattributes": false, ".gitlab-ci.yml": false, ".git-blame-ignore-revs": false, ".golangci.yml": false,
		".gradle/x": false, "src/git.go": false, "digit~1": false, "src/caf\u00e9.js": false,
	} {
		if got := oddName(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}
