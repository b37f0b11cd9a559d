package hosttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
)

// reply returns a whole answer of the Messages API.
func reply(id string, content []map[string]any, stopReason any) map[string]any {
	return map[string]any{
		"id": id, "type": "message", "role": "assistant", "model": "stand-in",
		"content": content, "stop_reason": stopReason, "stop_sequence": nil,
		"usage": map[string]any{"input_tokens": 10, "output_tokens": 10},
	}
}

func stopReason(content []map[string]any) string {
	for _, c := range content {
		if c["type"] == "tool_use" {
			return "tool_use"
		}
	}
	return "end_turn"
}

// writeStream sends a reply as the server-sent events that a client asks for with "stream": true. Each block comes in one piece.
func writeStream(w http.ResponseWriter, id string, content []map[string]any) {
	var b bytes.Buffer
	event := func(name string, data map[string]any) {
		data["type"] = name
		fmt.Fprintf(&b, "event: %s\ndata: %s\n\n", name, mustJSON(data))
	}
	event("message_start", map[string]any{"message": reply(id, []map[string]any{}, nil)})
	for i, c := range content {
		start, delta := split(c)
		event("content_block_start", map[string]any{"index": i, "content_block": start})
		event("content_block_delta", map[string]any{"index": i, "delta": delta})
		event("content_block_stop", map[string]any{"index": i})
	}
	event("message_delta", map[string]any{
		"delta": map[string]any{"stop_reason": stopReason(content), "stop_sequence": nil},
		"usage": map[string]any{"output_tokens": 10},
	})
	event("message_stop", map[string]any{})
	w.Header().Set("Content-Type", "text/event-stream")
	w.Write(b.Bytes()) //nolint:errcheck // a client that has gone needs no answer
}

// split parts a content block into its empty beginning and the one delta that fills it.
func split(c map[string]any) (start, delta map[string]any) {
	if c["type"] == "text" {
		return map[string]any{"type": "text", "text": ""}, map[string]any{"type": "text_delta", "text": c["text"]}
	}
	return map[string]any{"type": "tool_use", "id": c["id"], "name": c["name"], "input": map[string]any{}},
		map[string]any{"type": "input_json_delta", "partial_json": string(mustJSON(c["input"]))}
}

func writeError(w http.ResponseWriter, status int) {
	writeJSON(w, status, map[string]any{
		"type": "error", "error": map[string]any{"type": "invalid_request_error", "message": "scripted failure"},
	})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(mustJSON(v)) //nolint:errcheck // a client that has gone needs no answer
}

// mustJSON encodes what a script is made of: maps, lists and plain values, which always encode.
func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
