// Package transcript reads the transcripts of the host, Claude Code: JSON Lines in a format that the host calls internal and
// changes without notice. No other package knows the format. This one reports facts and judges nothing. The facts about the format
// come from recordings of 2.1.330, 2.1.240 and 2.1.200.
package transcript

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"

	"stopgate/hook/lazyregexp"
)

// Agent is one agent's conversation up to a moment: the end of the file, or an attempt to stop.
type Agent struct {
	ID        string // the host's agent id; "" in a session's own conversation
	SessionID string // of the session that launched it
	CWD       string // the session's working directory at the launch; paths in tool uses are absolute

	Prompt   string    // the launch prompt: its first user record
	PromptID string    // of the person's prompt in whose turn it was launched; "" if the client records none
	Run      Run       // the current run
	Messages []string  // the prompts that began the runs between the launch and the current run, in order; the newest ones, cut
	Replies  []Reply   // of the current run, in order; the oldest are missing beyond Options.MaxText
	ToolUses []ToolUse // of all runs, in order

	// Earlier are the sessions for which the client wrote the first parts of the transcript, oldest first (MovedFrom).
	Earlier []string

	DroppedToolUses int      // older tool uses that Options.MaxToolUses left out
	Helpers         []string // ids of the agents whose work is included (WithHelpers)
	LostHelpers     int      // agents that it launched, or that these launched, whose transcripts cannot be read
	// LostToolUses counts results of tool uses that are not in the transcript. The host writes a tool use before its result.
	LostToolUses int

	Lines   int     // read so far, in the whole stream
	Skipped Skipped // so far, in the whole stream

	last        turn
	interrupted time.Time // the last time
}

// Run is one stretch of work, from a prompt to the next. A message to a finished agent resumes it in the same file.
type Run struct {
	Number    int       // from 0
	Prompt    string    // the message that began this run; the host may add words of its own around it
	Line      int       // of the prompt, from 1; 0 if the transcript holds no prompt
	Time      time.Time // of the prompt
	Feedbacks int       // how often a stop hook sent the agent back in this run
}

// Reply is the agent's answer to one request: all records with one message id.
type Reply struct {
	MessageID  string
	Texts      []string  // text blocks in order
	Handbacks  []string  // messages of SubagentHandback tool uses and results of StructuredOutput in order
	Time       time.Time // of the last record
	FirstLine  int
	LastLine   int
	StopReason string // from the API; "tool_use" without a tool use means that one is still to come
	ToolUses   int    // how many tool uses it holds
	APIError   bool   // the host wrote it because the request failed; the agent said nothing
	Cut        int    // bytes of text that Options.MaxText left out
}

// size returns how many bytes of text a reply holds.
func (r *Reply) size() int {
	n := 0
	for _, s := range r.Texts {
		n += len(s)
	}
	for _, s := range r.Handbacks {
		n += len(s)
	}
	return n
}

// ToolUse is one use of a tool and its outcome.
type ToolUse struct {
	ID      string
	Name    string
	Path    string // the path given to Write, Edit, MultiEdit, NotebookEdit, Read or Grep, as the agent wrote it
	Command string // the command given to Bash, Monitor or another shell
	Input   string // the strings given to any other tool that may act, a line for each
	// Names are those of them that may be files, folders or commands: the strings of one line, and the files of a patch.
	Names   []string
	Stays   bool   // the shell command goes on in the background, and neither a notification nor TaskOutput says that it has ended
	task    string // the client's id of what goes on in the background
	Helper  string // the agent that used it, if that is one that the agent launched (Agent.WithHelpers); "" for the agent itself
	Outcome Outcome
	// Disputed means that there is a second result with another outcome. The first one counts. The client writes one.
	Disputed bool
	Run      int    // number of the run
	CWD      string // the session's folder at the tool use; "" if the record has none
	Output   string // the text of the result, beyond Options.MaxOutput only its beginning and its end; "" without that option
	// Content is what Write puts into the file, and Replaced are the texts that an edit replaces, each with the new one. They are empty without
	// Options.MaxOutput, and if they are longer than 256 KiB.
	Content  string
	Replaced [][2]string

	Line       int
	Time       time.Time
	ResultTime time.Time // zero if unanswered
}

// Edits reports whether the tool changes a file that it names.
func (u ToolUse) Edits() bool {
	switch u.Name {
	case "Write", "Edit", "MultiEdit", "NotebookEdit":
		return true
	}
	return false
}

// size estimates the memory that a tool use takes.
func (u *ToolUse) size() int {
	size := 256 + len(u.ID) + len(u.Name) + len(u.Path) + len(u.Command) + len(u.Output) + len(u.Input) + len(u.Content)
	for _, r := range u.Replaced {
		size += len(r[0]) + len(r[1])
	}
	return size
}

