package host

import "strings"

// Notification is what stopgate reads of a <task-notification> of the host.
type Notification struct {
	AgentID string
	// HasResult means that the notification has words of the agent. After a failure they may come from an earlier report.
	HasResult bool
}

// ReadNotification reads the notification that a prompt begins with. The host sends one for each prompt, however many agents have finished. It
// escapes the agent's own text, so the first element of each name is the host's (2.1.330).
func ReadNotification(prompt string) (n Notification, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimLeft(prompt, " \r\n"), "<task-notification>")
	if !ok {
		return n, false
	}
	head, _, hasResult := strings.Cut(rest, "<result>")
	n = Notification{AgentID: element(head, "task-id"), HasResult: hasResult}
	return n, n.AgentID != ""
}

// element returns the text of the first element of that name.
func element(s, name string) string {
	_, rest, ok := strings.Cut(s, "<"+name+">")
	if !ok {
		return ""
	}
	value, _, ok := strings.Cut(rest, "</"+name+">")
	if !ok {
		return ""
	}
	return value
}
