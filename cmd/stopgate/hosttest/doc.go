// Package hosttest runs whole sessions of the real Claude Code client with the stopgate plugin, and records what the client sends to
// each model.
//
// The client is pinned and comes from npm. A stand-in for the Messages API on loopback plays the models from a script, so that neither
// an account nor any other network is needed. A test is a story: given this repository and these models, what did each of them read?
//
// A story runs with its agents in the foreground or in the background. Those whose outcome may depend on that run both ways, and all of them
// do with STOPGATE_STORIES=all.
//
// Without the client the stories are skipped. With STOPGATE_NO_SKIP=1 they fail instead. With STOPGATE_RECORD=DIR each session is saved
// under DIR, without the names of the machine and without the host's own prompts.
//
// Everything but [ReadContents] is compiled for the tests alone.
package hosttest