// Outcome is how a tool use ended.
type Outcome uint8

// The outcomes.
const (
	Unanswered Outcome = iota // no result: interrupted, or still running
	Succeeded
	Failed // is_error: it went wrong, was denied or was rejected
)

// ErrNotTranscript means that a stream is not empty and holds no record of a transcript.
var ErrNotTranscript = errors.New("not a transcript")

// ReadAgent reads the transcript of one agent (agent_transcript_path) to its end. The host appends to the file and may be a tenth of a second
// behind its own events: see Reached. An empty file gives an empty Agent. After a read error, or when ctx ends, the Agent has what was read before.
// What the client wrote for an earlier session comes first (MovedFrom).
func ReadAgent(ctx context.Context, path string, o Options) (*Agent, error) {
	var size int64
	var readers []io.Reader
	var earlier []string
	for _, part := range append(EarlierParts(path), path) {
		f, err := openRegular(part)
		if err != nil {
			return nil, fmt.Errorf("open agent transcript: %w", err)
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil {
			size += info.Size()
		}
		if part != path {
			earlier = append(earlier, SessionID(part))
		}
		readers = append(readers, f, strings.NewReader("\n")) // the last line of a part may have no end
	}
	if size > MaxSize {
		return nil, fmt.Errorf("read agent transcript %q: it has %d bytes, and a transcript has at most %d", path, size, int64(MaxSize))
	}
	a, err := readAgent(ctx, io.MultiReader(readers[:len(readers)-1]...), o)
	if a.Earlier = earlier; err != nil {
		return a, fmt.Errorf("read agent transcript %q: %w", path, err)
	}
	return a, nil
}

// MaxSize is the size of the largest transcript that is read, in bytes. To read more takes longer than the host waits.
const MaxSize = 1 << 30

func readAgent(ctx context.Context, r io.Reader, o Options) (*Agent, error) {
	records := newRecordReader(ctx, r, o)
	t := newThread(o)
	for records.next() {
		t.add(&records.record, records.line())
	}
	a := t.snapshot()
	a.Lines, a.Skipped = records.line(), records.skipped
	return &a, records.err
}

// openRegular opens a regular file. Opening a pipe would wait for its writer.
func openRegular(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%q is not a regular file (%s)", path, info.Mode().Type())
	}
	return os.Open(path)
}

// maxBeforePrompt bounds how many records ReadPrompt reads: the prompt is an agent's first user record.
const maxBeforePrompt = 64

// ReadPrompt returns an agent's launch prompt from the head of its transcript; "" if it is not there, or not yet.
func ReadPrompt(ctx context.Context, path string) string { return readBeginning(ctx, path).Prompt }

// readBeginning returns what the head of an agent's transcript shows of its launch; the zero Agent if it has no prompt, or not yet.
func readBeginning(ctx context.Context, path string) Agent {
	f, err := openRegular(append(EarlierParts(path), path)[0])
	if err != nil {
		return Agent{}
	}
	defer f.Close()
	records := newRecordReader(ctx, f, Options{})
	t := newThread(Options{})
	for n := 0; n < maxBeforePrompt && records.next(); n++ {
		t.add(&records.record, records.line())
		if t.agent.Prompt != "" {
			return t.agent
		}
	}
	return Agent{}
}

// LastReply returns the last reply of the current run, nil if there is none.
func (a *Agent) LastReply() *Reply {
	if len(a.Replies) == 0 {
		return nil
	}
	return &a.Replies[len(a.Replies)-1]
}

// BrokeOff reports whether the last of the agent's work is that someone interrupted it or that its request failed, and when; zero if no time is
// recorded. The host sends no event for such an end (2.1.330). A message can resume the agent.
func (a *Agent) BrokeOff() (at time.Time, ok bool) {
	switch last := a.LastReply(); {
	case a.Interrupted():
		return a.interrupted, true
	case a.last == replyTurn && last != nil && last.APIError:
		return last.Time, true
	}
	return time.Time{}, false
}

// Interrupted reports whether the last of the agent's work is that someone interrupted it.
func (a *Agent) Interrupted() bool { return a.last == interruptTurn }

// LastMessage returns the last text block of the last reply, "" if there is none. The host calls it last_assistant_message.
func (a *Agent) LastMessage() string {
	last := a.LastReply()
	if last == nil || len(last.Texts) == 0 {
		return ""
	}
	return last.Texts[len(last.Texts)-1]
}

