package screen_test

import (
	"testing"

	"stopgate/hook/shell/screen"
)

// The text of a git command that writes shows where it runs, or that this is unknown.
func TestPlaces(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		command, dir string
		sure         bool
	}{
		{"git commit -m x", "", true},
		{"cd trees/T1 && npm test && git add -A", "trees/T1", true},
		{"(cd trees/T1 && ls); git tag v1", "", true},
		{"git -C trees/T1 push", "trees/T1", true},
		{"cd trees && git -C T1 -C src stash", "trees/T1/src", true},
		{"cd /repo/trees/T1; git commit", "/repo/trees/T1", true},
		{"cd trees/T1 && git -C /repo commit", "/repo", true},
		{"bash -c 'cd trees/T1 && git commit -m x'", "trees/T1", true},
		{"d=$(mktemp -d); cd $d; git commit -m x", "", false},
		{"cd \"$(mktemp -d)\" && git commit -m x", "", false},
		{"cd && git commit -m x", "", false},
		{"cd ~/x && git commit -m x", "", false},
		{"cd - && git commit -m x", "", false},
		{"git -C \"$DIR\" commit -m x", "", false},
		{"git init demo && cd demo && git add -A", "", false},
		{"cd src && git init -q && git commit -m x", "", false},
		{"git clone -q /a b && git -C b tag v1", "", false},
		{"git --git-dir=/tmp/x.git commit -m x", "", false},
		{"git --git-dir /tmp/x.git --work-tree . commit -m x", "", false},
		{"GIT_DIR=/tmp/x git commit -m x", "", false},
		{"export GIT_INDEX_FILE=/tmp/i; git add -A", "", false},
		{"GIT_INDEX_FILE=/tmp/i git update-index --add x", "", false},
		{"export GIT_INDEX_FILE=/tmp/i; git add -A; git update-ref refs/heads/side $(git commit-tree -m x $(git write-tree))", "", true},
		{"GIT_INDEX_FILE=/tmp/i git commit -qm x", "", true},
		{"HOME=/tmp/h git config --global user.name x", "", false},
		{"export HOME=$(mktemp -d); echo x >> $HOME/.gitconfig", "", false},
		{"cd /tmp/demo && echo x >> ~/.gitconfig", "", true},
		{"cd /tmp && git init -q demo; git config --global user.name x", "", true},
		{"rm -f .git/index.lock", "", true},
		{"gh pr merge 3", "", true},
		{"jj git push", "", true},
		{"cd trees/T1 && svn commit -m x", "trees/T1", true},
		{"cd $(mktemp -d) && svn commit -m x", "", false},
		{"echo x > .git/hooks/pre-commit", "", true},
		{"cp x trees/T1/.git", "trees/T1", true},
		{"cd trees && tee T1/../.git/config < x", "trees", true},
		{"cp hook /tmp/demo/.git/hooks/", "/tmp/demo", true},
		{"d=$(mktemp -d); echo x > $d/.git/hooks/pre-commit", "", false},
		{"rm -rf \"$d/.git\"", "", false},
		{"D=$(mktemp -d)/.git; mkdir -p $D/hooks", "", false},
		{"cd trees/T1; F=.git/config; cd src; echo x > $F", "trees/T1", true},
		{"F=$REPO/.git/config; cd src; echo x > $F", "", false},
		{"rm -rf trees/T1/*/.git", "trees/T1", true},
		{"rm -rf */.git", "", true},
		{"git init && echo x > .git/hooks/pre-commit", "", false},
		{"cd trees/T1 && echo x > $(git rev-parse --git-common-dir)/refs/heads/y", "trees/T1", true},
		{"cd trees/T1 && D=$(git rev-parse --git-dir) && cd src && cp x $D/hooks/pre-commit", "trees/T1", true},
		{"D=$(git rev-parse --git-dir); cd trees/T1; tee \"$D/config\" < x", "", true},
		{"cd /repo && D=$(git rev-parse --git-dir); cd src; rm $D/index", "/repo", true},
	} {
		uses := screen.Prohibited(tt.command)
		if len(uses) == 0 {
			t.Errorf("%s: nothing is found", tt.command)
			continue
		}
		if use := uses[len(uses)-1]; use.Sure != tt.sure || tt.sure && use.Dir != tt.dir {
			t.Errorf("%s: %q, sure %t; want %q, %t", tt.command, use.Dir, use.Sure, tt.dir, tt.sure)
		}
	}
}
