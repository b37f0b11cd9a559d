package view

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"stopgate/hook/config"
	"stopgate/hook/quote"
	"stopgate/hook/style"
)

// maxSetting bounds the value of a setting that is shown, in characters. Only default lists of patterns are longer.
const maxSetting = 90

// WriteSettings writes a configuration for people: each setting with its value and the source of the value.
func WriteSettings(w io.Writer, settings []config.Setting, look style.Style) error {
	var b strings.Builder
	for _, s := range settings {
		from := "default"
		if s.Line > 0 {
			from = fmt.Sprintf("%s:%d", config.FileName, s.Line)
		}
		value := s.Value
		var list []string
		if quote.Length(value) > maxSetting && json.Unmarshal([]byte(value), &list) == nil && s.Line == 0 {
			value = fmt.Sprintf("[%s, …] (%d)", quote.JSON(list[0]), len(list))
		}
		b.WriteString(look.Hang(fmt.Sprintf("%s: %s  %s", s.Name, quote.Line(value), look.Paint(style.Faint, "# "+from)), 4) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
