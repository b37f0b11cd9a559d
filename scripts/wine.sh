#!/bin/sh
# Runs the Windows build under Wine: check, hook, replay and other commands in a repository, and the tests that depend on paths. It takes
# minutes and a machine without other work (a hook's time limits hold here, too), so .ci/run leaves it out. Needs Wine (Debian: wine64), git and
# Go. WINE names another Wine. Instead of git for Windows, the git of this machine runs (scripts/wine/git).

cd "$(dirname "$0")/.." || exit 1
root=$PWD
for candidate in wine64 wine /usr/lib/wine/wine64; do
	[ -n "${WINE-}" ] || WINE=$(command -v "$candidate")
done
[ -n "$WINE" ] || { echo "Wine was not found. Debian has it as wine64: apt-get install wine64" >&2; exit 1; }
scratch=$(mktemp -d) && scratch=$(CDPATH='' cd -- "$scratch" && pwd -P) || exit 1
export WINEPREFIX="$scratch/prefix" WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml=' DISPLAY=
finish() {
	for server in wineserver /usr/lib/wine/wineserver64 /usr/lib/wine/wineserver; do
		command -v "$server" >/dev/null && "$server" -k && break
	done
	rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

echo "building for Windows"
failed=0 slow=
# want WHAT PATTERN TEXT: reports whether the text matches the pattern.
want() {
	if printf '%s\n' "$3" | grep -q -e "$2"; then
		echo "ok      $1"
	else
		printf 'FAILED  %s: no %s in\n%s\n' "$1" "$2" "$3"
		failed=$((failed + 1))
		case $3 in *'not done in time'*) slow=yes ;; esac
	fi
}

# windows PATH: the path as Windows has it, in a JSON string.
windows() { printf 'Z:%s' "$1" | sed 's|/|\\\\\\\\|g'; }

# The programs for Wine are built with two changes to Go's library. First, Go deletes files by a call that Wine 8 lacks, and Wine's error differs
# from that of Windows, so Go does not fall back to its call for old releases of Windows. Here it always uses that call. Second, Wine 8 reports
# that it made a symbolic link and makes none. Here the call fails as on Windows for a user without the right to make links.
overlay=$scratch/overlay.json library=$(go env GOROOT)/src
# change FILE COMMAND PATTERN: changes a file of the library by a sed command. Afterwards it must match the pattern.
change() {
	sed "$2" "$library/$1" >"$scratch/$(basename "$1")"
	grep -q "$3" "$scratch/$(basename "$1")" || { echo "this release of Go differs: $library/$1" >&2; exit 1; }
}
deletes=internal/syscall/windows/at_windows.go links=os/file_windows.go
change "$deletes" 's/^var TestDeleteatFallback bool$/var TestDeleteatFallback = true/' '^var TestDeleteatFallback = true$'
change "$links" 's/^func Symlink(oldname, newname string) error {$/&\nreturn \&LinkError{"symlink", oldname, newname, syscall.ERROR_PRIVILEGE_NOT_HELD}/' '^return &LinkError{"symlink"'
printf '{"Replace": {"%s": "%s", "%s": "%s"}}\n' "$library/$deletes" "$scratch/at_windows.go" "$library/$links" "$scratch/file_windows.go" >"$overlay"
# windows_go COMMAND ARGUMENT…: go build or go test for Wine.
windows_go() {
	command=$1
	shift
	GOOS=windows GOARCH=amd64 CGO_ENABLED=0 go "$command" -trimpath -overlay "$overlay" "$@"
}

windows_go build -o "$scratch/bin/git.exe" ./scripts/wine/git || exit 1
export WINEPATH="Z:$scratch/bin"

stopgate() { "$WINE" "$scratch/stopgate.exe" "$@" 2>&1 | tr -d '\r'; }

windows_go build -o "$scratch/stopgate.exe" ./cmd/stopgate || exit 1
"$WINE" wineboot -i >/dev/null 2>&1 # makes the prefix
# On drive Z, where the git of this machine finds the folders of tests too.
mkdir "$scratch/temp"
for name in TMP TEMP; do
	"$WINE" reg add 'HKCU\Environment' /v "$name" /d "Z:$scratch/temp" /f >/dev/null 2>&1
done
system=$WINEPREFIX/drive_c/windows/system32
[ -e "$system/bcryptprimitives.dll" ] || go run ./scripts/wine "$system" || exit 1
want version 'windows/amd64' "$(stopgate version)"
want 'git of this machine' 'git version' "$("$WINE" "$scratch/bin/git.exe" --version 2>&1)"

# A repository with a linked worktree. Its paths are relative, so that they are the same for both systems.
shop=$scratch/shop tree=$scratch/shop/trees/T-1-retries session=$scratch/sessions/s1
mkdir -p "$shop/src" "$session/subagents"
(
	cd "$shop" || exit 1
	export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
	printf '/trees/\n' >.gitignore && printf 'one\n' >src/one.txt && printf 'two\n' >src/two.txt
	git init -q -b main && git config core.filemode false && git add . &&
		git -c user.name=a -c user.email=a@example.com commit -qm Begin && git worktree add -q -b T-1 trees/T-1-retries || exit 1
	echo 'gitdir: ../../.git/worktrees/T-1-retries' >trees/T-1-retries/.git && echo ../../../trees/T-1-retries/.git >.git/worktrees/T-1-retries/gitdir
) || exit 1
cd "$shop" || exit 1
false_report='{"task_id": "T-1", "worktree_path": "./trees/T-1-retries", "work_completed": "Changed", "files_modified": ["src/one.txt", "src/two.txt"], "unfinished": []}'
true_report='{"task_id": "T-1", "worktree_path": ".\\trees\\T-1-retries", "work_completed": "Changed", "files_modified": ["src\\one.txt"], "unfinished": []}'

