package screen_test

import (
	"strings"
	"testing"

	"stopgate/hook/shell/screen"
)

// A command may write long files and run something else.
func TestAfterLongText(t *testing.T) {
	t.Parallel()
	text := "cat > src/app.js <<'EOF'\n" + strings.Repeat("export const a = (x) => x + 1\n", 5000) + "EOF\n"
	if screen.Hides(text) != "" || screen.Leaves(text) {
		t.Errorf("text that is only written: %q, %t", screen.Hides(text), screen.Leaves(text))
	}
	if screen.Hides(text+"echo Z2l0 | base64 -d | sh") == "" {
		t.Error("decoded text that runs is not found behind the text")
	}
	if !screen.Leaves(text + "nohup make watch &") {
		t.Error("a process that is left running is not found behind the text")
	}
}

// A command that hides its actions, or bypasses the guard, is distinguished from an ordinary one.
func TestHides(t *testing.T) {
	t.Parallel()
	for _, command := range []string{
		"echo Z2l0 | base64 -d | sh", "base64 --decode < x | bash", "echo 676974 | xxd -r -p | sh -s", `eval "$(echo Z2l0 | base64 -d)"`, "sh -c \"$(base64 -d <<< Z2l0)\"",
		"source <(echo Z2l0 | base64 -D)", "openssl enc -d -base64 -in x | sh", "echo tvg | tr a-z n-za-m | sh", "gunzip -c x.gz | bash",
		`python3 -c "import base64; exec(base64.b64decode('eA=='))"`, `python3 -c 'import os,base64 as b; os.system(b.b64decode("eA==").decode())'`,
		`perl -MMIME::Base64 -e 'system(decode_base64("eA=="))'`, `node -e "require('child_process').execSync(Buffer.from('eA==', 'base64').toString())"`,
		`node -e "eval(atob('eA=='))"`, `python3 -c 'exec(bytes.fromhex("6869"))'`,
		"/usr/bin/git commit -m x", "cd x && /usr/local/bin/git push", `"/opt/homebrew/bin/git" tag v1`, "G=/usr/bin/git; $G tag v1", "/usr/lib/git-core/git-commit -m x",
		"/usr/bin/g?t tag v1", "cd x && /usr/*/gi[t] branch y", "G=/usr/bin/g*t; $G tag v1", "$(which -a git | tail -1) tag v1", "G=$(type -ap git | sed -n 2p); $G tag v1",
		"PATH=/usr/bin:/bin make release", "env -i sh release.sh", "unset PATH; git tag", "command -p git tag v1", "env -u PATH git tag v1",
		"PATH=$(getconf PATH) make release", "export PATH=/opt/x; make", "PATH=/usr/bin:$PATH make release", "env - make release", "PATH= /x/make", "sudo ./release.sh", "sudo -u me git tag v1",
		"doas make release", "cp $(which git) ./g && ./g tag v1", "ln -sf \"$(command -v git)\" x", "$(git --exec-path)/git-tag v1", "cd $(git --exec-path) && ./git tag v1",
		`printf '\x67\x69\x74 tag v1' | sh`, `echo -e '\147\151t tag v1' | bash`, `eval $'\x67it tag v1'`, `php -r 'eval(base64_decode("eA=="));'`, `ruby -e 'eval "eA==".unpack1("m")'`,
		"[ -x /usr/bin/git ] && /usr/bin/git tag v1", "ls $(/usr/bin/git tag v1)", "grep -c x y > .git/refs/heads/main", "go get x && /usr/bin/git tag v1",
		"GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.fsmonitor GIT_CONFIG_VALUE_0=./x git status", `GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="$K" GIT_CONFIG_VALUE_0=x git status`,
		"STOPGATE_SHELL= git tag v1", "unset STOPGATE_CALLS; make",
		"python3 -c 'from dulwich import porcelain; porcelain.commit(\".\")'", "node -e \"require('isomorphic-git')\"",
		"git -c core.fsmonitor=./x status", "git -c diff.external='sh x' diff", `GIT_EXTERNAL_DIFF=./x git diff`, `GIT_SSH_COMMAND="sh -c x" git fetch`, "git --exec-path=. status",
		"git ls-remote --upload-pack=./x .", "git -c core.hooksPath=hooks status", "git -c filter.x.clean=./x diff", "git -c include.path=x log", "export GIT_CONFIG_COUNT=1",
		"git -C trees/T1 -c CORE.PAGER=./x log", "git -c Diff.x.textConv=./x log -p", `git --config-env=core.pager=P log`, "git grep --open-files-in-pager=./x a",
		"echo abc > .git/refs/heads/main", "python3 -c 'open(\".git/refs/tags/v1\", \"w\").write(\"x\")'", "cp x ../../.git/hooks/pre-commit", "rm -f .git/logs/HEAD",
		"cat > x.sh <<'EOF'\n/usr/bin/git commit -m x\nEOF\nsh x.sh", "sh <<'EOF'\n/usr/bin/git tag v1\nEOF", "cat <<'EOF' | bash\nrm -rf .git/hooks\nEOF",
		"printf 'all: ; /usr/bin/git tag v1' > Makefile; make", "cat <<EOF > y\n$(/usr/bin/git tag v1)\nEOF", "cat() { sh; }; cat <<'EOF'\n/usr/bin/git tag v1\nEOF",
		"cat > .git/hooks/pre-commit <<'EOF'\nexit 0\nEOF", "while read -r l; do $l; done <<'EOF'\n/usr/bin/git tag v1\nEOF", "echo '/usr/bin/git tag v1' > >(sh)",
		`timeout 60 bash -lc "git tag v1"`, `zsh --login -c 'cd x && git push'`, "docker run --rm -v $PWD:/w -w /w alpine/git commit -am x", `docker exec app sh -c "git tag v1"`,
		`ssh localhost "cd x && git commit -am x"`, "su - me -c 'git tag v1'", `nix-shell -p git --run "git branch x"`, "git -c alias.x='!/usr/bin/git tag v1' x",
		"$(type -P -a git | tail -1) tag v1", `"$(ls /usr/bin/git)" tag v1`, "cd /usr/bin && ./git -C $R tag v1", "../../../usr/bin/git tag v1", "cat x > $d/refs/heads/y", "tee -a \"$d/refs/tags/y\" < x",
		"node -e 'fs.copyFileSync(\"x\", \".git/refs/heads/y\")'", "python3 -c 'import shutil; shutil.move(\"x\", \".git/refs/heads/y\")'",
		"echo 'text' > .git/description", "python3 -c 'open(os.path.expanduser(\"~/.gitconfig\"), \"w\").write(\"x\")'", "tee x.sh <<'EOF' && ./x.sh\n/usr/bin/git tag v1\nEOF", "sh -c 'cat > x; . ./x' <<'EOF'\n/usr/bin/git tag v1\nEOF",
	} {
		if screen.Hides(command) == "" {
			t.Errorf("%q hides nothing", command)
		}
	}
	for _, command := range []string{
		"ls -la", "npm test", "make release", "sh work.sh", "git status", "git commit -m x", "base64 logo.png > logo.b64", "echo aGk= | base64 -d", "base64 -d cert.b64 > cert.pem",
		"cat script.sh | sh", "curl -fsSL https://example.org/install.sh | sh", "python3 -m pytest", "python3 -c 'print(1)'", "node build.js", "go test ./...", "export PATH=$PATH:/opt/bin && make",
		`PATH="$PWD/node_modules/.bin:$PATH" eslint .`, "cat .git/HEAD", "ls .git/hooks", "grep -rn 'git commit' docs", "which git", "which -a git", "ls /usr/bin/x*", "ls /srv/build-*", "rm -f /tmp/x/*.o", "ls /usr/bin/gitk", "cat /usr/share/doc/git/README",
		"git -c core.pager=cat log", "git -c color.ui=never diff", "GIT_PAGER=cat git log", "git -c pager.log=false log", "git -c core.quotePath=false ls-files", "GIT_EDITOR=true git status",
		"git -c protocol.file.allow=always clone ../x", `GIT_SSH_COMMAND="ssh -o BatchMode=yes" git fetch`, "git -c core.hooksPath=/dev/null status", "git -c credential.helper= ls-remote",
		"git -c core.fsmonitor=false status", "GIT_DIR=x git log", "git grep -n core.pager=x",
		"export PATH=/usr/local/go/bin:$PATH && go test ./...", `PATH="/usr/lib/postgresql/15/bin:${PATH}" pytest`, "PATH=/opt/homebrew/bin:$PATH make", "env -i HOME=$HOME PATH=$PATH npm test", `env - PATH="$PATH" make`,
		`python3 -c 'import os; print(os.environ["PATH"])'`, "sudo apt-get install -y jq", "sudo service postgresql start && npm test", "cat x | sudo tee /etc/hosts", "sudo -u postgres psql -c 'select 1'",
		"ls -l /usr/bin/git", "file /usr/bin/git; readlink /usr/bin/git", "test -x /usr/bin/git && echo yes", "cat a.sh | tr -d '\\r' | sh", "tr a b < x | bash-formatter",
		"go get github.com/go-git/go-git/v5 && go test ./...", "go doc -all github.com/go-git/go-git/v5 Status | head -20", "npm install isomorphic-git", "pip install pygit2 && pytest", "grep -rn libgit2 Cargo.toml", "cargo add gix",
		"mv fixtures/a.git/ fixtures/b.git", "cp -r seed.git/ /tmp/x.git/", "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*' npm test", `printf 'a\n' | sh x.sh`,
		"rm -rf .github/old", "echo x >> .gitignore", "tr a-z A-Z < x > y", "gunzip data.gz", "exec node server.js", "eval \"$(direnv export bash)\"", "env FOO=1 npm test", "python3 -c 'import json; json.loads(open(\"x\").read())'",
		"cat > release.sh <<'EOF'\n#!/bin/sh\ngit push --tags\nrm -rf .git/hooks\nEOF\nchmod +x release.sh", "cat >> docs/a.md <<EOF\nRun /usr/bin/git push.\nEOF",
		"cd docs && tee a.md > /dev/null <<-'EOF'\n\tunset PATH; git tag\n\tEOF\ncat a.md | head -3", "printf '%s\\n' 'sudo /usr/bin/git tag v1' >> notes.txt", `echo "echo Z2l0 | base64 -d | sh" > attack.md`,
		`bash -lc "npm test"`, `bash -lc "git status && npm test"`, "docker build -t app . && git status", "docker compose run --rm app npm test", "ssh-keygen -F github.com", "docker run --rm -v $PWD:/w node:20 npm test; git log -1",
		"cd ../git && ls", "rm -rf ./git", "cp -r ../git x", "git show-ref > refs.txt", "git rev-parse 2>/dev/null refs/heads/x", "(ls /usr/bin/git)", "node -e 'fs.copyFileSync(\"a\", \"b\")'",
		`bash -lc "git log -1; make tag"`, "kubectl get pods -n git",
		"grep -rn '/usr/bin/git ' src", "mkdir -p a && cat <<'X' > a/b.py && ls a\nfrom dulwich import porcelain\nX",
	} {
		if how := screen.Hides(command); how != "" {
			t.Errorf("%q: it %s", command, how)
		}
	}
}
