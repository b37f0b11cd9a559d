// Wine writes a DLL that Wine needs to start Go programs. Go's runtime takes its random numbers from ProcessPrng in bcryptprimitives.dll, which
// Wine lacks before release 8.12. The DLL has no code. It forwards that function to the function of advapi32.dll with the same arguments.
//
// go run ./scripts/wine FOLDER
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
)

const (
	library  = "bcryptprimitives.dll"
	function = "ProcessPrng"
	forward  = "advapi32.SystemFunction036" // RtlGenRandom
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./scripts/wine FOLDER")
		os.Exit(1)
	}
	if err := os.WriteFile(filepath.Join(os.Args[1], library), image(), 0o755); err != nil {
		fmt.Fprintln(os.Stderr, "wine:", err)
		os.Exit(1)
	}
}

// The places in the file and in memory: headers, then one section (PE format, https://learn.microsoft.com/windows/win32/debug/pe-format).
const (
	headers = 0x200
	section = 0x1000
)

// image returns the DLL for amd64.
func image() []byte {
	const tables = section + 40 // after the directory: one address, one name, one ordinal
	const names = tables + 12
	var exports bytes.Buffer
	put(&exports, uint32(0), uint32(0), uint32(0), uint32(names), uint32(1), uint32(1), uint32(1), uint32(tables), uint32(tables+4), uint32(tables+8))
	put(&exports, uint32(names+len(library)+len(function)+2), uint32(names+len(library)+1), uint32(0))
	exports.WriteString(library + "\x00" + function + "\x00" + forward + "\x00")

	var b bytes.Buffer
	dos := make([]byte, 64)
	copy(dos, "MZ")
	dos[60] = 64
	b.Write(dos)
	b.WriteString("PE\x00\x00")
	put(&b, uint16(0x8664), uint16(1), uint32(0), uint32(0), uint32(0), uint16(240), uint16(0x2022)) // a DLL with one section
	put(&b, uint16(0x20b), uint16(0), uint32(0), uint32(headers), uint32(0), uint32(0), uint32(section), uint64(0x180000000),
		uint32(section), uint32(headers), uint16(6), uint16(0), uint16(0), uint16(0), uint16(6), uint16(0), uint32(0),
		uint32(2*section), uint32(headers), uint32(0), uint16(3), uint16(0x160),
		uint64(1<<20), uint64(1<<12), uint64(1<<20), uint64(1<<12), uint32(0), uint32(16))
	put(&b, uint32(section), uint32(exports.Len()), make([]uint32, 30)) // the exports are the first of 16 directories
	b.WriteString(".edata\x00\x00")
	put(&b, uint32(exports.Len()), uint32(section), uint32(headers), uint32(headers), make([]uint32, 3), uint32(0x40000040))
	b.Write(make([]byte, headers-b.Len()))
	b.Write(exports.Bytes())
	b.Write(make([]byte, 2*headers-b.Len()))
	return b.Bytes()
}

func put(b *bytes.Buffer, values ...any) {
	for _, v := range values {
		_ = binary.Write(b, binary.LittleEndian, v) // a buffer takes all of them
	}
}
