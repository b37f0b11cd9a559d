package main

import "os"

// peakOf returns 0: Windows does not tell the peak of a process that has ended.
func peakOf(*os.ProcessState) int64 { return 0 }
