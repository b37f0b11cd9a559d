#!/bin/sh
# Shows the gate at work in a scratch repository, which is removed at the end. It sends the program the events that the host would send, and
# prints the answers. STOPGATE_BINARY names another program than the one built here.

cd "$(dirname "$0")/.." || exit 1
. ./scripts/binary.sh
if [ -z "${STOPGATE_BINARY-}" ]; then
	sh scripts/build.sh || exit 1
fi
stopgate=${STOPGATE_BINARY:-$PWD/$binary}

scratch=$(mktemp -d) && scratch=$(cd "$scratch" && pwd -P) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

# Use nothing of this machine: no git configuration, no repository around this folder, no journal.
for name in $(env | sed -n 's/^\(GIT_[A-Z_]*\)=.*/\1/p'); do unset "$name"; done
export HOME="$scratch" XDG_CONFIG_HOME="$scratch/config" GIT_CONFIG_NOSYSTEM=1
export STOPGATE_STATE_DIR="$scratch/state" CLAUDE_PROJECT_DIR="$scratch/shop"

die() {
	printf 'demo: %s\n' "$*" >&2
	exit 1
}

if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then
	bold=$(printf '\033[1m') plain=$(printf '\033[0m')
else
	bold='' plain=''
fi
heading() { printf '\n%s%s%s\n\n' "$bold" "$*" "$plain"; }
indented() { sed 's/^/    /'; }

# quoted: stdin as a JSON string.
quoted() {
	printf '"'
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' | awk 'NR > 1 { printf "\\n" } { printf "%s", $0 }'
	printf '"'
}

# unquoted NAME: the string that is the value of NAME in the JSON object on stdin.
unquoted() {
	awk -v key="\"$1\":\"" '
		{
			at = index($0, key)
			if (!at) next
			for (i = at + length(key); (c = substr($0, i, 1)) != "\""; i++) {
				if (c == "\\") {
					c = substr($0, ++i, 1)
					if (c == "n") c = "\n"
					if (c == "t") c = "\t"
				}
				printf "%s", c
			}
			print ""
		}'
}

# event NAME FIELDS: sends the program an event of the host. The answer goes to the file answer.
event() {
	printf '{"hook_event_name": "%s", "session_id": "demo", "cwd": %s, %s}' \
		"$1" "$(printf '%s' "$CLAUDE_PROJECT_DIR" | quoted)" "$2" >"$scratch/event"
	"$stopgate" hook <"$scratch/event" >"$scratch/answer" || die "stopgate hook: exit status $?"
}

# The agent's transcript, and beside it the host's notes on its launch.
transcript=$scratch/session/subagents/agent-1.jsonl
mkdir -p "${transcript%/*}"
printf '{"agentType": "stopgate:integration-engineer", "toolUseId": "toolu_1"}' >"${transcript%.jsonl}.meta.json"

# says ROLE TEXT: a line of the transcript. TEXT is a JSON string.
replies=0
says() {
	replies=$((replies + 1))
	printf '{"type": "%s", "agentId": "agent-1", "sessionId": "demo", "cwd": %s, "timestamp": "%s", "message": {"role": "%s", "id": "msg_%d", "stop_reason": "end_turn", "content": [{"type": "text", "text": %s}]}}\n' \
		"$1" "$(printf '%s' "$CLAUDE_PROJECT_DIR" | quoted)" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1" "$replies" "$2" >>"$transcript"
}

# stop: the agent ends with the message in the file message.
stop() {
	says assistant "$(quoted <"$scratch/message")"
	event SubagentStop "\"agent_id\": \"agent-1\", \"agent_type\": \"stopgate:integration-engineer\",
		\"agent_transcript_path\": $(printf '%s' "$transcript" | quoted), \"stop_hook_active\": $1,
		\"last_assistant_message\": $(quoted <"$scratch/message")"
}

# answered WHAT: fails unless the answer contains WHAT.
answered() {
	grep -q "$1" "$scratch/answer" || die "the answer holds no $1: $(cat "$scratch/answer")"
}

