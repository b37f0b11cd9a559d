package doctor

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/shell"
)

// binaryName returns the plugin's program, below the plugin's folder.
func binaryName() string {
	if runtime.GOOS == "windows" {
		return filepath.Join("bin", "stopgate.exe")
	}
	return filepath.Join("bin", "stopgate")
}

// checksumFile is beside the programs of a release, and has the SHA-256 of each, as sha256sum prints it.
const checksumFile = "SHA256SUMS"

const gateSilent = "no report is checked and no step is given"

// program looks at the plugin's program: is it there, for this machine, whole, and built from the sources beside it?
func program(ctx context.Context, w *World) []Finding {
	plugin := w.plugin()
	if plugin == "" {
		return nil // the check of the plugin says so
	}
	path := filepath.Join(plugin, binaryName())
	off := func(seen string) []Finding {
		return []Finding{{State: Off, Seen: seen, Means: gateSilent, Mend: mendProgram(w, plugin), fix: build(w, plugin)}}
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return off(fmt.Sprintf("there is no program at %s", path))
	case err != nil:
		f := off(fmt.Sprintf("the program cannot be looked at: %v", err))
		f[0].Mend = readable(w, plugin, err)
		return f
	case !info.Mode().IsRegular():
		return off(fmt.Sprintf("%s is not a file", path))
	case runtime.GOOS != "windows" && info.Mode()&0o111 == 0:
		return off(fmt.Sprintf("%s is not executable", path))
	}
	kind, err := platformOf(path)
	if err != nil {
		return off(fmt.Sprintf("the program cannot be read, or is cut off: %v", err))
	}
	if kind != "script" && kind != runtime.GOOS+"/"+runtime.GOARCH {
		return off(fmt.Sprintf("%s is a program for %s; this machine is %s/%s", path, kind, runtime.GOOS, runtime.GOARCH))
	}
	if seen := wrongSum(plugin, path, kind); seen != "" {
		f := off(seen)
		f[0].Means = "the program was damaged or replaced after the release was made"
		return f
	}
	out, problems, err := w.run(ctx, call{dir: plugin, path: path, args: []string{"version"}})
	version := firstLine(out)
	switch {
	case errors.Is(err, fs.ErrPermission): // it may be run, as far as its mode says
		f := off("the program may not be run: " + failure(err, problems))
		f[0].Mend, f[0].fix = "move the plugin to a disk that is not mounted with noexec, and see that nothing else on this machine keeps programs there from running", nil
		return f
	case err != nil:
		return off("the program does not run: " + failure(err, problems))
	case !strings.HasPrefix(version, "stopgate "):
		return off(fmt.Sprintf("%s is another program: it does not answer \"version\" as stopgate does", path))
	}
	if stale, ok := stale(ctx, w, plugin); !ok {
		return []Finding{{State: Note, Seen: version, Means: "whether it is built from the sources beside it could not be checked"}}
	} else if stale {
		return []Finding{{
			State: Blind, Seen: "the program is older than its sources: " + version, Means: "reports are checked by an outdated program",
			Mend: mendProgram(w, plugin), fix: build(w, plugin),
		}}
	}
	return fine(version)
}

// mendProgram returns the command that restores a plugin's program.
func mendProgram(w *World, plugin string) string {
	if _, err := os.Stat(filepath.Join(plugin, "cmd", "stopgate")); err != nil {
		return again(w, plugin)
	}
	if _, err := w.lookPath("go"); err != nil {
		return "install Go 1.26 or newer (https://go.dev/dl), then: stopgate doctor --fix"
	}
	return "sh " + shell.Quote(filepath.Join(plugin, "scripts", "build.sh"))
}

// build returns what builds the program; nil if there are no sources.
func build(w *World, plugin string) func(context.Context) error {
	if _, err := os.Stat(filepath.Join(plugin, "cmd", "stopgate")); err != nil {
		return nil
	}
	return func(ctx context.Context) error {
		sh, err := w.lookPath("sh")
		if err != nil {
			return fmt.Errorf("building the program: no sh in PATH: %w", err)
		}
		if _, problems, err := w.run(ctx, call{dir: plugin, path: sh, args: []string{filepath.Join(plugin, "scripts", "build.sh")}}); err != nil {
			return fmt.Errorf("building the program: %w: %s", err, strings.TrimSpace(problems))
		}
		return nil
	}
}

// stale asks the plugin's own script whether the program was built from these sources. ok is false if it cannot be asked.
func stale(ctx context.Context, w *World, plugin string) (stale, ok bool) {
	if _, err := os.Stat(filepath.Join(plugin, "cmd", "stopgate")); err != nil {
		return false, true // a release has no sources
	}
	sh, err := w.lookPath("sh")
	if err != nil {
		return false, false
	}
	_, _, err = w.run(ctx, call{dir: plugin, path: sh, args: []string{"-c", ". ./scripts/binary.sh && fresh"}})
	switch {
	case err == nil:
		return false, true
	case exited(err):
		return true, true
	}
	return false, false
}

