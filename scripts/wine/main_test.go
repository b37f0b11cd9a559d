package main

import (
	"bytes"
	"debug/pe"
	"testing"
)

// TestImage reads the DLL as its format says: one section, whose directory exports one function that is another library's.
func TestImage(t *testing.T) {
	t.Parallel()
	data := image()
	file, err := pe.NewFile(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	header, ok := file.OptionalHeader.(*pe.OptionalHeader64)
	if !ok || file.Machine != pe.IMAGE_FILE_MACHINE_AMD64 || file.Characteristics&pe.IMAGE_FILE_DLL == 0 || len(file.Sections) != 1 {
		t.Fatalf("%+v", file.FileHeader)
	}
	exports := header.DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_EXPORT]
	section, err := file.Sections[0].Data()
	if err != nil || exports.VirtualAddress != file.Sections[0].VirtualAddress || int(exports.Size) > len(section) {
		t.Fatalf("%+v, %v", exports, err)
	}
	text := func(at int) string {
		name, _, _ := bytes.Cut(section[at:], []byte{0})
		return string(name)
	}
	pointer := func(at int) int {
		return int(section[at]) + int(section[at+1])<<8 - int(file.Sections[0].VirtualAddress)
	}
	if got := []string{text(pointer(12)), text(pointer(pointer(32))), text(pointer(pointer(28)))}; got[0] != library || got[1] != function || got[2] != forward {
		t.Errorf("the library, its function and what it forwards to are %q", got)
	}
}
