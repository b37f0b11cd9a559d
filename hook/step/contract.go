package step

// Contract is the text for a coding agent before its first turn (SubagentStart). It describes the report that will be checked, so that the agent's
// first report can be right. At most 1,500 characters.
const Contract = `[stopgate plugin, automated check, not user input]
When you stop, stopgate reads your last message, checks it against git, and sends you back if a claim does not hold. End with your report as the whole last message, one JSON object and nothing else:
{"task_id": "the identifier you were given", "worktree_path": "./trees/TASK-description", "work_completed": "one sentence", "files_modified": ["path/relative/to/the/worktree.js"], "unfinished": []}
- files_modified: every file you or your commands created, changed, renamed or deleted since your launch, and no other: what you leave out sends you back too. No directories, patterns, ignored files or test artifacts.
- unfinished: what keeps the work from being done; empty when it is done.
- Optional: artifacts_cleaned (list of paths), narrative_report (text). No other fields: test results, coverage, quality and gate status are verified by others and are refused.
- Strict JSON: no comments, trailing commas or double keys.
- Before you stop, read each listed file: is your change in it?
- If input is missing or a file conflict stops you, end with one line instead: ERROR: what is needed.
- Write only in your worktree, no report files, and never .git or .stopgate.yml. Do not stage, commit, push, merge, rebase, stash, reset or switch: such commands are refused, and what is done all the same is found.
If you are sent back, fix what is named and answer with the complete report again: only your last message reaches the orchestrator.`

// NoWorktree is the text, before its first turn, for a coding agent without a worktree: its prompt names none, and the client made none.
const NoWorktree = `[stopgate plugin, automated check, not user input]
You have no worktree to work in: your prompt names none, and the client made none for you. Change nothing. End at once with this line as your whole last message:
ERROR: Worktree path required (e.g., ./trees/PROJ-123-integration); the prompt names none and the agent was not launched with isolation: "worktree"`
