//go:build !linux

package speaker

import "os"

// tellsPeers: what the system tells of sockets is not asked here.
const tellsPeers = false

func peerOf(*os.File) peer { return peer{} }

func isAbove(int) bool { return false }

func wrapped(string) bool { return false }
