package gitcmd

import (
	"io"
	"strings"
	"testing"
)

// TestBounded uses io.Copy, as os/exec does with the output of git. It must not bypass the limit.
func TestBounded(t *testing.T) {
	t.Parallel()
	for text, full := range map[string]bool{"": false, "0123456789": false, "0123456789a": true} {
		b := &bounded{limit: 10}
		n, err := io.Copy(b, io.LimitReader(strings.NewReader(text), 100))
		if err != nil || n != int64(len(text)) || string(b.text) != text[:min(len(text), 10)] || b.full != full {
			t.Errorf("of %q it keeps %q, full %t, after %d bytes and the error %v", text, b.text, b.full, n, err)
		}
	}
}
