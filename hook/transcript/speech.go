package transcript

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Speech is what a session's transcript has about who gave a prompt. Clients since 2.1.200 record it; the event of the prompt does not show it.
type Speech struct {
	// Found means that the prompt is there. The host writes it 0.05 to 0.3 s after its event.
	Found bool
	// Origin is the kind of its origin: "human", "task-notification", "peer" …; "" if the client records none.
	Origin string
	// Source is how it came: "typed", "sdk", "system" …; "" if the client records none.
	Source string
	// Entry is how the session is run: "cli" for a terminal, "sdk-cli" under -p, "claude-vscode" in an editor.
	Entry string
	// Meta means that the host added it itself.
	Meta bool
	// Announced means that the session had its text said to itself later, with a tool for that.
	Announced bool
	// Disputed means that there are several records of it, of which some are not the person's. The client writes one.
	Disputed bool
	// Respelled means that only a record with another text has its id. Either the client spells the prompt otherwise there than in the event; or the
	// prompt came while another was worked on, whose id its event has then, and its own record is not there yet.
	Respelled bool
}

// or combines two records of one prompt: if one is not the person's, the prompt is not.
func (s Speech) or(other Speech) Speech {
	if !s.Found || !other.Found {
		if s.Found {
			return s
		}
		return other
	}
	mine, _ := s.ByPerson()
	if theirs, _ := other.ByPerson(); mine == theirs {
		return other
	}
	if mine {
		s = other
	}
	s.Disputed = true
	return s
}

// ByPerson reports whether the person gave the prompt, and otherwise why not. In a terminal only what came through its input line counts. Where
// another program runs the client (-p, an editor, a workflow of a code host), nothing better is known than that it came from outside. For a client
// that does not write who spoke, all counts that the session did not announce and the host did not add itself.
func (s Speech) ByPerson() (yes bool, why string) {
	switch {
	case !s.Found:
		return false, "the transcript of the session does not have it"
	case s.Disputed:
		return false, "the transcript has several records of it, which disagree about who gave it"
	case s.Meta:
		return false, "the client added it itself"
	case s.Origin == "" && s.Source == "":
		if s.Announced {
			return false, "the session had scheduled it"
		}
		return true, ""
	case s.Source == "system" || s.Origin != "" && s.Origin != "human":
		return false, "the transcript names as its origin " + strings.TrimSpace(s.Origin+" "+s.Source)
	case s.Origin == "human":
		return true, ""
	case s.Source == "sdk" && s.Entry != "" && s.Entry != "cli":
		return true, ""
	}
	return false, "the transcript names as its source " + s.Source
}

// spoken is a line that may hold a prompt, or the tool use that announced one.
type spoken struct {
	Type      string          `json:"type"`
	PromptID  string          `json:"promptId"`
	Origin    json.RawMessage `json:"origin"`
	Source    string          `json:"promptSource"`
	Meta      bool            `json:"isMeta"`
	Sidechain bool            `json:"isSidechain"`
	Entry     string          `json:"entrypoint"`
	At        time.Time       `json:"timestamp"`
	Message   struct {
		Content json.RawMessage `json:"content"`
	} `json:"message"`
	Attachment struct {
		Type   string          `json:"type"`
		Prompt json.RawMessage `json:"prompt"`
		Mode   string          `json:"commandMode"`
		Origin json.RawMessage `json:"origin"`
		Meta   bool            `json:"isMeta"`
	} `json:"attachment"`
}

func kindOfOrigin(raw json.RawMessage) string {
	var origin struct {
		Kind string `json:"kind"`
	}
	if json.Unmarshal(raw, &origin) == nil && origin.Kind != "" {
		return origin.Kind
	}
	var name string
	_ = json.Unmarshal(raw, &name) // "" for any other form
	return name
}

