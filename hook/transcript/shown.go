package transcript

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Size returns how long a transcript is now, in bytes; 0 if it cannot be read.
func Size(path string) int64 {
	f, err := openRegular(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

// Mark is a text by which something is recognised that a hook gave a model to read.
type Mark struct {
	Text string
	// From is the first position at which it can be in the transcript, in bytes.
	From int64
}

// NotShown returns the marks that are in no text of a hook in a model's transcript, which the host records as attachments (2.1.139 to 2.1.332). It
// looks for a mark after its From, and in the whole file if that is shorter now, because then it was rewritten. It fails if the transcript cannot be
// read.
func NotShown(ctx context.Context, path string, marks []Mark) ([]Mark, error) {
	missed, err := NotShownSince(ctx, path, marks)
	if err != nil || len(missed) == 0 {
		return missed, err
	}
	size, anywhere := Size(path), map[Mark]Mark{}
	missed = slices.DeleteFunc(missed, func(mark Mark) bool {
		if mark.From > size {
			anywhere[Mark{Text: mark.Text}] = mark
		}
		return mark.From > size
	})
	if len(anywhere) == 0 {
		return missed, nil
	}
	left, err := NotShownSince(ctx, path, slices.Collect(maps.Keys(anywhere)))
	if err != nil {
		return marks, err
	}
	for _, mark := range left {
		missed = append(missed, anywhere[mark])
	}
	return missed, nil
}

// NotShownSince is NotShown for a transcript that is only added to: each mark is looked for from its place on.
func NotShownSince(ctx context.Context, path string, marks []Mark) ([]Mark, error) {
	f, err := openRegular(path)
	if err != nil {
		return marks, fmt.Errorf("open transcript: %w", err)
	}
	defer f.Close()
	left := slices.SortedFunc(slices.Values(marks), func(a, b Mark) int { return cmp.Compare(a.From, b.From) })
	var missed []Mark
	for len(left) > 0 { // the last texts are near the end, so most reads are short
		first := left[0]
		if left, err = readShown(ctx, f, first.From, left); err != nil {
			return marks, fmt.Errorf("read transcript %q: %w", path, err)
		}
		if len(left) > 0 && left[0] == first {
			missed, left = append(missed, first), left[1:]
		}
	}
	return missed, nil
}

// readShown reads from an offset until the first of the marks is found, and returns the marks that are not found yet.
func readShown(ctx context.Context, f io.ReadSeeker, from int64, marks []Mark) ([]Mark, error) {
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		return nil, err
	}
	first := marks[0]
	err := eachMatching(ctx, f, has(`"hook_additional_context"`), func(line []byte) bool {
		var rec struct {
			Type       string
			Attachment struct {
				Type    string
				Content json.RawMessage
			}
		}
		if json.Unmarshal(line, &rec) != nil || rec.Type != "attachment" || rec.Attachment.Type != "hook_additional_context" {
			return true
		}
		told := attached(rec.Attachment.Content)
		marks = slices.DeleteFunc(marks, func(m Mark) bool { return strings.Contains(told, m.Text) })
		return len(marks) > 0 && marks[0] == first
	})
	return marks, err
}

// attached returns the text of an attachment's content: a string, or a list of them.
func attached(raw json.RawMessage) string {
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		return strings.Join(list, "\n")
	}
	var text string
	_ = json.Unmarshal(raw, &text) // "" for any other form
	return text
}
