package transcript

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"slices"
)

// Bounds on what AgentTypes reads of a transcript.
const (
	maxListed     = 16 << 20 // bytes
	maxAgentTypes = 500
)

// AgentTypes are the types of agents that the client has listed for the session with that main transcript, as they stand there; nil if it
// listed none or the file cannot be read. The client lists them before the first tool runs, and later what is added or removed (2.1.332).
func AgentTypes(path string) []string {
	f, err := openRegular(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	lines := lineReader{ctx: context.Background(), r: io.LimitReader(f, maxListed), max: defaultMaxLine, skip: func([]byte) bool { return false }}
	var types []string
	for {
		line, ok := lines.next()
		if !ok {
			return types
		}
		if lines.fate != kept || !bytes.Contains(line, []byte(`"agent_listing_delta"`)) {
			continue
		}
		var rec struct {
			Type       string
			Attachment struct {
				Type                     string
				AddedTypes, RemovedTypes []string
			}
		}
		if json.Unmarshal(line, &rec) != nil || rec.Type != "attachment" || rec.Attachment.Type != "agent_listing_delta" {
			continue // somebody has written of it
		}
		types = slices.DeleteFunc(types, func(t string) bool { return slices.Contains(rec.Attachment.RemovedTypes, t) })
		for _, t := range rec.Attachment.AddedTypes {
			if len(types) < maxAgentTypes && !slices.Contains(types, t) {
				types = append(types, t)
			}
		}
	}
}