// contentText returns the text of a message's content: a string, or the texts among its blocks. used are the prompts in tool uses of it.
func contentText(raw json.RawMessage) (said string, results bool, used []string) {
	if json.Unmarshal(raw, &said) == nil {
		return said, false, nil
	}
	var blocks []struct {
		Type  string `json:"type"`
		Text  string `json:"text"`
		Name  string `json:"name"`
		Input struct {
			Prompt string `json:"prompt"`
		} `json:"input"`
	}
	if json.Unmarshal(raw, &blocks) != nil {
		return "", false, nil
	}
	var texts []string
	for _, b := range blocks {
		switch {
		case b.Type == "tool_result":
			results = true
		case b.Type == "text":
			texts = append(texts, b.Text)
		case b.Name == "CronCreate" || b.Name == "ScheduleWakeup":
			used = append(used, b.Input.Prompt)
		}
	}
	return strings.Join(texts, "\n"), results, used
}

// fresh is how much earlier than its event the time of a prompt's record may be. A prompt that came in the middle of a turn has the id of that
// turn, so the record of the turn's own prompt must not be taken for it.
const fresh = 5 * time.Second

// ReadSpeech looks for a prompt in a session's transcript: the id that its event had, its text as the function is recognises it, and when the
// event came. It fails if the transcript cannot be read.
//
// A prompt that was queued while another was worked on has the other's id in its event. Its record is an attachment, or, if the turn had ended by
// then, one with an id of its own and the source "queued" (2.1.330).
func ReadSpeech(ctx context.Context, path, promptID string, is func(text string) bool, at time.Time) (Speech, error) {
	var own, queued, other Speech
	others := 0
	announced := false
	wanted := has(`"CronCreate"`, `"ScheduleWakeup"`, `"`+promptID+`"`, `"queued_command"`, `"promptSource":"queued"`)
	err := matching(ctx, path, wanted, func(line []byte) bool {
		var rec spoken
		if json.Unmarshal(line, &rec) != nil || rec.Sidechain {
			return true
		}
		switch {
		case rec.Type == "assistant":
			announced = announced || rec.announces(is)
		case rec.Type == "attachment" && rec.Attachment.Type == "queued_command":
			said, _, _ := contentText(rec.Attachment.Prompt)
			if is(said) && !rec.At.Before(at.Add(-fresh)) {
				s := Speech{Found: true, Origin: kindOfOrigin(rec.Attachment.Origin), Source: rec.Source, Entry: rec.Entry, Meta: rec.Attachment.Meta}
				if s.Origin == "" && rec.Attachment.Mode != "" && rec.Attachment.Mode != "prompt" {
					s.Origin = rec.Attachment.Mode
				}
				queued = queued.or(s)
			}
		case rec.Type == "user" && (rec.PromptID == promptID || rec.Source == "queued") && !rec.At.Before(at.Add(-fresh)):
			said, results, _ := contentText(rec.Message.Content)
			if results {
				return true
			}
			s := Speech{Found: true, Origin: kindOfOrigin(rec.Origin), Source: rec.Source, Entry: rec.Entry, Meta: rec.Meta}
			switch {
			case is(said) || is(commandText(said)):
				own = own.or(s)
			case rec.PromptID == promptID && !rec.Meta:
				other, others = s, others+1
			}
		}
		return true
	})
	if err != nil {
		return Speech{}, err
	}
	var s Speech
	switch {
	case queued.Found || own.Found:
		s = own.or(queued)
	case others == 1:
		s = other
		s.Respelled = true
	}
	s.Announced = announced
	return s, nil
}

// announces reports whether the session has such a text said to itself later, by a tool use in the line.
func (s spoken) announces(is func(text string) bool) bool {
	_, _, prompts := contentText(s.Message.Content)
	return slices.ContainsFunc(prompts, is)
}

// Scheduled reports whether a session had such a prompt scheduled, so that nobody typed it. It fails if the transcript cannot be read.
func Scheduled(ctx context.Context, path string, is func(text string) bool) (yes bool, err error) {
	err = matching(ctx, path, has(`"CronCreate"`, `"ScheduleWakeup"`), func(line []byte) bool {
		var rec spoken
		yes = json.Unmarshal(line, &rec) == nil && !rec.Sidechain && rec.Type == "assistant" && rec.announces(is)
		return !yes
	})
	return yes, err
}

