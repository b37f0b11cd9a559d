package guard_test

import (
	"testing"

	"stopgate/hook/guard"
	"stopgate/hook/shell/gitop"
)

// The programs that git would be made to start are recognized in all notations.
func TestPrograms(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		env    map[string]string
		words  []string
		by     string // "" for none
		writes gitop.Kind
	}{
		{nil, []string{"-c", "core.pager=./x", "log"}, "-c core.pager", ""},
		{nil, []string{"-c", "Core.SSHCommand=git commit -m x", "fetch"}, "-c Core.SSHCommand", gitop.Commit},
		{nil, []string{"-C", "a", "-c", "diff.word.textconv=sh -c 'git tag v1'", "show"}, "-c diff.word.textconv", gitop.Tag},
		{nil, []string{"-c", "credential.https://a.b/c.helper=!f", "ls-remote"}, "-c credential.https://a.b/c.helper", ""},
		{nil, []string{"-c", "url.ext::sh -c x.insteadOf=https:", "ls-remote"}, "-c url.ext::sh -c x.insteadOf", ""},
		{map[string]string{"D": "git branch x"}, []string{"--config-env=diff.external=D", "diff"}, "--config-env diff.external", gitop.Branch},
		{nil, []string{"--exec-path=/tmp/x", "status"}, "--exec-path", ""},
		{map[string]string{"GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": "a.b", "GIT_CONFIG_KEY_1": "core.fsmonitor", "GIT_CONFIG_VALUE_1": "./x"}, []string{"status"}, "GIT_CONFIG_KEY_ core.fsmonitor", ""},
		{map[string]string{"GIT_CONFIG_COUNT": "1001", "GIT_CONFIG_KEY_1000": "core.fsmonitor", "GIT_CONFIG_VALUE_1000": "./x"}, []string{"status"}, "GIT_CONFIG_COUNT", ""},
		{map[string]string{"GIT_CONFIG_PARAMETERS": "'a.b'='c' 'core.fsmonitor'='./x y'"}, []string{"status"}, "GIT_CONFIG_PARAMETERS core.fsmonitor", ""},
		{map[string]string{"GIT_EXTERNAL_DIFF": "git stash"}, []string{"diff"}, "GIT_EXTERNAL_DIFF", gitop.Stash},
		{map[string]string{"GIT_SSH": "/tmp/x"}, []string{"fetch"}, "GIT_SSH", ""},
		{nil, []string{"ls-remote", "--upload-pack", "git push x; cat", "."}, "--upload-pack", gitop.Push},
		{nil, []string{"ls-remote", "--upl=./x", "."}, "--upl", ""},
		{nil, []string{"clone", "-u", "./x", ".", "y"}, "-u", ""},
		{nil, []string{"clone", "-c", "core.sshCommand=./x", "a:b"}, "-c", ""},
		{nil, []string{"clone", "--template=/tmp/x", "a"}, "--template", ""},
		{nil, []string{"grep", "-nO./x", "a"}, "-nO./x", ""},
		{nil, []string{"difftool", "-x", "./x"}, "-x", ""},
		{nil, []string{"archive", "--remote=.", "--exec=./x", "HEAD"}, "--exec", ""},
		{nil, []string{"-c", "x.y=/r", "for-each-repo", "--config=x.y", "tag", "v1"}, "for-each-repo", gitop.Tag},
		{nil, []string{"for-each-repo", "--config", "x.y", "status"}, "for-each-repo", ""},
		{nil, []string{"bisect", "run", "git", "-C", "/r", "tag", "v1"}, "bisect run", gitop.Tag},
		{nil, []string{"bisect", "run", "make", "test"}, "bisect run", ""},
		{nil, []string{"bisect", "start", "HEAD"}, "", ""},
		{nil, []string{"filter-branch", "-f", "--msg-filter", "git -C /r branch x; cat", "HEAD"}, "--msg-filter", gitop.Branch},
		{nil, []string{"log"}, "", ""},
		{map[string]string{"GIT_PAGER": "cat", "GIT_EDITOR": "true", "GIT_SSH_COMMAND": "ssh -i key -o BatchMode=yes"}, []string{"-c", "core.pager=less -R", "-c", "color.ui=always", "log"}, "", ""},
		{map[string]string{"GIT_ASKPASS": "echo", "GIT_SSH": "/usr/bin/ssh", "GIT_PAGER": "delta --dark", "GIT_EDITOR": "/bin/true"}, []string{"fetch"}, "", ""}, // as npm does
		{nil, []string{"-c", "credential.helper=", "-c", "credential.helper=!/usr/bin/gh auth git-credential", "fetch"}, "", ""},                                 // as gh does
		{nil, []string{"-c", "filter.lfs.smudge=git-lfs smudge --skip -- %f", "-c", "filter.lfs.process=git-lfs filter-process --skip", "fetch"}, "", ""},
		{nil, []string{"-c", "tar.tgz.command=gzip -n", "archive", "HEAD"}, "", ""},
		{map[string]string{"GIT_PAGER": "delta --pager=./x"}, []string{"log"}, "GIT_PAGER", ""},
		{map[string]string{"GIT_PAGER": "less; git tag v1"}, []string{"log"}, "GIT_PAGER", gitop.Tag},
		{map[string]string{"GIT_EDITOR": "vim -S x"}, []string{"log"}, "GIT_EDITOR", ""},
		{map[string]string{"GIT_ASKPASS": "/tmp/echo"}, []string{"fetch"}, "GIT_ASKPASS", ""},
		{nil, []string{"-c", "credential.helper=!./gh auth git-credential", "fetch"}, "-c credential.helper", ""},
		{map[string]string{"GIT_SSH_COMMAND": "ssh -o ProxyCommand=./x"}, []string{"fetch"}, "GIT_SSH_COMMAND", ""},
		{nil, []string{"-c", "protocol.file.allow=always", "-c", "credential.helper=", "clone", "../x", "y"}, "", ""},
		{nil, []string{"-c", "protocol.ext.allow=always", "ls-remote", "ext::sh -c x"}, "-c protocol.ext.allow", ""},
		{nil, []string{"grep", "-e", "--upload-pack", "--", "-Ox"}, "", ""},
		{nil, []string{"--exec-path"}, "", ""},
		{nil, []string{"clone", "-c", "user.name=x", "--config", "core.autocrlf=false", "a", "b"}, "", ""},
	} {
		programs := guard.Read(tt.words).Programs(func(name string) string { return tt.env[name] })
		by := ""
		if len(programs) > 0 {
			by = programs[0].By
		}
		if by != tt.by || guard.Writes(programs) != tt.writes {
			t.Errorf("%q %q: %+v, writes %q; want %q, %q", tt.env, tt.words, programs, guard.Writes(programs), tt.by, tt.writes)
		}
	}
}
