package transcript

import (
	"bytes"
	"html"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"stopgate/hook/lazyregexp"
)

// thread gathers one agent's conversation, record by record.
type thread struct {
	agent Agent
	o     Options

	key string // of this agent in a Scanner

	cwd       string         // of the last record that has one
	open      bool           // the last reply may still grow
	textBytes int            // of agent.Replies
	useBytes  int            // of agent.ToolUses
	useNumber map[string]int // tool use id -> how many tool uses came before it
	shared    int            // how many of agent.ToolUses snapshots share: those must not change
}

func newThread(o Options) *thread {
	o.MaxText = orDefault(o.MaxText, defaultMaxText)
	o.MaxToolUses = orDefault(o.MaxToolUses, defaultMaxToolUses)
	return &thread{o: o, useNumber: map[string]int{}}
}

// add takes the next record of this agent's conversation.
func (t *thread) add(r *record, line int) {
	t.identify(r)
	if cwd, ok := text(r.cwd); ok && cwd != t.cwd {
		t.cwd = cwd
	}
	turn := r.turn()
	if turn == noTurn && t.beginsSkill(r) {
		turn = promptTurn
	}
	switch turn {
	case noTurn:
		t.notice(r)
		return
	case promptTurn:
		t.begin(r, line)
	case replyTurn:
		if t.wentOn(r) {
			t.agent.Run.Feedbacks++
		}
		t.reply(r, line)
	case resultTurn:
		t.results(r)
	case feedbackTurn:
		t.open = false
		if t.agent.last != feedbackTurn { // one stop may have feedback from several hooks
			t.agent.Run.Feedbacks++
		}
	case interruptTurn:
		t.agent.interrupted = r.time()
	}
	t.agent.last = turn
}

func (t *thread) identify(r *record) {
	a := &t.agent
	for _, f := range []struct {
		to  *string
		raw []byte
	}{{&a.ID, r.agentID}, {&a.SessionID, r.sessionID}, {&a.CWD, r.cwd}} {
		if *f.to == "" && f.raw != nil {
			*f.to, _ = text(f.raw)
		}
	}
}

// Bounds on the messages of earlier runs that are kept, and on the bytes of each.
const (
	maxMessages = 32
	maxMessage  = 16 << 10
)

// begin starts a run at a prompt.
func (t *thread) begin(r *record, line int) {
	a := &t.agent
	var texts []string
	for _, b := range r.blocks {
		if s, ok := text(b.text); ok {
			texts = append(texts, s)
		}
	}
	prompt, fork := ownWords(strings.Join(texts, "\n"))
	prompt = keepHead(prompt, t.o.MaxText)
	if fork { // what came before is its parent's
		a.ToolUses, a.Replies, t.useBytes, t.shared = nil, nil, 0, 0
		clear(t.useNumber)
	}
	number := 0
	if a.Run.Line > 0 || len(a.ToolUses)+a.DroppedToolUses+len(a.Replies) > 0 {
		if number = a.Run.Number + 1; a.Run.Number > 0 {
			a.Messages = append(a.Messages[max(0, len(a.Messages)-maxMessages+1):], keepHead(a.Run.Prompt, maxMessage))
		}
	} else {
		a.Prompt = prompt
		a.PromptID, _ = text(r.promptID)
	}
	a.Run = Run{Number: number, Prompt: prompt, Line: line, Time: r.time()}
	a.Replies, t.textBytes = nil, 0
	t.open = false
}

// beginsSkill reports whether the record is the first that an agent is told, and the host's: it is the text of the skill that runs in the agent (2.1.330).
func (t *thread) beginsSkill(r *record) bool {
	a := &t.agent
	return r.kind == userKind && isTrue(r.isMeta) && len(r.blocks) > 0 && a.Run.Line == 0 && len(a.Replies)+len(a.ToolUses)+a.DroppedToolUses == 0
}

