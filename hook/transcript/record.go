package transcript

import (
	"bytes"
	"strings"
	"time"
)

// kind is the top-level `type` of a line.
type kind uint8

const (
	otherKind kind = iota // no type at all
	userKind
	assistantKind
	noticeKind  // a notification about a task of the agent
	knownKind   // another type of the host's, without news of the agent's work
	unknownKind // a type that this program does not know
)

func kindOf(typ []byte) kind {
	switch string(typ) {
	case "user":
		return userKind
	case "assistant":
		return assistantKind
	case "":
		return otherKind
	case "agent-name", "ai-title", "api-request", "api-request-blob", "api-request-shape", "atis-latch", "attachment", "bridge-session",
		"cost-state", "custom-title", "file-history-delta", "file-history-snapshot", "last-prompt", "mode", "permission-mode", "pr-link",
		"progress", "queue-operation", "summary", "system", "tag", "tools-used", "worktree-state":
		return knownKind
	}
	return unknownKind
}

// record is one line, split but not decoded: raw JSON values that point into the line. nil means that the line has no such key.
type record struct {
	kind kind

	typ, agentID, sessionID, cwd, timestamp []byte
	isSidechain, isMeta                     []byte
	isCompactSummary, isAPIError            []byte
	origin, toolUseResult, attachment       []byte
	promptID                                []byte

	messageID, role, stopReason []byte
	hasMessage, hasContent      bool
	blocks                      []block
}

// maxBlocks bounds the content blocks of one record. The host writes one block to a record, and a user's record has a few.
const maxBlocks = 10_000

// block is one content block of a message. A message whose content is a plain string has one block without a type.
type block struct {
	typ, text          []byte
	id, name, input    []byte // tool_use
	toolUseID, isError []byte // tool_result
	content            []byte // tool_result: a string, or a list of blocks
}

// parse splits a line. A line whose type is not user or assistant is read only up to that type.
func (r *record) parse(line []byte) error {
	*r = record{blocks: r.blocks[:0]}
	c := cursor{b: line}
	c.object(func(key []byte) bool {
		switch string(key) {
		case "type":
			if !c.once(&r.typ) {
				return false
			}
			if r.kind = kindOf(plain(r.typ)); r.kind == knownKind && bytes.Contains(r.attachment, []byte("<task-notification>")) {
				r.kind = noticeKind
			}
			return r.kind.matters()
		case "message":
			if r.hasMessage {
				c.fail(errDuplicate)
				return false
			}
			r.hasMessage = true
			if c.peek() != '{' {
				c.value()
				return true
			}
			r.parseMessage(&c)
		case "agentId":
			c.once(&r.agentID)
		case "sessionId":
			c.once(&r.sessionID)
		case "cwd":
			c.once(&r.cwd)
		case "timestamp":
			c.once(&r.timestamp)
		case "isSidechain":
			c.once(&r.isSidechain)
		case "isMeta":
			c.once(&r.isMeta)
		case "isCompactSummary":
			c.once(&r.isCompactSummary)
		case "isApiErrorMessage":
			c.once(&r.isAPIError)
		case "origin":
			c.once(&r.origin)
		case "toolUseResult":
			c.once(&r.toolUseResult)
		case "promptId":
			c.once(&r.promptID)
		case "attachment":
			c.once(&r.attachment)
		default:
			c.value()
		}
		return true
	})
	if c.err == nil && r.kind.matters() {
		c.end()
	}
	return c.err
}

// time returns the record's timestamp, the zero Time if it has none.
func (r *record) time() time.Time {
	at, _ := time.Parse(time.RFC3339, string(plain(r.timestamp)))
	return at
}

// matters reports whether records of this kind show what an agent did.
func (k kind) matters() bool { return k == userKind || k == assistantKind || k == noticeKind }

// nested returns the raw value of a key in a raw object, nil if there is none.
func nested(object []byte, name string) []byte {
	if len(object) == 0 || object[0] != '{' {
		return nil
	}
	var found []byte
	c := cursor{b: object}
	c.object(func(key []byte) bool {
		if string(key) == name {
			found = c.value()
			return false
		}
		c.value()
		return true
	})
	return found
}

