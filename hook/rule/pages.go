package rule

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Page is what people read about a rule.
type Page struct {
	Rule Name
	// Does is what a finding of the rule leads to, in a word: "back", "stop", "note" or "refused".
	Does string
	// Line completes the sentence "what does not hold", What says the same at length, and Why says why it matters.
	Line, What, Why string
	// Example is a case, Fix what to do about it.
	Example, Fix string
	// Configure is what .stopgate.yml can change, beside the mode and who codes; "" for nothing.
	Configure string
}

// The words of Page.Does.
const (
	doesBack    = "back"
	doesStop    = "stop"
	doesNote    = "note"
	doesRefused = "refused"
)

// does explains the words of Page.Does.
var does = map[string]string{
	doesBack:    "back: the agent is sent back to mend it",
	doesStop:    "stop: nothing goes on before the orchestrator or the person has looked",
	doesNote:    "note: worth knowing; it decides nothing",
	doesRefused: "refused: it does not happen",
}

const (
	configureAttempts = "caps.attempts says how often an agent is sent back."
	configureTrees    = "worktree_root says where worktrees stand."
)

// Pages are the rules, in the order in which work meets them.
func Pages() []Page {
	return []Page{
		{
			LaunchTask, doesRefused, "the prompt of a launch does not say what is to be done",
			"A coding agent is launched with a task identifier and a description, or with a description in detail: more than ten characters that say something.",
			"An agent that has to guess its task does another one, and nothing it reports can be held against what was wanted.",
			"TASK: PROJ-123, and nothing else", "Say in the prompt what is to be done: TASK: PROJ-123, DESCRIPTION: Retry failed payment webhooks", "",
		},
		{
			LaunchWorktree, doesRefused, "the prompt of a launch names no worktree that the agent can have for itself",
			"The prompt names a linked worktree of this repository below ./trees/ that exists, and in which no other coding agent is at work, unless the prompt assigns files to this one.",
			"Work in a worktree of its own can be proven, reviewed and thrown away by itself. Two agents in one place undo each other's work.",
			"WORKTREE_PATH: ./trees/PROJ-123-retries, which nobody has created", "git worktree add trees/PROJ-123-retries -b PROJ-123, then launch again; or assign files: FILES: src/a.js, src/b.js", configureTrees,
		},
		{
			LaunchRequirements, doesRefused, "all that the prompt of a launch says of the work is the name of a file that is not there",
			"Requirements stand in the prompt, or in a file that it names and that exists in the project or in the worktree.",
			"An agent that cannot read its requirements invents them.",
			"TASK: PROJ-123, DESCRIPTION: see @plan.md, and there is no plan.md", "Correct the file's name, or write the requirements into the prompt.", "",
		},
		{
			ReportMissing, doesBack, "there is no report",
			"A coding agent ends with one JSON object: task_id, worktree_path, work_completed, files_modified, unfinished.",
			"Only the last message reaches the orchestrator. Without a report nothing in it can be checked.",
			"\"Done. All tests pass.\"", "End with the report as the whole last message; or with a line ERROR: what is needed.", configureAttempts,
		},
		{
			ReportMalformed, doesBack, "the report is not strict JSON",
			"No comments, no trailing commas, no key twice, nothing cut off. The finding has line and column.",
			"What is repaired by guessing is no longer what the agent said.",
			"{\"task_id\": \"PROJ-123\",}", "Write the object again as strict JSON.", configureAttempts,
		},
		{
			ReportSchema, doesBack, "the report is not of the contract's form",
			"A required field is missing, or a value is of another type than stopgate schema report says.",
			"The orchestrator and the gates read these fields.",
			"\"files_modified\": \"src/a.js\", which is no list", "Correct what the finding names.", configureAttempts,
		},
		{
			ReportForbiddenField, doesBack, "the report carries what others verify: tests, coverage, quality, gate status, metadata",
			"Fields beside the contract's are refused by name.",
			"A coding agent's word on its own tests is no result. The test-runner, the reviewer and the security auditor give theirs.",
			"\"tests_passed\": 42", "Take the field out.", configureAttempts,
		},
		{
			ReportReplaced, doesNote, "a later message took the report's place; the step carries it",
			"The report stands in an earlier message of the run, and the last one says something else.",
			"The host hands over the last message alone. The report is read all the same, and the step carries it.",
			"A report, and then \"That is all.\"", "Nothing needs to be done; end with the report.", "",
		},
		{
			TaskMismatch, doesBack, "the report is about another task than the launch named",
			"task_id is not the identifier that the prompt gave. \"#456\", \"456\" and \"issue #456\" are the same.",
			"Gates and the person would look at the wrong thing.",
			"task_id PROJ-124 of an agent that was given PROJ-123", "Report under the identifier that was given.", configureAttempts,
		},
		{
			WorktreeInvalid, doesBack, "worktree_path is not the worktree that the work was to be done in",
			"It does not exist, is no worktree, belongs to another repository, is the main worktree, stands outside ./trees/, or is another one than the launch named.",
			"Claims are checked in that worktree and in no other.",
			"\"worktree_path\": \".\"", "Name the worktree that was given.", configureTrees,
		},
		{
			ClaimInvalid, doesBack, "an entry of files_modified is not the path of one file",
			"Directories, patterns and absolute paths are no entries; paths are relative to the worktree.",
			"What cannot be looked up cannot be proven.",
			"\"src/\" or \"src/*.js\"", "List each file.", configureAttempts,
		},
		{
			ClaimOutside, doesBack, "a listed file lies outside the worktree",
			"The path leads out by .. or a symbolic link, or into .git.",
			"What is not in the worktree is in no commit of it.",
			"\"../../src/a.js\"", "List files inside the worktree.", configureAttempts,
		},
		{
			ClaimMissing, doesBack, "a listed file is not there, and was not",
			"It is neither on disk nor in what the claims are compared with.",
			"A file that was announced and not written is the commonest false claim.",
			"\"tests/retries.test.js\", which was never written", "Write the file, correct its path, or take it off the list.", configureAttempts,
		},
		{
			ClaimUnchanged, doesBack, "a listed file did not change",
			"Git's own rules say that its content, mode and type are what they were at the launch.",
			"A change that was planned, or made and put back, is no change.",
			"\"src/a.js\", in which an edit had failed", "Make the change, or take the file off the list.", configureAttempts,
		},
		{
			ClaimNotYours, doesBack, "a listed file was changed before the agent was launched, and the agent has not touched it",
			"It differs from HEAD as it did at the launch.",
			"Somebody else's work under this agent's name is reviewed as what it is not.",
			"A file that a person had edited before the launch", "Take it off the list.", configureAttempts,
		},
		{
			NoBaseline, doesNote, "no snapshot was taken at the launch, so that the claims were compared with HEAD",
			"The prompt named no worktree that could be found, or taking the snapshot failed.",
			"What was there before the launch then counts as the agent's.",
			"An agent that was launched before the plugin was loaded", "Name the worktree in the prompt: WORKTREE_PATH: ./trees/…", "",
		},
		{
			ClaimIgnored, doesBack, "a listed file is one that git ignores",
			"An ignore rule speaks of it, and git does not track it.",
			"No commit will ever hold it.",
			"\".env\"", "Take it off the list, or put the work where git tracks it.", configureAttempts,
		},
		{
			ClaimIsArtifact, doesBack, "a listed file is what a test or lint run leaves behind",
			"It has the name of an artifact and is new; git ignores it, or its content is what that tool writes; and the agent did not write it with its own tools. Without a transcript it is a note.",
			"It is cleaned up, not committed.",
			"\"coverage/lcov.info\"", "Take it off the list. If it is your work, move it to a path of another name.", "artifacts.add and artifacts.protect say what is one.",
		},
		{
			ChangeUndeclared, doesBack, "a file has changed and is not listed",
			"The agent edited it, or it has changed since the launch while no other agent was at work there. With others at work, or compared with HEAD alone, it is a note.",
			"A change that no report lists is reviewed by nobody.",
			"A lock file that npm install rewrote; coverage.out of a test run", "Part of the work? List it. Left by a build or test? Delete it. Otherwise take the change back.", configureAttempts,
		},
		{
			RepositoryNested, doesBack, "a repository of its own stands in the worktree",
			"A folder with a .git of its own was not there at the launch, and git shows it. With others at work, or compared with HEAD alone, it is a note unless the report lists it.",
			"Git shows the folder and nothing in it. No commit of the worktree will hold its files, and they are lost with the worktree.",
			"frontend/.git, which a project generator made", "rm -rf frontend/.git, and list each file of it that belongs to the work; or delete the folder.", configureAttempts,
		},
		{
			ReportFileWritten, doesBack, "a new file is a report on the work and no work",
			"Its name says so, the agent wrote it, and the task does not ask for it.",
			"Reports on disk are committed, go stale and are read by nobody who decides. What is to be said stands in the JSON.",
			"INTEGRATION_REPORT.md, api-validation.json", "Put it into narrative_report and delete the file.", configureAttempts,
		},
		{
			ArtifactLeft, doesNote, "the report says that artifacts were removed, and they were still there",
			"artifacts_cleaned names them, and the stop found them.",
			"A tool may have written them again; stopgate removes them.",
			"coverage/ in artifacts_cleaned", "Nothing needs to be done.", "artifacts.protect keeps what is to stay.",
		},
		{
			WriteOutside, doesBack, "the agent wrote outside its worktree",
			"A write by its tools is refused before it happens, except in the system's temporary folder and the client's own. What came about by another road in a worktree of this repository is found at the stop.",
			"Work in the main worktree or in another agent's mixes with what is there.",
			"Write of /project/src/a.js by the agent of ./trees/PROJ-123-retries", "Write to the copy of the file in the worktree; take a change back that was made elsewhere.", configureTrees,
		},
		{
			GitStaged, doesBack, "something was staged",
			"git add and its like are refused before they run. What was put into the index by another road since the launch is found at the stop.",
			"The branch-manager stages what has passed the gates. What stands in the index already goes along unseen.",
			"git add -A", "Take it out with git restore --staged PATH, which leaves the file as it is.", "",
		},
		{
			GitHistory, doesStop, "HEAD, a branch, a tag, the stash or another worktree was moved, or uncommitted changes were thrown away",
			"git commit, merge, rebase, reset, stash, tag, branch, switch, checkout and their like are refused before they run. What moved by another road is found at the stop, with the reflog and what the agent was running then. Nothing is laid to the agent that may be another's: that is a note.",
			"Commits are made when the gates have passed and the person has agreed. An agent that commits takes that decision.",
			"make release, which runs git tag", "Only a person can decide. The finding has a command that would take it back; nobody has run it.", "",
		},
		{
			GitPushed, doesStop, "a repository on a server was changed",
			"git push and its like are refused before they run. A push by another road moves a remote-tracking branch, and the reflog says that it was a push.",
			"What is pushed is public before anybody has looked at it.",
			"npm run deploy, which runs git push", "Only a person can decide. The finding has a command that would take it back; nobody has run it.", "",
		},
		{
			GitTampered, doesStop, "git's configuration, its hooks or its own files were changed",
			"Refused before: git config, git remote set-url, writes into .git. Found at the stop: the repository's configuration, hooks, info/exclude, flags that hide files from git.",
			"They decide what git runs, where it pushes, and what it shows to everybody who looks at the work.",
			"git config core.hooksPath /tmp/hooks", "Only a person can decide. Take the change back if nobody wanted it.", "",
		},
		{
			GateTampered, doesStop, "the gate's own configuration or program was changed",
			"A write into .stopgate.yml, the plugin's folder, the journal or the client's settings is refused. A change of .stopgate.yml in the worktree is found at the stop.",
			"No agent writes the rules that it is held to. The configuration counts only as the main worktree's commit has it.",
			"mode: observe, written by a coding agent", "Take the change back, or make it yourself and commit it.", "",
		},
		{
			TestScope, doesNote, "the agent ran the whole test suite although it was told to test its own change",
			"Its prompt says so, and a command of it names no test.",
			"It costs time, in every agent at once. The test-runner runs the whole suite.",
			"npm test", "npm test -- path/to/your.test.js", "",
		},
		{
			NothingChanged, doesBack, "the work is said to be done, and no file is listed",
			"files_modified and unfinished are both empty.",
			"Either something was changed, or something is left.",
			"\"files_modified\": [], \"unfinished\": []", "List what was changed, or say in unfinished why nothing was.", configureAttempts,
		},
		{
			FileConflict, doesStop, "two agents changed the same file at the same time",
			"Both claim or edited it, and their runs overlap in one worktree.",
			"Nobody can tell whose work stands there now, so that neither is told to undo anything.",
			"Two agents in ./trees/PROJ-123-retries, both in src/a.js", "Settle whose change is to stand, then put the work in sequence or assign it anew.", "",
		},
		{
			Unverifiable, doesStop, "it could not be checked",
			"Git's files cannot be read, there is no repository, time ran out, or no stop was seen. As a note it speaks of a part.",
			"What is not known is never a pass.",
			"A SHA-256 repository on a machine without git", "Remove the cause that the finding names, and let the agent stop again.", "",
		},
	}
}

// PageOf is the page of a rule.
func PageOf(rule string) (Page, bool) {
	pages := Pages()
	i := slices.IndexFunc(pages, func(p Page) bool { return string(p.Rule) == rule })
	if i < 0 {
		return Page{}, false
	}
	return pages[i], true
}

// WriteText writes the page.
func (p Page) WriteText(w io.Writer) error {
	configure := "agents.coding in .stopgate.yml says who is held to it; with mode: observe nobody is."
	if p.Configure != "" {
		configure += " " + p.Configure
	}
	_, err := fmt.Fprintf(w, "%s: %s\n\n%s\n\nwhat       %s\nwhy        %s\nexample    %s\nto mend    %s\nconfigure  %s\n",
		p.Rule, p.Line, does[p.Does], p.What, p.Why, p.Example, p.Fix, configure)
	return err
}

// Table is the table of rules in docs/rules.md.
func Table() string {
	var b strings.Builder
	b.WriteString("| rule | | what does not hold |\n| --- | --- | --- |\n")
	for _, p := range Pages() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", p.Rule, p.Does, p.Line)
	}
	return b.String()
}