// wrongSum compares a program with the checksums of its release. It returns what is wrong, "" for nothing or if there are no checksums.
// One that was copied from bin/stopgate-OS-ARCH must be equal to it.
func wrongSum(plugin, path, kind string) string {
	sums, err := os.ReadFile(filepath.Join(plugin, "bin", checksumFile))
	if err != nil {
		return ""
	}
	file, err := os.Open(path)
	if err != nil {
		return fmt.Sprintf("the program cannot be read: %v", err)
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return fmt.Sprintf("the program cannot be read: %v", err)
	}
	sum := hex.EncodeToString(hash.Sum(nil))
	name, listed := filepath.Base(path), false
	platform := strings.TrimSuffix(name, ".exe") + "-" + strings.ReplaceAll(kind, "/", "-")
	for lines := bufio.NewScanner(bytes.NewReader(sums)); lines.Scan(); {
		want, of, ok := strings.Cut(lines.Text(), "  ")
		if !ok || of != name && strings.TrimSuffix(of, ".exe") != platform {
			continue
		}
		if want == sum {
			return ""
		}
		listed = true
	}
	if listed {
		return fmt.Sprintf("the SHA-256 of %s is not the one in %s", path, checksumFile)
	}
	return ""
}

// platformOf reads from the head of a program for which platform it is, as in linux/amd64; "script" for one that begins with #!.
func platformOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	head := make([]byte, 4)
	if _, err := io.ReadFull(file, head); err != nil {
		return "", fmt.Errorf("it is too short for a program")
	}
	switch {
	case string(head[:2]) == "#!":
		return "script", nil
	case string(head) == elf.ELFMAG:
		f, err := elf.NewFile(file)
		if err != nil {
			return "", err
		}
		arch := map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64", elf.EM_386: "386", elf.EM_ARM: "arm", elf.EM_RISCV: "riscv64"}[f.Machine]
		system := runtime.GOOS // the file names none, and every system but these two has ELF
		if system == "darwin" || system == "windows" {
			system = "linux"
		}
		return system + "/" + cmp.Or(arch, f.Machine.String()), nil
	case string(head[:2]) == "MZ":
		f, err := pe.NewFile(file)
		if err != nil {
			return "", err
		}
		arch := map[uint16]string{pe.IMAGE_FILE_MACHINE_AMD64: "amd64", pe.IMAGE_FILE_MACHINE_ARM64: "arm64", pe.IMAGE_FILE_MACHINE_I386: "386"}[f.Machine]
		return "windows/" + cmp.Or(arch, fmt.Sprintf("machine %#x", f.Machine)), nil
	}
	if f, err := macho.NewFile(file); err == nil {
		arch := map[macho.Cpu]string{macho.CpuAmd64: "amd64", macho.CpuArm64: "arm64"}[f.Cpu]
		return "darwin/" + cmp.Or(arch, f.Cpu.String()), nil
	}
	return "", errors.New("it is no program of any platform that stopgate is built for")
}

// OldestClient is the oldest release of the client that the gate works with. docs/clients.md has the measurements.
const OldestClient = "2.1.144"

var versionNumber = lazyregexp.New(`\d+\.\d+(?:\.\d+)?`)

// older reports whether version a comes before b. Both are numbers with dots.
func older(a, b string) bool {
	x, y := numbers(a), numbers(b)
	for i := range x {
		if x[i] != y[i] {
			return x[i] < y[i]
		}
	}
	return false
}

// numbers returns the first three numbers of a version.
func numbers(version string) (n [3]int) {
	for i, digits := range regexp.MustCompile(`\d+`).FindAllString(version, 3) {
		n[i], _ = strconv.Atoi(digits) // digits, and one that is too long is a large number
	}
	return n
}

// client looks at the version of the client in PATH.
func client(ctx context.Context, w *World) []Finding {
	path, err := w.lookPath("claude")
	if err != nil {
		return []Finding{{State: Note, Seen: "no claude in PATH", Means: "the version of the client is checked at the start of each session instead"}}
	}
	out, problems, err := w.run(ctx, call{dir: w.Dir, path: path, args: []string{"--version"}, env: []string{"DISABLE_AUTOUPDATER=1"}})
	version := regexp.MustCompile(`^\d+\.\d+\.\d+`).FindString(out)
	if err == nil && version == "" {
		err = fmt.Errorf("it prints %q", firstLine(out))
	}
	if err != nil {
		return []Finding{{
			State: Unknown, Seen: fmt.Sprintf("%s --version gives no version: %s", path, failure(err, problems)), Means: "it is unknown whether the client runs the hooks",
			Mend: "run " + shell.Quote(path) + " --version, and fix what it reports",
		}}
	}
	return clientFinding(version)
}

// runningClient looks at the version of the client that started this process, as its environment has it.
func runningClient(_ context.Context, w *World) []Finding {
	m := regexp.MustCompile(`^claude-code_(\d+(?:[.-]\d+)+)_`).FindStringSubmatch(w.getenv("AI_AGENT"))
	if m == nil {
		return nil // by hand, or a client that does not say so
	}
	return clientFinding(regexp.MustCompile(`-`).ReplaceAllString(m[1], "."))
}

func clientFinding(version string) []Finding {
	if older(version, OldestClient) {
		return []Finding{{
			State: Blind, Seen: "the client is version " + version, Means: fmt.Sprintf("stopgate works with %s and later: with older ones no report is verified", OldestClient),
			Mend: "claude update",
		}}
	}
	return fine("the client is version " + version)
}
