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
		"cat > start.sh <<'EOF'\nnode server.js &\nEOF\nchmod +x start.sh":                false,
		"cat > start.sh <<'EOF'\nnohup node server.js\nEOF":                               false,
		"cat > start.sh <<'EOF'\nnode server.js &\nEOF\nsh start.sh":                      true,
		"cat <<'EOF' | sh\nnode server.js &\nEOF":                                         true,
		"cat > x <<'EOF' &\ntext\nEOF":                                                    true,
		"git commit -m \"$(cat <<'EOF'\nAddress the review at last (batch 1/1)\nEOF\n)\"": false,
		`gh pr comment 3 --body "The daemon waits at the lock (batch 2)."`:                false,
		`git commit -qm 'Show the screen in the daemon -d'`:                               false,
		`grep -n "at\s" src/tmux.js | head`:                                               false,
		`node -e 'const detached = 1; console.log(detached)'`:                             true,
		`at 10:30 < late.sh`:                                             true,
		`at -f late.sh tomorrow`:                                         true,
		`bash -c "at now < late.sh"`:                                     true,
		"batch < late.sh":                                                true,
		`sudo nohup ./late.sh`:                                           true,
		`screen -dmS late ./late.sh`:                                     true,
		`docker compose up -d db`:                                        true,
		`docker run --rm -itd app`:                                       true,
		`docker run --rm app npm test`:                                   false,
		`bash -c 'nohup ./late.sh'`:                                      true,
		`python3 -c 'import os; os.system("nohup ./late.sh")'`:           true,
		`node -e 'require("child_process").execSync("nohup ./late.sh")'`: true,
		``: false,
	} {
		if got := screen.Leaves(command); got != want {
			t.Errorf("%s: %v, want %v", command, got, want)
		}
	}
}
