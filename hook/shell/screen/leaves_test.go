package screen_test

import (
	"testing"

	"stopgate/hook/shell/screen"
)

func TestLeaves(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]bool{
		`(sleep 9; git commit -qm x) &`:                                   true,
		"npm start &\nsleep 1":                                            true,
		`sleep 9 & disown`:                                                true,
		`nohup ./late.sh > log 2>&1`:                                      true,
		`setsid -f ./late.sh`:                                             true,
		`echo ./late.sh | at now + 1 minute`:                              true,
		`(crontab -l; echo '* * * * * x') | crontab -`:                    true,
		`sh -c 'sleep 9 & '`:                                              true,
		`python3 -c 'import subprocess; subprocess.Popen(["./late.sh"])'`: true,
		`perl -e 'fork() or exec "./late.sh"'`:                            true,
		`tmux new-session -d ./late.sh`:                                   true,
		`go test ./... && echo done`:                                      false,
		`make 2>&1 | tail -5`:                                             false,
		`make &> log`:                                                     false,
		`make >& log`:                                                     false,
		`make |& tee log`:                                                 false,
		`grep 'a & b' file`:                                               false,
		`curl "http://localhost/?a=1&b=2"`:                                false,
		`git log --format='%at' -1`:                                       false,
		`echo a \& b`:                                                     false,
		`cat src/at.js`:                                                   false,
		"cat > start.sh <<'EOF'\nnode server.js &\nEOF\nchmod +x start.sh": false,
		"cat > start.sh <<'EOF'\nnohup node server.js\nEOF":                false,
		"cat > start.sh <<'EOF'\nnode server.js &\nEOF\nsh start.sh":       true,
		"cat <<'EOF' | sh\nnode server.js &\nEOF":                          true,
		"cat > x <<'EOF' &\ntext\nEOF":                                     true,
		``:                                                                 false,
	} {
		if got := screen.Leaves(command); got != want {
			t.Errorf("%s: %v, want %v", command, got, want)
		}
	}
}
