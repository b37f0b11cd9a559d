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

// Distrust returns the reason why git must not be asked about the worktree; "" if git may be asked. There is a reason if the settings that decide
// which programs git runs have changed since before, the state at the launch of an agent, and if they cannot be compared. It runs no program.
func (t Reader) Distrust(before Marks) string {
	if before.Programs.Count == 0 {
		return "" // these settings were not recorded
	}
	items, err := readPrograms(t)
	if err != nil {
		return fmt.Sprintf("it cannot be told which programs it would run: %s", err)
	}
	found, told := differences(before.Programs, newRegister(items))
	found = slices.DeleteFunc(found, func(d difference) bool { // an older stopgate also recorded variables that cannot run a program
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

// recorded is an item of every list. It distinguishes the list of a repository that names no program from a list that was not recorded.
const recorded object.Name = "recorded"

// decidesPrograms reports whether git may run the value of a variable when it reads the worktree, or may read further such variables from the place
// that it names. Hooks in folders are not included, because git is run without them; those in the configuration are, because git 2.54 can only be
// told not to run them one by one.
func decidesPrograms(name string) bool {
	if name == "log.showsignature" { // it makes git run gpg.program
		return true
	}
	section, _, _ := strings.Cut(name, ".")
	return slices.Contains([]string{"filter", "gpg", "core", "include", "includeif", "hook"}, section) && !slices.Contains(runNothing[:], name)
}

// runNothing are variables of core whose value git does not run, and which lead to no program and no other configuration. People set them at any
// time (git-config(1)), and the configuration of a new submodule has some of them. Git runs an editor and a pager, but not when it reads without a
// terminal.
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

// programs collects the settings from one configuration file after the other.
type programs struct {
	Reader
	root   string // the root of the worktree whose configuration is read: that of the reader, or a submodule
	values map[object.Name]string
	read   map[string]bool // the files that were read
}

// maxProgramFiles is the largest number of configuration files, including those of submodules.
const maxProgramFiles = 500

// readPrograms returns the settings that decide which programs git runs. It does not evaluate conditions of includes: it reads every file that git
// may read.
func readPrograms(t Reader) ([]Item, error) {
	p := programs{t, t.Place.Root, map[object.Name]string{}, map[string]bool{}}
	files, err := gitconfig.ConfigFiles(t.Git)
	if err != nil { // only git knows which system-wide file applies; the other files are still read
		others := t.Git
		others.Vars = append(slices.Clone(others.Vars), "GIT_CONFIG_NOSYSTEM=1")
		if files, err = gitconfig.ConfigFiles(others); err != nil {
			return nil, err
		}
	}
	own, err := repositoryConfig(t)
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

// file adds the variables of a configuration file, and of the files that it includes. A file that does not exist has none.
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
				return nil //nolint:nilerr // git fails for this path, or only git knows the file
			}
			return p.file(gitdir.Resolve(filepath.Dir(path), included))
		case strings.HasPrefix(name, "filter."):
			return p.command(p.root, v.Text)
		}
		return nil
	})
}

// isOwnRoot reports whether a path, relative to dir, is the worktree whose configuration is read. Git writes core.worktree into the configuration
// of each submodule that it checks out.
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

// maxSubmodules is how deep submodules may be in each other.
const maxSubmodules = 8

// submodules adds the configuration of the submodules that are checked out, because git status runs git in each of them.
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
			continue // git also fails in it
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
