package style

import (
	"os"

	"golang.org/x/sys/windows"
)

// terminalWidth returns the number of columns of a console window; 0 if it is not known.
func terminalWidth(file *os.File) int {
	var info windows.ConsoleScreenBufferInfo
	if err := windows.GetConsoleScreenBufferInfo(windows.Handle(file.Fd()), &info); err != nil {
		return 0
	}
	return int(info.Window.Right-info.Window.Left) + 1
}
