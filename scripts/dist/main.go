// Dist makes a release below a folder: a bundle of the plugin for each platform with its program inside, one with the programs of all
// platforms, a software bill of materials and the checksums. The same commit gives the same bytes.
//
//	go run ./scripts/dist [-o DIR] [-platforms linux/amd64,…] [-url ADDRESS]
//
// With the address that the files of the release will have, it also writes a marketplace that installs the bundle of all platforms from there.
package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const allPlatforms = "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64,windows/amd64,windows/arm64"

func main() {
	out := flag.String("o", "dist", "write to `DIR`")
	platforms := flag.String("platforms", allPlatforms, "build for these")
	url := flag.String("url", "", "write a marketplace for a release whose files are below `ADDRESS`")
	flag.Parse()
	if err := run(*out, strings.Split(*platforms, ","), *url); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

func run(out string, platforms []string, url string) error {
	root, err := git("rev-parse", "--show-toplevel")
	if err != nil {
		return err
	}
	if err := os.Chdir(root); err != nil {
		return err
	}
	r, err := newRelease(out)
	if err != nil {
		return err
	}
	files, err := pluginFiles()
	if err != nil {
		return err
	}
	programs := map[string][]byte{}
	for _, platform := range platforms {
		fmt.Println("go build:", platform)
		if programs[platform], err = build(platform, r.modified); err != nil {
			return err
		}
		name := "stopgate"
		if strings.HasPrefix(platform, "windows/") {
			name += ".exe"
		}
		bundle := slices.Concat(files, withSums([]entry{{"bin/" + name, 0o755, programs[platform]}}))
		if err := r.write("stopgate-"+r.version+"-"+strings.ReplaceAll(platform, "/", "-")+".zip", bundle); err != nil {
			return err
		}
	}
	launcher, err := os.ReadFile("scripts/dist/launcher.sh")
	if err != nil {
		return err
	}
	every := []entry{{"bin/stopgate", 0o755, launcher}}
	for _, platform := range platforms {
		name := "bin/stopgate-" + strings.ReplaceAll(platform, "/", "-")
		if strings.HasPrefix(platform, "windows/") {
			name += ".exe"
		}
		every = append(every, entry{name, 0o755, programs[platform]})
	}
	// The host starts bin/stopgate, which Windows takes for bin/stopgate.exe. Windows on arm64 runs programs for amd64 too.
	if program, ok := programs["windows/amd64"]; ok {
		every = append(every, entry{"bin/stopgate.exe", 0o755, program})
	}
	all := "stopgate-" + r.version + "-all.zip"
	if err := r.write(all, slices.Concat(files, withSums(every))); err != nil {
		return err
	}
	if url != "" {
		if err := r.marketplace(all, url); err != nil {
			return err
		}
	}
	bill, err := r.bill()
	if err != nil {
		return err
	}
	if err := r.file("stopgate-"+r.version+".cdx.json", bill); err != nil {
		return err
	}
	return r.sums()
}

// release is everything that is made from one commit.
type release struct {
	dir      string
	version  string
	commit   string
	modified bool
	at       time.Time // of the commit
	made     map[string][]byte
}

func newRelease(dir string) (*release, error) {
	r := &release{dir: dir, made: map[string][]byte{}}
	data, err := os.ReadFile("plugin.json")
	if err != nil {
		return nil, err
	}
	var manifest struct{ Version string }
	if err := json.Unmarshal(data, &manifest); err != nil {
		return nil, fmt.Errorf("reading plugin.json: %w", err)
	}
	r.version = manifest.Version
	if r.commit, err = git("rev-parse", "HEAD"); err != nil {
		return nil, err
	}
	changed, err := git("status", "--porcelain")
	if err != nil {
		return nil, err
	}
	r.modified = changed != ""
	seconds, err := git("log", "-1", "--format=%ct")
	if err != nil {
		return nil, err
	}
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("the time of the commit: %w", err)
	}
	r.at = time.Unix(n, 0).UTC()
	return r, os.MkdirAll(dir, 0o755)
}

// git runs git and returns its output, without the line feed at the end.
func git(args ...string) (string, error) {
	out, err := exec.Command("git", args...).Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return strings.TrimRight(string(out), "\n"), nil
}

// entry is one file of a bundle.
type entry struct {
	name string
	mode fs.FileMode
	data []byte
}

// belongs lists the repository's files in a bundle: what the host reads, what it runs, and what people read.
var belongs = regexp.MustCompile(`^(\.claude-plugin/|agents/|commands/|docs/|hook/hooks\.json$|scripts/|schema/[a-z]+\.schema\.json$|[A-Z]+\.md$|LICENSE$|NOTICE$|plugin\.json$)`)

