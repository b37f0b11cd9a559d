package launch

import (
	"strings"

	"stopgate/hook/quote"
)

// PromptID identifies a launch prompt, to recognise it at the beginning of a transcript.
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

// maxLinesBefore is how many lines may stand before the prompt.
const maxLinesBefore = 200

// In reports whether text is the prompt, or contains it from the beginning of a line: a client and other hooks may put words around a prompt. A
// prompt that another hook rewrote is not recognised.
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