// reply adds one record of a reply. All records of a reply have one message id, but results of tool uses may be between them.
func (t *thread) reply(r *record, line int) {
	a := &t.agent
	id, _ := text(r.messageID)
	if !t.open || id == "" || a.LastReply().MessageID != id {
		a.Replies = append(a.Replies, Reply{MessageID: id, FirstLine: line})
	}
	t.open = true
	last := a.LastReply()
	last.StopReason, _ = text(r.stopReason)
	last.Time = r.time()
	last.LastLine = line
	last.APIError = isTrue(r.isAPIError)
	for _, b := range r.blocks {
		switch string(plain(b.typ)) {
		case "text", "":
			if s, ok := text(b.text); ok {
				last.Texts = append(last.Texts, s)
				t.textBytes += len(s)
			}
		case "tool_use":
			last.ToolUses++
			t.toolUse(b, last)
		}
	}
	t.boundReplies()
}

// maxTexts bounds the texts of one reply, and what it hands back, in number. A reply has a few.
const maxTexts = 1000

// boundReplies drops the oldest text of the run, whole replies first, until the rest fits.
func (t *thread) boundReplies() {
	a := &t.agent
	for t.textBytes > t.o.MaxText && len(a.Replies) > 1 {
		t.textBytes -= a.Replies[0].size()
		a.Replies = a.Replies[1:]
	}
	last := a.LastReply()
	for t.textBytes > t.o.MaxText || len(last.Texts) > maxTexts || len(last.Handbacks) > maxTexts {
		texts := &last.Handbacks
		if len(last.Texts) > maxTexts || len(last.Texts) > 0 && len(last.Handbacks) <= maxTexts {
			texts = &last.Texts
		}
		oldest := (*texts)[0]
		kept := ""
		if over := t.textBytes - t.o.MaxText; over < len(oldest) && len(*texts) <= maxTexts {
			kept = keepTail(oldest, len(oldest)-over)
			(*texts)[0] = kept
		} else {
			*texts = (*texts)[1:]
		}
		t.textBytes -= len(oldest) - len(kept)
		last.Cut += len(oldest) - len(kept)
	}
}

func (t *thread) toolUse(b block, reply *Reply) {
	a := &t.agent
	u := ToolUse{Run: a.Run.Number, Line: reply.LastLine, Time: reply.Time}
	u.CWD = t.cwd
	u.ID, _ = text(b.id)
	if _, known := t.useNumber[u.ID]; known {
		return // the host wrote this record twice
	}
	u.Name, _ = text(b.name)
	switch {
	case u.Edits(), u.Name == "Read":
		u.Path = inputText(b.input, "file_path", "notebook_path")
		if t.o.MaxOutput > 0 && len(b.input) <= maxContent {
			u.Content, u.Replaced = inputText(b.input, "content"), inputReplaced(b.input)
		}
	case u.Name == "Grep":
		u.Path = inputText(b.input, "path")
	case IsShell(u.Name), u.Name == "PowerShell":
		u.Command, u.Stays = inputText(b.input, "command"), inputTrue(b.input, "run_in_background")
	case u.Name == "SubagentHandback":
		message := inputText(b.input, "message")
		reply.Handbacks = append(reply.Handbacks, message)
		t.textBytes += len(message)
	case u.Name == structuredOutput && len(b.input) <= t.o.MaxText:
		reply.Handbacks = append(reply.Handbacks, string(b.input))
		t.textBytes += len(b.input)
	case u.Acts():
		u.Command = ServerCommand(b.input)
		u.Input, u.Names = inputTexts(b.input)
	}
	if u.ID != "" {
		t.useNumber[u.ID] = a.DroppedToolUses + len(a.ToolUses)
	}
	a.ToolUses = append(a.ToolUses, u)
	t.useBytes += u.size()
	for t.useBytes > t.o.MaxToolUses && len(a.ToolUses) > 1 {
		oldest := a.ToolUses[0]
		a.ToolUses = a.ToolUses[1:]
		a.DroppedToolUses++
		t.useBytes -= oldest.size()
		delete(t.useNumber, oldest.ID)
	}
}

// maxContent is the longest input of a tool that writes a file of which the texts are kept, in bytes.
const maxContent = 256 << 10

// inputReplaced returns the texts that an edit replaces, each with the new one. MultiEdit has a list of them.
func inputReplaced(input []byte) (list [][2]string) {
	add := func(input []byte) {
		values := inputValues(input, "old_string", "new_string")
		before, _ := text(values[0])
		if after, ok := text(values[1]); ok {
			list = append(list, [2]string{before, after})
		}
	}
	add(input)
	if edits := inputValues(input, "edits")[0]; len(edits) > 0 && edits[0] == '[' {
		c := cursor{b: edits}
		c.array(func() { add(c.value()) })
	}
	return list
}

