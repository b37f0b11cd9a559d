package marks

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/worktree/gitconfig"
	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/index"
	"stopgate/hook/worktree/object"
)

// Distrust returns the reason why git must not be asked about the work tree: the settings that decide which programs it runs have changed since
// before, when an agent was launched, or cannot be compared. It returns "" if git may be asked. It runs nothing.
func (t Reader) Distrust(before Marks) string {
	if before.Programs.Count == 0 {
		return "" // nothing was recorded
	}
	items, err := t.readPrograms()
	if err != nil {
		return fmt.Sprintf("it cannot be told which programs it would run: %s", err)
	}
	found, told := differences(before.Programs, newRegister(items))
	found = slices.DeleteFunc(found, func(d difference) bool { // an older stopgate recorded variables that decide nothing, too
		variable, _, inFile := strings.Cut(string(d.name), " in ")
		return d.name == recorded || inFile && !decidesPrograms(variable)
	})
	switch {
	case !told:
		return "much of what decides which programs it runs changed since the launch"
	case len(found) == 0:
		return ""
	}
	return fmt.Sprintf("%s changed since the launch, and git would run what it names", found[0].name)
}

// recorded is an item of every list. Without it, a list of a repository that names no program could not be told from none.
const recorded object.Name = "recorded"

// decidesPrograms reports whether a git that reads the work tree may run the value of a variable, or follow it to other such variables. Hooks are
// not included, because git is run without them.
func decidesPrograms(name string) bool {
	if name == "log.showsignature" { // it runs gpg.program
		return true
	}
	section, _, _ := strings.Cut(name, ".")
	return slices.Contains([]string{"filter", "gpg", "core", "include", "includeif"}, section) && !slices.Contains(runNothing[:], name)
}

// runNothing are variables of core whose value is neither run nor followed to a program or to other configuration. People set them at any
// time (git-config(1)), and a new submodule has some of them in its own file. An editor and a pager are run, but not by a git that reads
// without a terminal.
var runNothing = [...]string{
	"core.hookspath", "core.excludesfile", "core.autocrlf", "core.eol", "core.safecrlf", "core.filemode", "core.ignorecase", "core.symlinks",
	"core.precomposeunicode", "core.protecthfs", "core.protectntfs", "core.quotepath", "core.whitespace", "core.abbrev", "core.commentchar",
	"core.untrackedcache", "core.preloadindex", "core.checkstat", "core.trustctime", "core.compression", "core.loosecompression", "core.bigfilethreshold",
	"core.logallrefupdates", "core.longpaths", "core.fscache", "core.bare", "core.repositoryformatversion", "core.sharedrepository",
	"core.splitindex", "core.sparsecheckout", "core.sparsecheckoutcone", "core.commitgraph", "core.multipackindex", "core.usereplacerefs",
	"core.notesref", "core.warnambiguousrefs", "core.packedgitlimit", "core.packedgitwindowsize", "core.deltabasecachelimit", "core.createobject",
	"core.fsync", "core.fsyncmethod", "core.fsyncobjectfiles", "core.filesreflocktimeout", "core.packedrefstimeout",
	"core.hidedotfiles", "core.ignorestat", "core.prefersymlinkrefs", "core.checkroundtripencoding", "core.commentstring", "core.maxtreedepth",
	"core.editor", "core.pager",
}

// A programs list is collected from one configuration file after the other.
type programs struct {
	Reader
	root   string // of the work tree whose configuration is read: the one of the reader, or a submodule
	values map[object.Name]string
	read   map[string]bool // the files
}

// maxProgramFiles bounds the configuration files, those of submodules included.
const maxProgramFiles = 500

// readPrograms lists what decides which programs git runs. Conditions of includes are not evaluated: a file that git may read counts.
func (t Reader) readPrograms() ([]Item, error) {
	p := programs{t, t.Place.Root, map[object.Name]string{}, map[string]bool{}}
	files, err := gitconfig.ConfigFiles(t.Git)
	if err != nil { // only git knows which system file applies, and the others are left
		others := t.Git
		others.Vars = append(slices.Clone(others.Vars), "GIT_CONFIG_NOSYSTEM=1")
		if files, err = gitconfig.ConfigFiles(others); err != nil {
			return nil, err
		}
	}
	own, err := t.repositoryConfig()
	if err != nil {
		return nil, err
	}
	for _, file := range append(files, own...) {
		if err := p.file(file); err != nil {
			return nil, err
		}
	}
	if err := p.submodules(t.Place.Root, t.Place.GitDir, 0); err != nil {
		return nil, err
	}
	items := []Item{{Name: recorded}}
	for name, value := range p.values {
		items = append(items, Item{name, value})
	}
	return items, nil
}

// file adds the variables of a configuration file, and of the files that it includes. A missing file has none.
func (p programs) file(path string) error {
	if p.read[path] {
		return nil
	}
	if p.read[path] = true; len(p.read) > maxProgramFiles {
		return fmt.Errorf("there are more than %d configuration files", maxProgramFiles)
	}
	return gitdir.EachVariable(path, func(name string, v gitdir.Value) error {
		if !decidesPrograms(name) || name == "core.worktree" && p.isOwnRoot(filepath.Dir(path), v.Text) {
			return nil
		}
		p.add(object.Name(name+" in "+path), digest([]byte(v.Text)))
		switch {
		case strings.HasPrefix(name, "include") && strings.HasSuffix(name, ".path"):
			included, err := gitconfig.Expand(p.Git, v)
			if err != nil {
				return nil //nolint:nilerr // git fails on it, or knows what it is
			}
			return p.file(gitdir.Resolve(filepath.Dir(path), included))
		case strings.HasPrefix(name, "filter."):
			return p.command(p.root, v.Text)
		}
		return nil
	})
}

// isOwnRoot reports whether a path, relative to dir, is the work tree whose configuration is read: git writes core.worktree into the
// configuration of each submodule that it checks out.
func (p programs) isOwnRoot(dir, path string) bool {
	named, err := os.Stat(gitdir.Resolve(dir, path))
	if err != nil {
		return false
	}
	own, err := os.Stat(p.root)
	return err == nil && os.SameFile(named, own)
}

func (p programs) add(name object.Name, value string) {
	if before, found := p.values[name]; found {
		value = digest([]byte(before + " " + value))
	}
	p.values[name] = value
}

// maxSubmodules limits the nesting of submodules.
const maxSubmodules = 8

// submodules adds the configuration of the submodules that are checked out: git status runs a git in each of them.
func (p programs) submodules(root, gitDir string, depth int) error {
	found, err := index.Gitlinks(filepath.Join(gitDir, "index"), maxProgramFiles)
	if err != nil {
		return fmt.Errorf("looking for submodules: %w", err)
	}
	if len(found) == 0 {
		return nil
	}
	if depth == maxSubmodules {
		return fmt.Errorf("submodules lie more than %d deep in each other", maxSubmodules)
	}
	for _, name := range found {
		dir := filepath.Join(root, filepath.FromSlash(name))
		own, err := gitdir.Find(dir)
		if err != nil || own == "" {
			continue // it is not checked out, or git fails in it
		}
		place, err := gitdir.At(dir, own)
		if err != nil {
			continue // git fails in it, too
		}
		p.root = dir
		for _, file := range []string{filepath.Join(place.CommonDir, "config"), filepath.Join(place.GitDir, "config.worktree")} {
			if err := p.file(file); err != nil {
				return err
			}
		}
		if err := p.submodules(dir, place.GitDir, depth+1); err != nil {
			return err
		}
	}
	return nil
}