// Reached reports whether the transcript holds the stop of an event already. It takes the event's last_assistant_message and
// stop_hook_active, and the message id of the reply that was judged at this agent's previous stop, "" if that is unknown.
// False means that the file lags behind: the host (2.1.330) writes it by a timer, 20 to 200 ms after the event. An event without
// a message matches any reply that uses no tool, and a result that was handed in. An agent may also have stopped without a reply in the file, so wait
// only for a bounded time.
func (a *Agent) Reached(lastMessage string, stopHookActive bool, judged string) bool {
	last := a.LastReply()
	if last == nil || a.last != replyTurn && !a.HandedIn() {
		return false
	}
	if judged != "" && last.MessageID == judged {
		return false
	}
	if judged == "" && stopHookActive && a.Run.Feedbacks == 0 {
		return false
	}
	want, have := strings.TrimSpace(lastMessage), strings.TrimSpace(a.LastMessage())
	if want == "" && !a.HandedIn() && last.ToolUses > 0 { // the result of that use, or what came after it, is still to come
		return false
	}
	return strings.HasSuffix(have, want) || last.Cut > 0 && have != "" && strings.HasSuffix(want, have)
}

// structuredOutput is the tool with which an agent hands in its result, if who launched it gave a schema for that: the script of a workflow.
const structuredOutput = "StructuredOutput"

// HandedIn reports whether the last that the transcript has of the agent is that it handed in its result with that tool.
func (a *Agent) HandedIn() bool {
	n := len(a.ToolUses)
	return a.last == resultTurn && n > 0 && a.ToolUses[n-1].Name == structuredOutput && a.ToolUses[n-1].Outcome == Succeeded
}

// OnlyReads reports whether a tool of the host changes no file and runs no command, whatever its input, or whether the name of a tool of an MCP
// server says that it only reads. An unknown tool may do both. Names are those of 2.1.332 and of older clients.
func OnlyReads(tool string) bool {
	switch tool {
	case "Read", "Glob", "Grep", "LS", "NotebookRead", "TodoWrite", "ToolSearch", "WebFetch", "WebSearch", "LSP", "ListAgents", // look
		"SubagentHandback", structuredOutput, "ReportFindings", "SendUserMessage", "SendUserFile", "PushNotification", // tell
		"TaskCreate", "TaskGet", "TaskList", "TaskUpdate", "TaskOutput", "TaskStop", "AgentOutputTool", "BashOutput", "KillShell", "KillBash",
		"Agent", "Task", "SendMessage", "AskUserQuestion", "Skill", "EnterPlanMode", "ExitPlanMode", // others act, and are seen themselves
		"ScheduleWakeup", "CronCreate", "CronDelete", "CronList", "ListMcpResourcesTool", "ReadMcpResourceTool":
		return true
	}
	return strings.HasPrefix(tool, "mcp__") && readsByName(tool[strings.LastIndex(tool, "__")+len("__"):])
}

// acting are parts of the names of tools that also do something else than reading, such as search_and_replace.
var acting = []string{"replace", "write", "edit", "create", "update", "delete", "remove", "rename", "move", "run", "exec", "apply", "insert", "commit", "merge", "save", "set_", "push"}

// readsByName reports whether the name of a tool begins with a verb of reading, and has no other verb.
func readsByName(tool string) bool {
	if lower := strings.ToLower(tool); slices.ContainsFunc(acting, func(verb string) bool { return strings.Contains(lower, verb) }) {
		return false
	}
	verb := tool
	if end := strings.IndexFunc(tool, func(r rune) bool { return r == '_' || r == '-' }); end >= 0 {
		verb = tool[:end]
	}
	if end := strings.IndexFunc(verb[min(1, len(verb)):], unicode.IsUpper); end >= 0 { // getDiagnostics
		verb = verb[:end+1]
	}
	return slices.Contains([]string{"read", "get", "list", "search", "find", "grep", "stat", "view", "show", "describe", "directory", "open", "lookup", "query", "fetch"}, strings.ToLower(verb))
}

// IsShell reports whether the text that the tool is given is a command of a shell in the syntax of sh.
func IsShell(tool string) bool { return tool == "Bash" || tool == "Monitor" }

// Launches reports whether the tool use launched an agent, which has a transcript of its own. Without a result it may have.
func (u ToolUse) Launches() bool {
	return (u.Name == "Agent" || u.Name == "Task") && u.Outcome != Failed
}

// Acts reports whether the tool use may have run a command or changed a file that it does not name as Edits do.
func (u ToolUse) Acts() bool { return !u.Edits() && !OnlyReads(u.Name) }

// TimeStep is to what the client cuts the times in its transcripts (2.1.139 to 2.1.332): what happened then may be later by less than that.
const TimeStep = time.Millisecond

// MayHaveMade reports whether what changed on disk between two times can be the work of one tool use of the current run: it ran all that time. late
// is how far the time of a file may be behind the clock.
func (a *Agent) MayHaveMade(from, to time.Time, late time.Duration) bool {
	return slices.ContainsFunc(a.ToolUses, func(u ToolUse) bool {
		ended := u.Outcome != Unanswered && !u.Stays && u.Name != "Monitor" // the result of the others comes before they end
		return u.Run == a.Run.Number && u.Acts() && !u.Time.IsZero() && !from.Before(u.Time.Add(-late)) && !(ended && !to.Before(u.ResultTime.Add(TimeStep)))
	})
}

