package hook

// contract is what a coding agent is told before its first turn (SubagentStart): the form of the report that it will be held
// to, so that the first stop can already be right. At most MaxContract characters.
const contract = `[stopgate plugin, automated check, not user input]
When you stop, stopgate reads your last message, checks it against git, and sends you back if a claim does not hold. End with your report as the whole last message, one JSON object and nothing else:
{"task_id": "the identifier you were given", "worktree_path": "./trees/TASK-description", "work_completed": "one sentence", "files_modified": ["path/relative/to/the/worktree.js"], "unfinished": []}
- files_modified: every file you created, changed, renamed or deleted, and no other; each must differ in git. No directories, patterns or ignored files.
- unfinished: what keeps the work from being done; empty when it is done.
- Optional: artifacts_cleaned (list of paths), narrative_report (text). No other fields: test results, coverage, quality and gate status are verified by others and are refused.
- Strict JSON: no comments, no trailing commas, no key twice.
- Before you stop, read each listed file and see that your change is in it.
- If required input is missing or a file conflict stops you, end with one line instead: ERROR: what is needed.
- Write only in your worktree; do not commit, stage, push, merge or rebase, and write no report files.
If you are sent back, mend what is named and answer with the complete report again: only your last message reaches the orchestrator.`
