package launch

import (
	"strings"

	"stopgate/hook/quote"
)

// PromptID identifies the prompt of a launch, so that it is known again at the head of a transcript.
type PromptID struct {
	// Size is how many bytes of the prompt are hashed, without the white space around it.
	Size int    `json:"size"`
	Hash string `json:"hash"`
}

// IdentifyPrompt identifies a prompt by its first MaxPromptRead bytes.
func IdentifyPrompt(prompt string) *PromptID {
	prompt = quote.ClipBytes(strings.TrimSpace(prompt), MaxPromptRead)
	return &PromptID{Size: len(prompt), Hash: quote.Digest(prompt)}
}

// maxLinesBefore bounds how many lines may stand before a prompt that is looked for.
const maxLinesBefore = 200

// In tells whether text is the prompt, or holds it from the beginning of a line on: a client and other hooks may put words around a prompt.
// A prompt that another hook rewrote is not found.
func (p *PromptID) In(text string) bool {
	text = strings.TrimSpace(text)
	for range maxLinesBefore {
		if len(text) < p.Size {
			return false
		}
		if quote.Digest(text[:p.Size]) == p.Hash {
			return true
		}
		_, rest, more := strings.Cut(text, "\n")
		if !more {
			return false
		}
		text = strings.TrimLeft(rest, " \t\r\n")
	}
	return false
}