func (r *record) parseMessage(c *cursor) {
	c.object(func(key []byte) bool {
		switch string(key) {
		case "id":
			c.once(&r.messageID)
		case "role":
			c.once(&r.role)
		case "stop_reason":
			c.once(&r.stopReason)
		case "content":
			if r.hasContent {
				c.fail(errDuplicate)
				return false
			}
			r.hasContent = true
			switch c.peek() {
			case '"':
				r.blocks = append(r.blocks, block{text: c.value()})
			case '[':
				c.array(func() { r.parseBlock(c) })
			default:
				c.value()
			}
		default:
			c.value()
		}
		return true
	})
}

func (r *record) parseBlock(c *cursor) {
	if c.peek() != '{' {
		c.value()
		return
	}
	var b block
	c.object(func(key []byte) bool {
		switch string(key) {
		case "type":
			c.once(&b.typ)
		case "text":
			c.once(&b.text)
		case "id":
			c.once(&b.id)
		case "name":
			c.once(&b.name)
		case "input":
			c.once(&b.input)
		case "tool_use_id":
			c.once(&b.toolUseID)
		case "is_error":
			c.once(&b.isError)
		case "content":
			c.once(&b.content)
		default:
			c.value()
		}
		return true
	})
	if len(r.blocks) == maxBlocks {
		c.fail(errTooMany)
		return
	}
	r.blocks = append(r.blocks, b)
}

// unneeded returns the kind of a line by its beginning if lines of that kind are never read, else otherKind.
// The beginning may end anywhere. If the kind is not in it, the line is needed.
func unneeded(begun []byte) kind {
	var r record
	_ = r.parse(begun)
	if r.kind == knownKind || r.kind == unknownKind {
		return r.kind
	}
	return otherKind
}

// turn is the meaning of a user or assistant line in an agent's conversation.
type turn uint8

const (
	noTurn        turn = iota // a note of the host, or a summary after compaction
	replyTurn                 // the agent speaks or uses a tool
	resultTurn                // results of tool uses
	promptTurn                // the agent is given work: a run begins
	feedbackTurn              // a stop hook sent the agent back to work
	interruptTurn             // a person or the orchestrator stopped the agent
)

// turn reads the host's marks (2.1.200 to 2.1.330):
//
//   - A message that resumes an agent is a user line with isMeta and an origin of kind "coordinator". A message to an agent at
//     work is an attachment and no turn.
//   - A stop hook's decision to block is a user line with isMeta that begins "Stop hook feedback:", also on SubagentStop. Its
//     additional context sends the agent back too, but is no turn: see thread.wentOn.
//   - An interruption is a user line without isMeta.
//   - The work of a fork stands beside the result of the tool use that launched it, the last that it has of its parent's conversation.
func (r *record) turn() turn {
	if r.kind == assistantKind {
		return replyTurn
	}
	if r.kind != userKind || isTrue(r.isCompactSummary) || len(r.blocks) == 0 {
		return noTurn
	}
	begins := r.beginning()
	for _, b := range r.blocks {
		if string(plain(b.typ)) == "tool_result" && !strings.HasPrefix(begins, forkFrame) {
			return resultTurn
		}
	}
	switch {
	case strings.HasPrefix(begins, "[Request interrupted by user"):
		return interruptTurn
	case !isTrue(r.isMeta):
		return promptTurn
	case strings.HasPrefix(begins, "Stop hook feedback:"), strings.HasPrefix(begins, "SubagentStop hook feedback:"):
		return feedbackTurn
	case string(plain(nested(r.origin, "kind"))) == "coordinator":
		return promptTurn
	}
	return noTurn
}

// beginning returns the first bytes of a user line's text, still escaped. They identify the host's own texts.
func (r *record) beginning() string {
	for _, b := range r.blocks {
		if len(b.text) > 1 && b.text[0] == '"' {
			return string(b.text[1:min(len(b.text)-1, 64)])
		}
	}
	return ""
}
