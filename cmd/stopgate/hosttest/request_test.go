package hosttest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// request is one POST to /v1/messages. Every request repeats its conversation from the start.
type request struct {
	// Model is the conversation's name in the script; "" for a helper of the host.
	Model    string            `json:"-"`
	Stream   bool              `json:"stream"`
	Tools    []json.RawMessage `json:"tools"`
	Messages []message         `json:"messages"`
}

// message is one entry of a conversation. Its role can be "system" (2.1.330): text that a hook adds often has that role.
type message struct {
	Role    string          `json:"role"`
	Content json.RawMessage `json:"content"`
}

// contentBlock is the part of a content block that this package reads.
type contentBlock struct {
	Type      string          `json:"type"`
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	ToolUseID string          `json:"tool_use_id"`
	Content   json.RawMessage `json:"content"`
	Input     struct {
		Prompt string `json:"prompt"`
	} `json:"input"`
}

// replies returns how many replies the model has already given in this conversation.
func (r *request) replies() int {
	n := 0
	for _, m := range r.Messages {
		if m.Role == "assistant" {
			n++
		}
	}
	return n
}

// told returns all text of the request that is not the model's own.
func (r *request) told() string {
	var b strings.Builder
	for _, m := range r.Messages {
		if m.Role != "assistant" {
			b.WriteString(flatten(m.Content))
		}
	}
	return b.String()
}

// blocks returns the content blocks of a message; none if the content is plain text.
func (m message) blocks() []contentBlock {
	var blocks []contentBlock
	if json.Unmarshal(m.Content, &blocks) != nil {
		return nil
	}
	return blocks
}

// flatten joins all strings inside raw, one on each line.
func flatten(raw json.RawMessage) string {
	var value any
	if json.Unmarshal(raw, &value) != nil {
		return ""
	}
	var b strings.Builder
	var walk func(any)
	walk = func(value any) {
		switch value := value.(type) {
		case string:
			b.WriteString(value)
			b.WriteByte('\n')
		case []any:
			for _, v := range value {
				walk(v)
			}
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(value)) {
				if !slices.Contains(notText, key) {
					walk(value[key])
				}
			}
		}
	}
	walk(value)
	return b.String()
}

// notText are the members of a content block that are not text for the model.
var notText = []string{"type", "id", "tool_use_id", "cache_control"}
