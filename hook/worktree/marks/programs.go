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

// Distrust tells why git must not be asked about the work tree: what decides which programs it runs is not what it was in before, when an
// agent was launched, or cannot be compared. It is "" where git may be asked. It runs nothing.
func (t Reader) Distrust(before Marks) string {
	if before.Programs.Count == 0 {
		return "" // nothing was recorded
	}
	items, err := t.readPrograms()
	if err != nil {
		return fmt.Sprintf("it cannot be told which programs it would run: %s", err)
	}
	found, told := differences(before.Programs, newRegister(items))
	switch {
	case !told:
		return "much of what decides which programs it runs changed since the launch"
	case len(found) == 0:
		return ""
	}
	return fmt.Sprintf("%s changed since the launch, and git would run what it names", found[0].name)
}

// decidesPrograms tells of which variables a git that looks at the work tree may run the value, or follow it to others. Hooks are not
// among them: git is run without.
func decidesPrograms(name string) bool {
	section, _, _ := strings.Cut(name, ".")
	return slices.Contains([]string{"filter", "gpg", "core", "include", "includeif", "log"}, section) && !slices.Contains(runNothing[:], name)
}

// runNothing are variables of core whose value is neither run nor followed to a program or to other configuration. People set them at any
// time (git-config(1)).
var runNothing = [...]string{
	"core.hookspath", "core.excludesfile", "core.autocrlf", "core.eol", "core.safecrlf", "core.filemode", "core.ignorecase", "core.symlinks",
	"core.precomposeunicode", "core.protecthfs", "core.protectntfs", "core.quotepath", "core.whitespace", "core.abbrev", "core.commentchar",
	"core.untrackedcache", "core.preloadindex", "core.checkstat", "core.trustctime", "core.compression", "core.loosecompression", "core.bigfilethreshold",
	"core.logallrefupdates", "core.longpaths", "core.fscache",
}

// A programs list is collected from one configuration file after the other.
type programs struct {
	Reader
	values map[object.Name]string
	read   map[string]bool // the files
}

const (
	maxProgramFiles = 500     // configuration files, those of submodules included
	maxProgram      = 1 << 20 // bytes of a file that is named by a filter's command, and compared by its content
)

// readPrograms lists what decides which programs git runs. Conditions of includes are not evaluated: a file that git may read counts.
func (t Reader) readPrograms() ([]Item, error) {
	p := programs{t, map[object.Name]string{}, map[string]bool{}}
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
	var items []Item
	for name, value := range p.values {
		items = append(items, Item{name, value})
	}
	return items, nil
}

// file adds the variables of a configuration file, and of those that it includes. One that is not there has none.
func (p programs) file(path string) error {
	if p.read[path] {
		return nil
	}
	if p.read[path] = true; len(p.read) > maxProgramFiles {
		return fmt.Errorf("there are more than %d configuration files", maxProgramFiles)
	}
	return gitdir.EachVariable(path, func(name string, v gitdir.Value) error {
		if !decidesPrograms(name) {
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
			return p.command(v.Text)
		}
		return nil
	})
}

func (p programs) add(name object.Name, value string) {
	if before, found := p.values[name]; found {
		value = digest([]byte(before + " " + value))
	}
	p.values[name] = value
}

// command adds the files that a filter's command names: a script in the work tree is a program as well.
func (p programs) command(text string) error {
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(" \t\n\"'=;&|()<>", r) }) {
		if strings.ContainsRune(word, 0) || !strings.ContainsAny(word, "/.") {
			continue // what has no slash is searched for in PATH; a script in the work tree has one, or an extension
		}
		path := gitdir.Resolve(p.Place.Root, filepath.FromSlash(word))
		info, err := os.Stat(path)
		switch {
		case err != nil || !info.Mode().IsRegular():
		case info.Size() > maxProgram:
			p.values["the program "+object.Name(path)] = fmt.Sprintf("%d bytes of %s", info.Size(), info.ModTime().UTC())
		default:
			content, err := gitdir.ReadSmall(path, maxProgram)
			if err != nil {
				return err
			}
			p.values["the program "+object.Name(path)] = digest(content)
		}
	}
	return nil
}

// maxSubmodules is how deep submodules may lie in each other.
const maxSubmodules = 8

// submodules adds the configuration of those that are checked out: git status runs a git in each of them.
func (p programs) submodules(root, gitDir string, depth int) error {
	x, err := index.Open(filepath.Join(gitDir, "index"))
	if err != nil {
		return fmt.Errorf("looking for submodules: %w", err)
	}
	defer func() { _ = x.Close() }() // only read
	var found []string
	_, err = x.Each(func(e *index.Entry) bool {
		if e.Mode() == object.ModeSubmodule {
			found = append(found, string(e.Name))
		}
		return len(found) <= maxProgramFiles
	})
	if err != nil { // an index that only git reads; one that became so since the launch hides what it holds
		p.add("the index of "+object.Name(root), digest([]byte(err.Error())))
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
		if err := p.file(filepath.Join(own, "config")); err != nil {
			return err
		}
		if err := p.submodules(dir, own, depth+1); err != nil {
			return err
		}
	}
	return nil
}
