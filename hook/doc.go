// Package hook is the story: a file for each event of the host, from what stands on stdin to what the host is answered. The packages
// below it read, look, judge and word; what happens in which order is decided here.
package hook
