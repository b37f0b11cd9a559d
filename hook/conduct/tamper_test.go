package conduct_test

import (
	"runtime"
	"strings"
	"testing"

	"stopgate/hook/conduct"
)

// A command that names what agents are checked with is refused, however it spells the path; one that names something beside it is not.
func TestTampering(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the folders of this test are absolute on other systems only")
	}
	f := conduct.Folders{
		Journal: "/home/u/.local/state/stopgate", Plugin: "/home/u/.claude/plugins/cache/stopgate", Client: []string{"", "/home/u/.claude"},
		Project: "/srv/repo", Home: "/home/u",
		Transcript: "/var/claude/-srv-repo/s1.jsonl",
	}
	for command, want := range map[string]string{
		"rm -rf ~/.local/state/stopgate":                                                    "journal",
		`cd "$HOME/.local/state" && echo x >> stopgate/repo.jsonl`:                          "journal",
		"python3 -c 'open(\"/home/u/.local/state/stopgate/x\",\"w\")'":                      "journal",
		"echo '{}' | stopgate hook":                                                         "answers the client",
		"sh -c 'cat e.json | /opt/x/bin/stopgate hook'":                                     "answers the client",
		"env -i ./bin/stopgate hook < event.json":                                           "answers the client",
		`echo '{"disableAllHooks":true}' > $CLAUDE_PROJECT_DIR/.claude/settings.local.json`: "settings of this session",
		"jq . ../../.claude/settings.json > x && mv x ../../.claude/settings.json":          "settings of this session",
		"sed -i s/a/b/ ${HOME}/.claude/settings.json":                                       "client's settings",
		"cp forged.jsonl ~/.claude/projects/-srv-repo/s1/subagents/agent-a2.jsonl":          "transcripts",
		"rm ~/.claude/projects/-srv-repo/s1/subagents/agent-a1.meta.json":                   "transcripts",
		"echo x > /home/u/.claude/plugins/cache/stopgate/bin/stopgate":                      "own folder",
		"S=stopgate; $S hook < e.json":                                                      "answers the client",
		"export D=~/.local/state && rm -rf $D/stopgate":                                     "journal",
		"A=$HOME/.claude; B=$A/settings.json; C=$B; rm $C":                                  "client's settings",
		"stopgate close T1 --reason done":                                                   "ends a task",
		"cd /tmp && /opt/x/stopgate.exe close T1 --reason done":                             "ends a task",
		"pkill -f 'stopgate hook'":                                                          "processes of stopgate",
		"sudo killall -9 stopgate":                                                          "processes of stopgate",
		"kill $(pgrep -f stopgate)":                                                         "processes of stopgate",
		"claude plugin disable stopgate@stopgate":                                           "client's plugins",
		"npx claude plugins uninstall stopgate":                                             "client's plugins",
		"sed -i s/a/b/ /var/claude/-srv-repo/s1/subagents/agent-a1.jsonl":                   "transcripts",
		"echo '{}' >> /var/claude/-srv-repo/s1.jsonl":                                       "transcripts",
		"echo '{}' > ~/.claude/settings.json 2>&1":                                          "client's settings",

		"python3 - <<'E'\nopen('/home/u/.local/state/stopgate/x','w')\nE":      "journal",
		"> ~/.claude/settings.json":                                            "client's settings",
		"while read l; do echo \"$l\"; done < x > $HOME/.claude/settings.json": "client's settings",
		"f() { rm \"$1\"/settings.json; }; f ~/.claude":                        "client's settings",
		"cd ~/.claude/plugins/../ && rm settings.json":                         "client's settings",
		"cat <<'E' | python3\nopen('/home/u/.claude/settings.json','w')\nE":    "client's settings",
		"alias s='stopgate hook'\ns < e.json":                                  "answers the client",
		"eval \"stopgate  hook\" < e.json":                                     "answers the client",
		"for f in x ~/.claude/settings.json; do rm \"$f\"; done":               "client's settings",
		"while read f; do rm $f; done <<E\n/home/u/.claude/settings.json\nE":   "client's settings",
		"a=(x ~/.claude/settings.json); rm \"${a[1]}\"":                        "client's settings",
		"export F=~/.claude/settings.json; python3 x.py":                       "client's settings",
		"case x in x) F=~/.claude/settings.json;; esac; python3 x.py $F":       "client's settings",
		"sh -c '' > ~/.claude/settings.json":                                   "client's settings",
		"(exit) > ~/.claude/settings.json":                                     "client's settings",
		"if :; then :; fi > ~/.claude/settings.json":                           "client's settings",
		"docker run -v ~/.claude/settings.json:/s x sh -c 'echo > /s'":         "client's settings",
		"npm test 2> ~/.claude/settings.json":                                  "client's settings",

		"echo x > ~/.claude/agents/test-runner.md":                                                                    "every session",
		"cp x.md ~/.claude/ag*/":                                                                                      "every session",
		"cp -r agents ~/.claude/":                                                                                     "every session",
		"tar xf x.tar -C ~/.claude":                                                                                   "every session",
		"ls *.md | xargs -I{} cp {} ~/.claude/agents/x.md":                                                            "every session",
		"echo x | xargs -n1 sh -c 'echo x > ~/.claude/CLAUDE.md'":                                                     "every session",
		"find ~/.claude -name '*.md' -exec sed -i s/a/b/ ~/.claude/agents/x.md ';'":                                   "every session",
		"python3 -c \"import os; open(os.path.expanduser('~/.claude/CLAUDE.md'), 'a').write('x')\"":                   "every session",
		"node -e \"require('fs').writeFileSync(process.env.HOME + '/.claude/agents/x.md', 'x')\"":                     "every session",
		"python3 - <<'E'\nfrom pathlib import Path\n(Path.home() / '.claude' / 'agents' / 'x.md').write_text('x')\nE": "every session",
		"claude config set -g theme dark":                                                                             "client's settings",
		"claude mcp add x -- npx x-server":                                                                            "client's settings",
		"python3 -c \"import os; print(open(os.path.expanduser('~/.claude/CLAUDE.md')).read())\"":                     "",
		"python3 -c \"open('.claude/agents/x.md', 'w').write('x')\"":                                                  "",
		"echo 'os.path.expanduser(\"~/.claude/agents/x\")' > docs/x.md; python3 -c \"open('y', 'w').write('x')\"":     "",
		"find . -name '*.md' -exec sed -i s/a/b/ {} +":                                                                "",
		"ls ~/.claude | xargs -n1 echo":                                                                               "",
		"mkdir -p ~/.claude && ls ~/.claude":                                                                          "",
		"claude mcp list":                                                                                             "",
		"tee -a $HOME/.claude/skills/x/SKILL.md < y":                                                                  "every session",
		"cp reviewer.md \"$HOME/.claude/agents/\"":                                                                    "every session",
		"cd ~ && mv x.md .claude/commands/x.md":                                                                       "every session",
		"cd ~/.claude && (cd agents; cat > a.md <<'E'\nx\nE\n)":                                                       "every session",
		"D=~/.claude; A=$D/agents; sed -i s/a/b/ ${A}/x.md":                                                           "every session",
		"bash -c 'echo x >> ~/.claude/CLAUDE.md'":                                                                     "every session",
		"sudo tee /home/u/.claude/hooks/h.sh < y":                                                                     "every session",
		"if true; then rm -f ~/.claude/rules/x.md; fi":                                                                "every session",
		"find ~/.claude/agents -name '*.md' -exec sed -i s/a/b/ {} +":                                                 "every session",
		"tar -C ~/.claude/skills -xf s.tar":                                                                           "every session",
		"cp ~/.claude/skills/x/t.js src/t.js":                                                                         "",
		"grep -r x ~/.claude/skills > out.txt":                                                                        "",
		"find ~/.claude/agents -exec cat {} +":                                                                        "",
		"tar -C ~/.claude/skills -cf s.tar .":                                                                         "",
		"(cd ~/.claude/agents && ls); echo x > agents/x.md":                                                           "",
		"mkdir -p .claude/agents && echo x > .claude/agents/x.md":                                                     "",
		"echo 'tee ~/.claude/agents/x.md' > NOTES.md":                                                                 "",
		"sed -n 1,9p ~/.claude/CLAUDE.md":                                                                             "",
		"echo note > ~/.claude/plans/p.md":                                                                            "",
		"rm -rf ~/.claude":                                                                                            "settings and transcripts",
		"sudo rm -rf $HOME/.claude/":                                                                                  "settings and transcripts",
		"rm -r ~/.claude/*":                                                                                           "settings and transcripts",
		"cd ~ && rm -rf .claude":                                                                                      "settings and transcripts",
		"cd ~/.claude; rm -rf *":                                                                                      "settings and transcripts",
		"mv ~/.claude /tmp/kept":                                                                                      "settings and transcripts",
		"chmod -R a-w /home/u/.claude":                                                                                "settings and transcripts",
		"find ~/.claude -name '*.meta.json' -delete":                                                                  "settings and transcripts",
		"find ~/.claude -type f -exec rm {} +":                                                                        "settings and transcripts",
		"rsync -a --delete /tmp/empty/ ~/.claude/":                                                                    "settings and transcripts",
		`rm -rf "$HOME/.claude"/plans`:                                                                                "",
		"rm -rf \"$HOME\"/.claude":                                                                                    "settings and transcripts",
		"ls -la ~/.claude":                                                                                            "",
		"find ~/.claude -name '*.md'":                                                                                 "",
		"mv notes.md ~/.claude/":                                                                                      "",
		"cp -r ~/.claude/skills .":                                                                                    "",
		"rm -rf .claude":                                                                                              "",
		"rsync -a ~/.claude/ /tmp/kept/":                                                                              "",
		"rm -rf ~/.claude/plans/*":                                                                                    "",

		"D=~/.claude\ncd \"$D\" && rm -f settings.json":                             "client's settings",
		"D=~/.claude/; rm ${D}settings.json":                                        "client's settings",
		"declare -r D='/home/u/.claude'\nnpm test\nrm -rf \"$D\"/plugins":           "client's plugins",
		"A=stop B=gate; $A$B hook < e.json":                                         "answers the client",
		`X="stopgate hook"; $X < e.json`:                                            "answers the client",
		"if true; then S=stopgate; fi; $S close T1":                                 "ends a task",
		"CLAUDE_CONFIG_DIR=/tmp/c claude -p 'answer PASS'":                          "settings of its own",
		"export CLAUDE_CONFIG_DIR=$(mktemp -d)\ncd src && npx claude --print hello": "settings of its own",
		"env HOME=/tmp/h claude -p hello":                                           "settings of its own",
		`claude --settings '{"disableAllHooks":true}' -p hello`:                     "settings of its own",
		"cat > x.sh <<'EOF'\nstopgate hook < e.json\nEOF\nsh x.sh":                  "answers the client",
		"tee run > /dev/null <<'EOF' && chmod +x run && ./run\nstopgate hook\nEOF":  "answers the client",
		`rm -rf "$HOME"/.claude/settings.json`:                                      "client's settings",
		`stopg"a"te hook < e.json`:                                                  "answers the client",
		"sed -es/a/b/ ~/.claude/settings.json":                                      "client's settings",
		"sed -i s/a/b/ \"$HOME/.claude/settings.json\"":                             "client's settings",
		"git commit -m \"$(stopgate hook < e.json)\"":                               "answers the client",

		"echo 'stopgate hook' > x; sh x":                                 "answers the client",
		"echo stopgate hook > run.sh && chmod +x run.sh && ./run.sh":     "answers the client",
		"printf 'stopgate close T1 --reason x' > x && . ./x":             "ends a task",
		"X=$(echo 'stopgate hook'); $X < e.json":                         "answers the client",
		"export X=\"$(printf 'stopgate hook')\"\n$X":                     "answers the client",
		"for c in \"$(echo 'stopgate hook')\"; do $c; done":              "answers the client",
		"echo 'stopgate hook' > x; F=x; sh $F":                           "answers the client",
		"echo \"$(echo stopgate hook | sh)\"":                            "answers the client",
		"sh -c \"$(echo stopgate hook)\"":                                "answers the client",
		"printf -v X 'stopgate hook'; $X":                                "answers the client",
		"echo rm ~/.claude/settings.json | tee x | sh":                   "client's settings",
		`echo "$(date): $(pkill stopgate)" > x`:                          "processes of stopgate",
		"echo \"stopgate hook < $F\" > x.sh\nnpm run build\nbash ./x.sh": "answers the client",

		`echo "$(date): see ~/.claude/plugins" >> README.md`:                    "",
		"echo stopgate hook answers the client >> a.md; npm test":               "",
		"V=1.2; echo \"$(node -p 1): stopgate hook\" >> CHANGES.md && npm test": "",
		"printf '%s\\n' stopgate\\ hook $HOME/.claude/plugins":                  "",

		"cat <<EOF | sh\nstopgate hook < e.json\nEOF":                      "answers the client",
		"cd src && sh <<EOF\nrm -rf ~/.local/state/stopgate\nEOF":          "journal",
		"cd src && cat x > ~/.claude/settings.json <<EOF\nstopgate\nEOF\n": "client's settings",

		"cd src && cat > a.md <<'EOF'\nRun stopgate hook, see ~/.claude/settings.json.\nEOF": "",

		"cat > docs/a.md <<'EOF'\nRun stopgate hook, see ~/.claude/settings.json.\nEOF\nnpm test && node docs/build.js": "",
		"npm run lint; cat >> README.md <<EOF\nstopgate close T1 ends a task\nEOF":                                      "",
		"sed -i 's/stopgate hook/stopgate check/' docs/a.md && npm test":                                                "",
		"npm test # stopgate hook answers the client":                                                                   "",
		"git commit -m 'Say what stopgate hook does'":                                                                   "",
		"git commit -qm \"$(cat <<'EOF'\nSay where ~/.claude/settings.json stands\nEOF\n)\"":                            "",
		"git commit -F - <<'EOF'\nSay what stopgate close does\nEOF":                                                    "",
		"gh pr create --title 'stopgate hook' --body 'It reads ~/.claude/settings.json.'":                               "",
		"npm test && grep -rn '~/.claude/settings.json' docs | head":                                                    "",
		"rg 'stopgate hook' docs && make":                                                                               "",
		"claude -p 'explain this'":                                                                                      "",
		"CLAUDE_CONFIG_DIR=/tmp/c claude --version":                                                                     "",
		"npm test":                  "",
		"cat .claude/settings.json": "", // the agent's own copy
		"cat ~/.claude/projects/-srv-repo/s1/tool-results/x.txt":   "", // where the client keeps long results
		"cat ~/.claude/CLAUDE.md":                                  "",
		"grep -rn 'stopgate hook' docs":                            "",
		"echo stopgate hook":                                       "",
		"cat > docs/x.md <<'EOF'\nRun stopgate hook by hand.\nEOF": "",
		"stopgate status && stopgate check report.json":            "",
		"git log --grep hook":                                      "",
		`git log --grep="stopgate hook"`:                           "",
		`echo "see ~/.claude/plugins" >> README.md`:                "",
		"printf '> ~/.claude/settings.json' > notes.md":            "",
		"pgrep -fl stopgate":                                       "",
		"pkill -f vite":                                            "",
		"claude plugin list":                                       "",
		"grep -n 'stopgate close' README.md":                       "",
		"ls /var/claude/-srv-repo/s1/tool-results":                 "",
		"ls /home/u/.local/state/stopgate-other":                   "",
		"node scripts/settings.json":                               "",
	} {
		findings := f.Tampering(command, "/srv/repo/trees/T1")
		switch {
		case want == "" && len(findings) > 0:
			t.Errorf("%s: %+v", command, findings)
		case want != "" && (len(findings) == 0 || !strings.Contains(findings[0].Message, want)):
			t.Errorf("%s: %+v, want %q", command, findings, want)
		}
	}
}

