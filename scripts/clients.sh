#!/bin/sh
# Plays one session with each of several releases of the client. Writes to docs/clients.md how a false and an honest report were judged, and how far
# the gates came. Needs npm. CLIENTS names other releases than those of the table.

cd "$(dirname "$0")/.." || exit 1
clients=${CLIENTS:-2.1.332 2.1.330 2.1.240 2.1.200 2.1.144 2.1.143 2.1.138}
folder=$PWD/.cache/clients
seen=$folder/seen
mkdir -p "$folder" && rm -f "$seen" || exit 1
for version in $clients; do
	if [ ! -e "$folder/$version/complete" ]; then
		echo "npm install: $version"
		npm install --prefix "$folder/$version" --no-audit --no-fund --loglevel error "@anthropic-ai/claude-code@$version" &&
			: >"$folder/$version/complete" || exit 1
	fi
done
STOPGATE_CLIENTS=$folder STOPGATE_CLIENTS_SEEN=$seen go test -tags clients -count=1 -run '^TestClients$' -timeout 30m ./cmd/stopgate/hosttest || exit 1
{
	cat <<'END'
# Clients

`make clients` plays the same session with each release. A coding agent reports a file that it has not changed, is sent back, makes the change,
and reports again. Then the gates run, and the person approves the merge. stopgate works with a release if the first report is rejected, the
second one is verified, and the orchestrator reads every step from there to the merge. The sessions in `make test` all use 2.1.330.

2.1.144 is the first release that works. Earlier releases do not record which call launched an agent (`toolUseId`). So stopgate does not find
the launch to compare the agent's work with: a false report is still sent back, and an honest one is `unknown`. Up to 2.1.138 the client also
passes no arguments to a hook. With a release older than 2.1.144 you are warned when a session starts.

| Claude Code | the two reports | the gates | the start of the session |
| --- | --- | --- | --- |
END
	sort -rV "$seen" | awk -F '\t' '{ printf "| %s | %s | %s | %s |\n", $1, $2, $3, $4 }'
} >docs/clients.md
cat docs/clients.md