heading '1. A repository, and a worktree for the agent'
if ! { git init -q "$CLAUDE_PROJECT_DIR" && cd "$CLAUDE_PROJECT_DIR"; }; then
	die "git init failed"
fi
git config user.name demo && git config user.email demo@example.org
mkdir src
echo 'export const retries = 0' >src/client.js
echo 'export const path = "/hook"' >src/webhook.js
echo '/trees/' >.gitignore
if ! { git add . && git commit -q -m 'Begin' && git worktree add -q trees/SHOP-7-retries -b SHOP-7; }; then
	die "git failed"
fi
git worktree list | sed "s|$CLAUDE_PROJECT_DIR|shop|" | indented

heading '2. An agent changes one file and claims two; its test run leaves a coverage folder'
prompt='"TASK: SHOP-7, DESCRIPTION: Retry payments three times\nWORKTREE_PATH: ./trees/SHOP-7-retries"'
event PreToolUse "\"tool_name\": \"Agent\", \"tool_use_id\": \"toolu_1\",
	\"tool_input\": {\"subagent_type\": \"stopgate:integration-engineer\", \"prompt\": $prompt}"
event SubagentStart '"agent_id": "agent-1", "agent_type": "stopgate:integration-engineer"'
says user "$prompt"
echo 'export const retries = 3' >trees/SHOP-7-retries/src/client.js
mkdir trees/SHOP-7-retries/coverage && printf '%s\n' '<!doctype html>' '<title>Code coverage report for All files</title>' '<link rel="stylesheet" href="prettify.css" />' >trees/SHOP-7-retries/coverage/index.html
cat >"$scratch/message" <<'REPORT'
{
  "task_id": "SHOP-7",
  "worktree_path": "./trees/SHOP-7-retries",
  "work_completed": "Payments are retried three times",
  "files_modified": ["src/client.js", "src/webhook.js"],
  "unfinished": []
}
REPORT
indented <"$scratch/message"
stop false
answered '"decision":"block"'
heading 'The report is rejected. The agent has to go on, and reads:'
unquoted reason <"$scratch/answer" | indented
says user '"Stop hook feedback:\nfix it"'

heading '3. The agent corrects its report'
sed 's/, "src\/webhook.js"//' "$scratch/message" >"$scratch/corrected" && mv "$scratch/corrected" "$scratch/message"
grep files_modified "$scratch/message" | indented
stop true
[ ! -s "$scratch/answer" ] || die "the honest report was rejected: $(cat "$scratch/answer")"
heading 'Silence: the agent may stop. Its claims hold:'
"$stopgate" check "$scratch/message" | indented

heading '4. The host hands the result to the orchestrator, together with the next step:'
event PostToolUse '"tool_name": "Agent", "tool_response":
	{"status": "completed", "agentId": "agent-1", "agentType": "stopgate:integration-engineer"}'
answered '"additionalContext"'
answered '1 removed (.*coverage'
[ ! -e trees/SHOP-7-retries/coverage ] || die "what the test run left is still there"
unquoted additionalContext <"$scratch/answer" | indented

heading '5. The step is delivered once. The same event again:'
"$stopgate" hook <"$scratch/event" >"$scratch/answer"
[ ! -s "$scratch/answer" ] || die "the step was delivered twice"
echo '    (silence)'

heading '6. The orchestrator launches the branch-manager anyway. The launch is refused:'
event PreToolUse '"tool_name": "Agent", "tool_use_id": "toolu_2", "tool_input":
	{"subagent_type": "branch-manager", "prompt": "Merge ./trees/SHOP-7-retries."}'
answered '"permissionDecision":"deny"'
unquoted permissionDecisionReason <"$scratch/answer" | indented

heading '7. The state of the task: stopgate status'
"$stopgate" status >"$scratch/answer" || die "stopgate status: exit status $?"
answered 'launch test-runner'
indented <"$scratch/answer"