// inputTrue reports whether the named value in a tool use's input is true.
func inputTrue(input []byte, name string) bool {
	return isTrue(inputValues(input, name)[0])
}

// inputText returns the first of the named strings in a tool use's input.
func inputText(input []byte, names ...string) string {
	for _, raw := range inputValues(input, names...) {
		if s, ok := text(raw); ok {
			return s
		}
	}
	return ""
}

// inputValues returns the raw values of those names in a tool use's input; nil for one that is not there. A damaged input has none.
func inputValues(input []byte, names ...string) [][]byte {
	found := make([][]byte, len(names))
	if len(input) == 0 || input[0] != '{' {
		return found
	}
	c := cursor{b: input}
	c.object(func(key []byte) bool {
		if i := slices.Index(names, string(key)); i >= 0 {
			return c.once(&found[i])
		}
		c.value()
		return true
	})
	if c.err != nil {
		clear(found)
	}
	return found
}

// results takes the results in a user record. The first result of a tool use counts.
func (t *thread) results(r *record) {
	a := &t.agent
	for _, b := range r.blocks {
		if string(plain(b.typ)) != "tool_result" {
			continue
		}
		id, _ := text(b.toolUseID)
		number, known := t.useNumber[id]
		if !known {
			if a.DroppedToolUses == 0 && id != "" {
				a.LostToolUses++
			}
			continue
		}
		use := t.use(number)
		again := use.Outcome != Unanswered
		if again && use.Outcome == outcome(b) {
			continue
		}
		u := t.own(number)
		if again {
			u.Disputed = true
			continue
		}
		u.Outcome, u.ResultTime = outcome(b), r.time()
		u.Stays = u.Stays && u.Outcome == Succeeded
		background := u.Command != "" && u.Outcome == Succeeded && bytes.Contains(b.content, []byte("background"))
		waited := u.Name == "TaskOutput" && u.Outcome == Succeeded
		if t.o.MaxOutput <= 0 && !background && !waited {
			continue
		}
		printed := resultText(b.content)
		if background {
			if at := wentToBackground().FindStringSubmatchIndex(printed); at != nil {
				u.Stays, u.task, printed = true, printed[at[2]:at[3]], printed[:at[0]]
			}
		}
		if t.o.MaxOutput > 0 {
			u.Output = ends(printed, t.o.MaxOutput)
			t.useBytes += len(u.Output)
		}
		if waited { // last, because it may move the tool uses
			t.waited(printed, u.ResultTime)
		}
	}
}

func (t *thread) use(number int) ToolUse { return t.agent.ToolUses[number-t.agent.DroppedToolUses] }

// own returns a tool use by its number, to change it: snapshots do not share it.
func (t *thread) own(number int) *ToolUse {
	i := number - t.agent.DroppedToolUses
	if i < t.shared {
		t.agent.ToolUses, t.shared = slices.Clone(t.agent.ToolUses), 0
	}
	return &t.agent.ToolUses[i]
}

// wentToBackground matches what the host writes into the result of a command that goes on, behind what that has printed: it was told to run in the
// background, ran longer than its timeout, or the person sent it there (2.1.330). The group is the task's id.
var wentToBackground = lazyregexp.New(`(?m)^Command (?:running in background with ID: |was manually backgrounded by user with ID: |(?:was|did not complete within its \d+s timeout and was) moved to the background \(ID: )(\w*)`)

// notice takes a notification of the host about a task (2.1.330): an attachment while the agent works, else a user record.
func (t *thread) notice(r *record) {
	prompt, _ := text(nested(r.attachment, "prompt"))
	for _, b := range r.blocks {
		prompt, _ = text(b.text)
	}
	if !strings.HasPrefix(prompt, "<task-notification>") {
		return
	}
	head, printed, printing := strings.Cut(prompt, "<event>")
	if printing {
		t.event(element(head, "task-id"), printed)
		return
	}
	head, _, _ = strings.Cut(head, "<summary>")
	t.ended(element(head, "tool-use-id"), element(head, "status"), r.time())
}

// element returns the text of the first element of a name; "" if there is none.
func element(text, name string) string {
	_, value, _ := strings.Cut(text, "<"+name+">")
	value, _, _ = strings.Cut(value, "</"+name+">")
	return value
}

