// Package hook is the judge: it carries one host event through every stage, from what stands on stdin to what the host is
// answered. The leaves below it observe and act; what is true of an agent's report is decided here and nowhere else.
package hook
