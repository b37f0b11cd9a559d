// Package hosttest runs whole sessions of the real Claude Code client with the stopgate plugin, and tells what every model in
// them was told.
//
// The client is pinned and comes from npm; the models are a [Script] that a stand-in for the Messages API plays on loopback. No
// network beyond that and no account is needed. A test reads as a story: given this repository and these models, what did
// each of them read.
//
// Where the client cannot be had the stories are skipped, and with STOPGATE_NO_SKIP=1 they fail instead. With STOPGATE_RECORD=DIR
// each session is saved under DIR, scrubbed of the machine it ran on and of the host's own prompts.
package hosttest