// commandText returns what was typed for a slash command, from the host's record of it; "" for any other text.
func commandText(said string) string {
	name, ok := inside(said, "<command-name>", "</command-name>")
	if !ok {
		return ""
	}
	args, _ := inside(said, "<command-args>", "</command-args>")
	return strings.TrimSpace(name + " " + args)
}

func inside(s, begin, end string) (string, bool) {
	_, rest, ok := strings.Cut(s, begin)
	if !ok {
		return "", false
	}
	inner, _, ok := strings.Cut(rest, end)
	return inner, ok
}

// Consent is how a tool use was permitted, from the record of its result.
type Consent struct {
	// Found means that the result is there. For a launch in the background the host writes it before the agent's first tool use, for one in
	// the foreground only when the agent has ended.
	Found bool
	// Source is who decided: "user_temporary", "user_permanent", "user_reject", "hook", "config"; "" if the client records none.
	Source string
	// Rejected means that the tool use was refused.
	Rejected bool
	// Disputed means that there are several results, which disagree about that. The client writes one.
	Disputed bool
}

// ByPerson reports whether a person decided, in the client's own dialogue.
func (c Consent) ByPerson() bool {
	return c.Found && !c.Rejected && !c.Disputed && (c.Source == "user_temporary" || c.Source == "user_permanent")
}

// ReadConsent looks for the result of a tool use in a transcript. It fails if the transcript cannot be read.
func ReadConsent(ctx context.Context, path, toolUseID string) (Consent, error) {
	type decision struct {
		Decision string `json:"decision"`
		Source   string `json:"source"`
	}
	var found Consent
	names, isResult := has(`"`+toolUseID+`"`), has(`"tool_result"`)
	err := matching(ctx, path, func(line []byte) bool { return names(line) && isResult(line) }, func(line []byte) bool {
		var rec struct {
			Type     string   `json:"type"`
			Decision decision `json:"permissionDecision"`
			Denial   string   `json:"toolDenialKind"`
			Message  struct {
				Content json.RawMessage `json:"content"`
			} `json:"message"`
			Result json.RawMessage `json:"toolUseResult"`
		}
		if json.Unmarshal(line, &rec) != nil || rec.Type != "user" || !resultOf(rec.Message.Content, toolUseID) {
			return true
		}
		var inner struct {
			Decision decision `json:"permissionDecision"`
		}
		_ = json.Unmarshal(rec.Result, &inner) // a result without one, or of another form
		d := cmp.Or(rec.Decision, inner.Decision)
		before := found
		found = Consent{Found: true, Source: d.Source, Rejected: rec.Denial != "" || d.Decision == "reject" || d.Decision == "deny"}
		found.Disputed = before.Disputed || before.Found && before != found
		return true
	})
	if err != nil {
		return Consent{}, err
	}
	return found, nil
}

func resultOf(content json.RawMessage, toolUseID string) bool {
	type block struct {
		Type string `json:"type"`
		ID   string `json:"tool_use_id"`
	}
	var blocks []block
	if json.Unmarshal(content, &blocks) != nil {
		return false
	}
	return slices.Contains(blocks, block{"tool_result", toolUseID})
}

// Began returns when a session began: the time of the first record of its transcript that has one. It is zero if there is none.
func Began(path string) (began time.Time) {
	left := maxBeforePrompt
	_ = matching(context.Background(), path, func([]byte) bool { return true }, func(line []byte) bool { // on an error the result stays unknown
		var rec struct {
			At time.Time `json:"timestamp"`
		}
		if json.Unmarshal(line, &rec) == nil {
			began = rec.At
		}
		left--
		return began.IsZero() && left > 0
	})
	return began
}
