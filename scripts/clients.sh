#!/bin/sh
# Plays one session with each of several releases of the client, and writes to docs/clients.md what became of a false and of an honest report, and
# how far the gates came.
# Needs npm. CLIENTS names other releases than those of the table.

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

`make clients` plays the same session with each release: a coding agent reports a file that it has not changed, is sent back, makes the change,
and reports again. Then the gates run, and the person says yes to the merge. The gate works with a release if the first report is rejected, the
second one is verified, and the orchestrator reads every step from there to the merge. The tests in `make test` play all their sessions with 2.1.330.

2.1.144 is the first release that works. Before it, an agent's notes do not have the call that launched it (`toolUseId`), so no launch can be found
that its work is compared with: a false report is still sent back, and an honest one is `unknown`. Up to 2.1.138 the client also passes no
arguments to a hook. With an older release than 2.1.144 the start of a session warns you.

| Claude Code | the two reports | the gates | the start of the session |
| --- | --- | --- | --- |
END
	sort -rV "$seen" | awk -F '\t' '{ printf "| %s | %s | %s | %s |\n", $1, $2, $3, $4 }'
} >docs/clients.md
cat docs/clients.md
