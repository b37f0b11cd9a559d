//go:build !linux && !darwin

package disk

import "io/fs"

// systemOf knows nothing here, so that every file counts as touched.
func systemOf(fs.FileInfo) (system, bool) { return system{}, false }
