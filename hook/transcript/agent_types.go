package transcript

import (
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

// AgentTypes returns the types of agents that the client has listed for the session with that main transcript, unchanged; nil if it listed none or
// the file cannot be read. The client lists them before the first tool runs, and later what is added or removed (2.1.332).
func AgentTypes(path string) []string {
	f, err := openRegular(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	var types []string
	// What was read before an error counts.
	_ = eachMatching(context.Background(), io.LimitReader(f, maxListed), has(`"agent_listing_delta"`), func(line []byte) bool {
		var rec struct {
			Type       string
			Attachment struct {
				Type                     string
				AddedTypes, RemovedTypes []string
			}
		}
		if json.Unmarshal(line, &rec) != nil || rec.Type != "attachment" || rec.Attachment.Type != "agent_listing_delta" {
			return true
		}
		types = slices.DeleteFunc(types, func(t string) bool { return slices.Contains(rec.Attachment.RemovedTypes, t) })
		for _, t := range rec.Attachment.AddedTypes {
			if len(types) < maxAgentTypes && !slices.Contains(types, t) {
				types = append(types, t)
			}
		}
		return true
	})
	return types
}