// ended takes how a command in the background ended, whose tool result came before.
func (t *thread) ended(id, status string, at time.Time) {
	number, known := t.useNumber[id]
	if !known || status == "" || !t.use(number).Stays {
		return
	}
	u := t.own(number)
	u.Stays, u.ResultTime = false, at
	if status != "completed" {
		u.Outcome = Failed
	}
}

// waited takes how a command in the background ended from the result of TaskOutput (until 2.1.200; 2.1.290 no longer has that tool).
func (t *thread) waited(result string, at time.Time) {
	head, _, _ := strings.Cut(result, "<output>")
	task, status := element(head, "task_id"), element(head, "status")
	if task == "" || status == "running" || status == "pending" {
		return
	}
	for _, u := range slices.Backward(t.agent.ToolUses) {
		if u.task == task {
			t.ended(u.ID, status, at)
			return
		}
	}
}

// event adds what a command printed that the agent watches by Monitor. Its tool result comes at once, with the id of the task, and the host hands on what
// the command prints in notifications with that id.
func (t *thread) event(id, printed string) {
	if id == "" || t.o.MaxOutput <= 0 {
		return
	}
	for i, u := range slices.Backward(t.agent.ToolUses) {
		if u.Name == "Monitor" && strings.Contains(u.Output, "(task "+id) {
			printed, _, _ = strings.Cut(printed, "</event>")
			own := t.own(t.agent.DroppedToolUses + i)
			own.Output = ends(u.Output+"\n"+html.UnescapeString(printed), t.o.MaxOutput)
			t.useBytes += len(own.Output) - len(u.Output)
			return
		}
	}
}

// resultText returns the text of a tool_result: a string, or the text blocks of a list.
func resultText(content []byte) string {
	if s, ok := text(content); ok {
		return s
	}
	if len(content) == 0 || content[0] != '[' {
		return ""
	}
	var texts []string
	c := cursor{b: content}
	c.array(func() {
		if s, ok := text(nested(c.value(), "text")); ok {
			texts = append(texts, s)
		}
	})
	return strings.Join(texts, "\n")
}

// ends returns a text of at most n bytes, or its first quarter and its end, since tools write their summary last.
func ends(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return keepHead(s, n/4) + "\n" + keepTail(s, n-n/4)
}

// outcome reads a tool_result: is_error absent or false means that it worked.
func outcome(b block) Outcome {
	if isTrue(b.isError) {
		return Failed
	}
	return Succeeded
}

// stopped reports whether the agent has just ended its turn by itself: it handed in its result, or its last reply has text, and no tool use is in it or
// still to come. The host does not accept a reply without text and asks for another.
func (t *thread) stopped() bool {
	last := t.agent.LastReply()
	return t.agent.HandedIn() || t.agent.last == replyTurn && last != nil && (len(last.Texts) > 0 || last.Cut > 0) &&
		last.ToolUses == 0 && !last.APIError && last.StopReason != "tool_use"
}

// wentOn reports whether a new reply begins after the agent ended its turn, with no turn between that asked it to go on. Then
// the additional context of a stop hook did. It leaves an attachment in the transcript, and before 2.1.330 nothing.
func (t *thread) wentOn(r *record) bool {
	id, _ := text(r.messageID)
	return t.stopped() && t.endedTurn() && t.agent.LastReply().MessageID != id
}

// endedTurn reports whether the API ended the turn with the last reply. A reply that is still being written has no reason yet.
func (t *thread) endedTurn() bool {
	last := t.agent.LastReply()
	return last != nil && last.StopReason == "end_turn"
}

// snapshot returns the agent as of now. Later additions do not change it.
func (t *thread) snapshot() Agent {
	a := t.agent
	a.Replies = slices.Clip(a.Replies)
	a.ToolUses = slices.Clip(a.ToolUses)
	t.shared = len(a.ToolUses)
	t.open = false
	return a
}

// keepHead cuts a text to at most n bytes, between characters.
func keepHead(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.Clone(s[:n])
}

// keepTail cuts a text to at most its last n bytes, between characters.
func keepTail(s string, n int) string {
	if len(s) <= n {
		return s
	}
	from := len(s) - n
	for from < len(s) && !utf8.RuneStart(s[from]) {
		from++
	}
	return strings.Clone(s[from:])
}
