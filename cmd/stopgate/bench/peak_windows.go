package main

import "os"

// peakOf is 0: Windows does not tell it of a process that has ended.
func peakOf(*os.ProcessState) int64 { return 0 }