// ServerCommand returns the command in the input of an MCP server's tool that runs one, as it stands in a shell; "" if it has none. Servers name it in
// different ways, and give it as one text or as a list of words, some in an object in the input. A list of commands has a line for each.
func ServerCommand(input []byte) string { return serverCommand(input, maxNested) }

// maxNested is how deep the objects in the input of a server's tool are searched for its command.
const maxNested = 3

func serverCommand(input []byte, depth int) (command string) {
	if command = commandIn(input); command != "" || depth == 0 || len(input) == 0 || input[0] != '{' {
		return command
	}
	c := cursor{b: input}
	c.object(func([]byte) bool {
		command = serverCommand(c.value(), depth-1)
		return command == ""
	})
	return command
}

// commandIn returns the command in the fields of an object.
func commandIn(input []byte) string {
	names := []string{"command", "cmd", "command_line", "commandLine", "cmdline", "shell_command", "bash_command", "script", "argv", "commands", "args"}
	values := inputValues(input, names...)
	arguments := len(names) - 1
	for i, raw := range values[:arguments] {
		words := wordsIn(raw)
		switch {
		case len(words) == 0:
		case names[i] == "commands":
			return strings.Join(words, "\n")
		case len(words) == 1:
			return strings.Join(append(words, shellWords(wordsIn(values[arguments]))...), " ")
		default:
			return strings.Join(shellWords(words), " ")
		}
	}
	return ""
}

// maxWords is how many words of a command are read from a list.
const maxWords = 1000

// wordsIn returns the strings of a raw list, or the one string.
func wordsIn(raw []byte) (words []string) {
	if word, _ := text(raw); word != "" {
		return []string{word}
	}
	if len(raw) > 0 && raw[0] == '[' {
		c := cursor{b: raw}
		c.array(func() {
			if word, _ := text(c.value()); len(words) < maxWords {
				words = append(words, word)
			}
		})
	}
	return words
}

// oneWord matches what every shell takes as one word without quotation marks.
var oneWord = lazyregexp.New(`^[\w@%+=:,./-]+$`)

// shellWords quotes words for a shell.
func shellWords(words []string) []string {
	for i, word := range words {
		if !oneWord().MatchString(word) {
			words[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return words
}

// maxInput limits how much of an unknown tool's input is kept, in bytes.
const maxInput = 16 << 10

// maxNames limits how many names in it are kept, and maxName how long they are, in bytes.
const (
	maxNames = 64
	maxName  = 4096
)

// inputTexts returns the strings in the input of an unknown tool, at any depth, one per line, and those that may name something. Keys that are
// paths count, too.
func inputTexts(input []byte) (texts string, names []string) {
	var b strings.Builder
	add := func(s string) {
		if b.Len()+len(s) >= maxInput {
			return
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		s = fileName(s)
		b.WriteString(s)
		for _, name := range namesIn(s) {
			if len(names) < maxNames && len(name) <= maxName {
				names = append(names, name)
			}
		}
	}
	var walk func(c *cursor, depth int)
	walk = func(c *cursor, depth int) {
		switch first := c.peek(); {
		case first == '"':
			if s, ok := text(c.value()); ok {
				add(s)
			}
		case first == '{' && depth > 0:
			c.object(func(key []byte) bool {
				if bytes.ContainsRune(key, '/') {
					add(string(key))
				}
				walk(c, depth-1)
				return c.err == nil
			})
		case first == '[' && depth > 0:
			c.array(func() { walk(c, depth-1) })
		default:
			c.value()
		}
	}
	c := cursor{b: input}
	if len(input) > 0 {
		walk(&c, 8)
	}
	return b.String(), names
}

// fileName returns the path of a file: URL; any other text is returned as it is.
func fileName(s string) string {
	rest, ok := strings.CutPrefix(s, "file://")
	if name, err := url.PathUnescape(rest); ok && err == nil && strings.HasPrefix(name, "/") {
		return name
	}
	return s
}

// namesIn returns a text of one line, or the files that a patch names.
func namesIn(s string) []string {
	if !strings.ContainsRune(s, '\n') {
		return []string{s}
	}
	var names []string
	for line := range strings.Lines(s) {
		for _, header := range []string{"+++ b/", "+++ ", "--- a/", "*** Update File: ", "*** Add File: ", "*** Delete File: ", "*** Move to: "} {
			if name, ok := strings.CutPrefix(strings.TrimSpace(line), header); ok && len(names) < maxNames {
				names = append(names, name)
				break
			}
		}
	}
	return names
}
