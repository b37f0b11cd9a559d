#!/bin/sh
# Checks a report in a GitHub workflow (action.yml). Reads ACTION_PATH, PROGRAM, REPORT, BASE, TARGET, WORKTREE, RUNNER_TEMP, GITHUB_OUTPUT,
# GITHUB_STEP_SUMMARY and GITHUB_WORKSPACE. Prints annotations, and exits as `stopgate check` does.
set -eu

fail() {
	printf '::error title=stopgate::%s\n' "$(printf '%s' "$1" | sed 's/%/%25/g')"
	exit 3
}

stopgate=$PROGRAM
if [ -z "$stopgate" ]; then
	stopgate=$RUNNER_TEMP/stopgate
	(cd "$ACTION_PATH" && CGO_ENABLED=0 go build -trimpath -o "$stopgate" ./cmd/stopgate)
fi
# shellcheck disable=SC2153 # REPORT comes from the workflow
case $REPORT in
/*) report=$REPORT ;;
*) report=$GITHUB_WORKSPACE/$REPORT ;;
esac

cd "$WORKTREE" || fail "the folder to check does not exist"
if [ -z "$BASE" ]; then
	[ -n "$TARGET" ] || fail "there is no base to compare with. Give the input 'base', or run on pull_request"
	shallow=$(git rev-parse --is-shallow-repository) || fail "git does not work in the folder to check. Its reason is in the log"
	if [ "$shallow" = true ]; then
		fail "the clone is shallow, so it is unknown where the branch left its target. Check out with fetch-depth: 0"
	fi
	git rev-parse --quiet --verify "origin/$TARGET^{commit}" >/dev/null || fail "the clone has no origin/$TARGET. Check out with fetch-depth: 0, or give the input 'base'"
	BASE=$(git merge-base "origin/$TARGET" HEAD) || fail "the branch and origin/$TARGET have no commit in common"
fi

sarif=$RUNNER_TEMP/stopgate.sarif
status=0
"$stopgate" check --worktree . --base "$BASE" --format text "$report" >"$RUNNER_TEMP/stopgate.txt" 2>"$RUNNER_TEMP/stopgate.err" || status=$?
cat "$RUNNER_TEMP/stopgate.err" >&2
[ "$status" -le 1 ] || fail "the report could not be checked: $(sed -n '$s/; stopgate help .*//;$p' "$RUNNER_TEMP/stopgate.err")"
"$stopgate" check --worktree . --base "$BASE" --format sarif "$report" >"$sarif" || :
"$stopgate" check --worktree . --base "$BASE" --format github "$report" || :

# The text quotes the report. No line of it is a workflow command, because each begins with a verdict, with a space, or with "next:".
cat "$RUNNER_TEMP/stopgate.txt"
{
	printf '```text\n'
	# shellcheck disable=SC2016 # these are no expansions
	sed 's/```/` ` `/g' "$RUNNER_TEMP/stopgate.txt"
	printf '```\n'
} >>"$GITHUB_STEP_SUMMARY"
{
	printf 'verdict=%s\n' "$(sed -n '1s/ .*//p;1q' "$RUNNER_TEMP/stopgate.txt")"
	printf 'sarif=%s\n' "$sarif"
} >>"$GITHUB_OUTPUT"
exit "$status"