// left lists those of them that are needed only for development.
var left = regexp.MustCompile(`\.go$|(^|/)testdata/|^scripts/(tools|dist|structure)/|^scripts/(bench|demo|structure|wine|clients)\.sh$|^docs/decisions/|^(ARCHITECTURE|CONTRIBUTING)\.md$`)

// pluginFiles returns the plugin's files in the repository, without the programs.
func pluginFiles() ([]entry, error) {
	list, err := git("ls-files", "-z")
	if err != nil {
		return nil, err
	}
	var files []entry
	for name := range strings.SplitSeq(list, "\x00") {
		if !belongs.MatchString(name) || left.MatchString(name) {
			continue
		}
		info, err := os.Stat(filepath.FromSlash(name))
		if err != nil {
			return nil, err
		}
		data, err := os.ReadFile(filepath.FromSlash(name))
		if err != nil {
			return nil, err
		}
		mode := fs.FileMode(0o644)
		if info.Mode()&0o100 != 0 {
			mode = 0o755
		}
		files = append(files, entry{name, mode, data})
	}
	return files, nil
}

// withSums adds the checksums that stopgate doctor compares a program with.
func withSums(programs []entry) []entry {
	var b bytes.Buffer
	for _, p := range programs {
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(p.data), path.Base(p.name))
	}
	return append(programs, entry{"bin/SHA256SUMS", 0o644, b.Bytes()})
}

// build links the program for a platform as scripts/build.sh does. The commit is stamped, unless files differ from it: then it would name
// sources that are not these.
func build(platform string, modified bool) ([]byte, error) {
	system, arch, ok := strings.Cut(platform, "/")
	if !ok {
		return nil, fmt.Errorf("%q is no platform", platform)
	}
	file, err := os.CreateTemp("", "stopgate-dist-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(file.Name()) }() // what remains is in the folder for temporary files
	if err := file.Close(); err != nil {
		return nil, err
	}
	cmd := exec.Command("go", "build", "-mod=readonly", "-trimpath", "-buildvcs="+strconv.FormatBool(!modified), "-o", file.Name(), "./cmd/stopgate")
	cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+arch, "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("go build for %s: %w", platform, err)
	}
	return os.ReadFile(file.Name())
}

// write makes a bundle: a zip whose entries are in order and have the time of the commit.
func (r *release) write(name string, entries []entry) error {
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	for _, e := range entries {
		header := &zip.FileHeader{Name: e.name, Method: zip.Deflate, Modified: r.at}
		header.SetMode(e.mode)
		w, err := archive.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := w.Write(e.data); err != nil {
			return err
		}
	}
	if err := archive.Close(); err != nil {
		return err
	}
	return r.file(name, b.Bytes())
}

func (r *release) file(name string, data []byte) error {
	r.made[name] = data
	fmt.Printf("%s, %d KiB\n", name, len(data)>>10)
	return os.WriteFile(filepath.Join(r.dir, name), data, 0o644)
}

// marketplace writes the repository's marketplace with a bundle below url as the source of its plugin, and the bundle's checksum. The client
// installs no other bytes.
func (r *release) marketplace(bundle, url string) error {
	data, err := os.ReadFile(".claude-plugin/marketplace.json")
	if err != nil {
		return err
	}
	var market struct {
		Name        string           `json:"name"`
		Description string           `json:"description"`
		Owner       map[string]any   `json:"owner"`
		Plugins     []map[string]any `json:"plugins"`
	}
	if err := json.Unmarshal(data, &market); err != nil {
		return fmt.Errorf("reading the marketplace: %w", err)
	}
	for _, plugin := range market.Plugins {
		plugin["source"] = map[string]string{
			"source": "archive", "url": strings.TrimSuffix(url, "/") + "/" + bundle, "sha256": fmt.Sprintf("%x", sha256.Sum256(r.made[bundle])),
		}
	}
	if data, err = json.MarshalIndent(market, "", "  "); err != nil {
		return err
	}
	return r.file("marketplace.json", append(data, '\n'))
}

// sums writes the checksums of everything that was made, as sha256sum -c reads them.
func (r *release) sums() error {
	var names []string
	for name := range r.made {
		names = append(names, name)
	}
	slices.Sort(names)
	var b bytes.Buffer
	for _, name := range names {
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(r.made[name]), name)
	}
	return os.WriteFile(filepath.Join(r.dir, "SHA256SUMS"), b.Bytes(), 0o644)
}