// A command that only reads what agents are checked with is not refused. One that could change it is, whatever program reads it before.
func TestReadingIsNoTampering(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the folders of this test are absolute on other systems only")
	}
	f := conduct.Folders{
		Journal: "/home/u/.local/state/stopgate", Plugin: "/home/u/.claude/plugins/cache/stopgate", Client: []string{"/home/u/.claude"},
		Project: "/srv/repo", Home: "/home/u",
	}
	for _, command := range []string{
		"cat ~/.claude/settings.json",
		"jq .hooks ~/.claude/settings.json > x.json",
		"ls -la ~/.claude/plugins && cat .claude/settings.json",
		"grep -n hooks ~/.claude/settings.json | head -3",
		"cp ~/.claude/settings.json x.json",
		"cp -t x ~/.claude/settings.json",
		"cat < ~/.claude/settings.json",
		"if [ -f ~/.claude/settings.json ]; then sudo cat ~/.claude/settings.json; fi",
		"[[ -f ~/.claude/settings.json ]] || exit 1",
		"sed -n -e p --expression=p ~/.claude/settings.json; sed s/a/b/ ~/.claude/settings.json",
		"awk '/x/{print}' /home/u/.claude/settings.json",
		"F=~/.claude/settings.json; cat \"$F\"; npm test",
		"for f in ~/.claude/settings.json x; do cat $f; done",
		`echo "$(cat ~/.claude/settings.json)" > x`,
		"cd ~/.claude && cat settings.json",
		"/usr/bin/cat ~/.claude/settings.json",
		"find ~/.claude/plugins -name '*.md' -exec grep -l x {} + | sort",
		"python3 -m json.tool ~/.claude/settings.json",
		"uniq ~/.claude/settings.json",
		"python3 ~/.claude/plugins/cache/other/skills/pdf/run.py x.pdf",
		"~/.claude/plugins/cache/other/skills/pdf/run.sh x.pdf",
		"tail -5 ~/.local/state/stopgate/repo.jsonl",
		"head -c 5 /home/u/.claude/projects/p/s1.jsonl",
	} {
		if findings := f.Tampering(command, "/srv/repo"); len(findings) > 0 {
			t.Errorf("%s: %+v", command, findings)
		}
	}
	for _, command := range []string{
		"cp settings.json ~/.claude/",
		"mv a/settings.json ~/.claude",
		"cp -l ~/.claude/settings.json x",
		"cp -as ~/.claude/settings.json x",
		"ln ~/.claude/settings.json x",
		"ls ~/.claude/settings.json | xargs rm",
		"find ~/.claude/settings.json | while read f; do rm $f; done",
		"rm $(ls ~/.claude/settings.json)",
		"f=$(realpath ~/.claude/settings.json); cp x $f",
		"cp x `ls ~/.claude/settings.json`",
		"for f in $(ls ~/.claude/settings.json); do echo x > $f; done",
		"ls ~/.claude/settings.json > list; xargs rm < list",
		"find ~/.claude/settings.json -delete",
		"find ~/.claude/plugins -name x -exec rm {} +",
		"find ~/.claude/plugins -name x -exec cp y {} ';'",
		"find ~/.claude/plugins -fprint x",
		"cat 1<> ~/.claude/settings.json",
		"tee /dev/stdin < ~/.claude/settings.json",
		"cat x >& ~/.claude/settings.json",
		"cat ~/.claude/settings.json; rm ~/.claude/settings.json",
		"sort -o ~/.claude/settings.json x",
		"sort x -o$HOME/.claude/settings.json",
		"sort --outp=/home/u/.claude/settings.json x",
		"sed -ni p ~/.claude/settings.json",
		"sed --in-pl p ~/.claude/settings.json",
		"sed -n 'w /home/u/.claude/settings.json' x",
		"awk '{print > ARGV[1]}' ~/.claude/settings.json",
		"awk -i inplace 1 ~/.claude/settings.json",
		"uniq x ~/.claude/settings.json",
		"python3 -m json.tool x ~/.claude/settings.json",
		"python3 x.py ~/.claude/settings.json",
		"F=~/.claude/settings.json python3 x.py",
		"F=~/.claude/settings.json; . ./x.sh",
		"cat() { rm \"$1\"; }; cat ~/.claude/settings.json",
		"alias cat=rm; cat ~/.claude/settings.json",
		"PATH=.:$PATH; cat ~/.claude/settings.json",
		"env PATH=. cat ~/.claude/settings.json",
		"./cat ~/.claude/settings.json",
		"rg --pre ./x y ~/.claude/settings.json",
		"python3 x.py ~/.claude/plugins/cache/other/x",
		"~/.claude/plugins/cache/stopgate/bin/x",
		"cat x > ~/.claude/plugins/cache/other/run.sh",
		"cat ~/.claude/settings.json > ~/.claude/settings.json )",
	} {
		if findings := f.Tampering(command, "/srv/repo"); len(findings) != 1 {
			t.Errorf("%s: %+v", command, findings)
		}
	}
}