# event NAME FIELDS: prints the hook's answer.
event() {
	printf '{"hook_event_name": "%s", "session_id": "s1", "cwd": "%s", "transcript_path": "%s.jsonl"%s}' "$1" "$(windows "$shop")" "$(windows "$session")" "$2" |
		CLAUDE_PROJECT_DIR="Z:$shop" CLAUDE_PLUGIN_ROOT="Z:$root" stopgate hook
}
quoted() { printf '%s' "$1" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g'; }
line=0
# says ROLE TEXT: adds a line to the agent's transcript.
says() {
	line=$((line + 1))
	printf '{"type": "%s", "agentId": "a1", "sessionId": "s1", "uuid": "u%s", "isSidechain": true, "cwd": "%s", "timestamp": "%s", "message": {"role": "%s", "id": "m%s", "stop_reason": "end_turn", "content": [{"type": "text", "text": "%s"}]}}\n' \
		"$1" "$line" "$(windows "$shop")" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1" "$line" "$(quoted "$2")" >>"$session/subagents/agent-a1.jsonl"
}
prompt='TASK: T-1, DESCRIPTION: Change the first of two files to see what happens, WORKTREE_PATH: .\trees\T-1-retries'
agent=', "agent_id": "a1", "agent_type": "stopgate:integration-engineer"'
call=', "tool_name": "Agent", "tool_use_id": "toolu_1", "tool_input": {"subagent_type": "stopgate:integration-engineer", "description": "x", "prompt": "'$(quoted "$prompt")'"}'
stop() { event SubagentStop "$agent, \"agent_transcript_path\": \"$(windows "$session")\\\\subagents\\\\agent-a1.jsonl\", \"stop_hook_active\": $2, \"last_assistant_message\": \"$(quoted "$1")\""; }

want 'a launch' '^$' "$(event PreToolUse "$call")"
printf '{"agentType": "stopgate:integration-engineer", "toolUseId": "toolu_1"}' >"$session/subagents/agent-a1.meta.json"
says user "$prompt"
event SubagentStart "$agent" >/dev/null
printf 'changed\n' >"$tree/src/one.txt"
says assistant "$false_report"
want 'a false report' '"decision":"block".*claim-unchanged.*two.txt' "$(stop "$false_report" false)"
says user 'Stop hook feedback: correct it'
says assistant "$true_report"
want 'an honest report' '^$' "$(stop "$true_report" true)"
want 'the next step' 'Verdict: verified' "$(event PostToolUse "$call, \"tool_response\": {\"status\": \"completed\", \"agentId\": \"a1\", \"agentType\": \"stopgate:integration-engineer\"}")"
want status '^T-1  *gate-1' "$(stopgate status)"
want log 'verified, 1 file' "$(stopgate log)"
want replay 'verified  *1/1' "$(stopgate replay "Z:$scratch/sessions")"
# A replay runs no git, and on Windows only git knows who owns a repository.
want 'replay, judged again' 'unknown  *0/2' "$(stopgate replay --judge-again "Z:$scratch/sessions")"
printf '%s' "$true_report" >"$scratch/report.json"
want check '^verified' "$(stopgate check "Z:$scratch/report.json")"
printf '%s' "$false_report" >"$scratch/report.json"
want 'check of a false report' '^rejected' "$(stopgate check "Z:$scratch/report.json")"
mkdir -p "$tree/coverage/lcov-report" && printf '<!doctype html>\n<title>Code coverage report for All files</title>\n<link rel="stylesheet" href="prettify.css" />\n' >"$tree/coverage/lcov-report/index.html"
want clean 'remove "coverage"' "$(stopgate clean --worktree 'trees\T-1-retries')"
want restore 'restored 1 file' "$(stopgate restore "$(stopgate restore | cut -d ' ' -f 1)")"
want 'the status line' '^stopgate: T-1 gate-1' "$(printf '{"cwd": "%s"}' "$(windows "$shop")" | stopgate statusline)"
want doctor 'plugin  *stopgate' "$(CLAUDE_PLUGIN_ROOT="Z:$root" stopgate doctor --quick)"

# The tests of packages that read, write or compare paths. WINE_PACKAGES names others. The git of this machine takes a backslash as part
# of a name, so its answers on random names do not count for Windows.
names='AgreesWithGit|AgreeWithGit|TestIgnoreSources'
echo "not run: $names: they compare with git, and the git here is not that of Windows"
cd "$root" || exit 1
for package in ${WINE_PACKAGES-hook/artifact hook/conduct hook/config hook/journal hook/launch hook/quote hook/report hook/scope hook/site hook/transcript hook/worktree/gitdir hook/worktree/ignore hook/worktree/index hook/worktree/disk}; do
	[ -n "$(find "$package" -maxdepth 1 -name '*_test.go')" ] || continue
	if ! windows_go test -c -o "$scratch/package.exe" "./$package"; then
		failed=$((failed + 1))
		continue
	fi
	want "$package" '^PASS' "$(cd "$package" && "$WINE" "$scratch/package.exe" -test.short -test.timeout 15m -test.skip "$names" 2>&1 | tr -d '\r' | tail -n 40)"
done
[ -z "$slow" ] || echo "a command of git took longer than a hook may: the machine has other work" >&2
[ "$failed" -eq 0 ] || { echo "$failed failed" >&2; exit 1; }
