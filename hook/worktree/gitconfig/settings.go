// Package gitconfig reads the configuration that decides what git calls a change. It reads all files that git would read, with their includes. An
// error means that only git knows the configuration.
package gitconfig

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"stopgate/hook/worktree/gitcmd"
	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/ignore"
)

// Settings are the configuration that decides what git calls a change.
type Settings struct {
	FileMode         bool // core.fileMode: the executable bit counts
	IgnoreCase       bool // core.ignoreCase
	Precompose       bool // core.precomposeUnicode
	TrustCtime       bool // core.trustctime
	MinimalStat      bool // core.checkStat=minimal
	AutoCRLF         bool // core.autocrlf is true or input
	SafeCRLF         bool // core.safecrlf is true: git refuses to store line endings that it could not restore
	Sparse           bool // core.sparseCheckout is true, and files outside the sparse checkout are unexpected: git looks whether they exist
	ExcludesFile     string
	AttributesFile   string
	SystemAttributes string
	Filters          map[string]bool // names of the filter drivers that are configured, except those with smudge alone
}

// Load reads the configuration that applies in place (git-config(1), "FILES", "Includes", "Conditional includes"). After any error the caller must
// ask git.
func Load(place gitdir.Place, env gitcmd.Git) (Settings, error) {
	local, worktree := filepath.Join(place.CommonDir, "config"), filepath.Join(place.GitDir, "config.worktree")
	var format gitdir.Config
	if err := format.ReadFile(local); err != nil {
		return Settings{}, err
	}
	if err := checkFormat(format); err != nil {
		return Settings{}, err
	}
	l := Loader{Place: place, Env: env, Values: gitdir.Config{}}
	files, err := ConfigFiles(env)
	if err != nil {
		return Settings{}, err
	}
	files = append(files, local)
	if format.IsTrue("extensions.worktreeconfig") {
		files = append(files, worktree)
	}
	for _, file := range files {
		if err := l.Load(file, 0); err != nil {
			return Settings{}, err
		}
	}
	if err := l.fromEnvironment(); err != nil {
		return Settings{}, err
	}
	return l.settings()
}

// ErrElsewhere means that git uses another directory as the worktree. Git's answers are about that directory and tell nothing about this one.
var ErrElsewhere = errors.New("git has its work tree elsewhere")

// maxVariables is the largest number of variables in the environment.
const maxVariables = 1000

// fromEnvironment adds the variables of GIT_CONFIG_COUNT, GIT_CONFIG_KEY_n and GIT_CONFIG_VALUE_n. They override all files (git-config(1),
// "Environment").
func (l *Loader) fromEnvironment() error {
	if l.Env.Get("GIT_CONFIG_PARAMETERS") != "" {
		return errors.New("GIT_CONFIG_PARAMETERS is set")
	}
	count := l.Env.Get("GIT_CONFIG_COUNT")
	if count == "" {
		return nil
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 0 || n > maxVariables {
		return fmt.Errorf("GIT_CONFIG_COUNT is %q", count)
	}
	for i := range n {
		key, found := l.Env.Lookup(fmt.Sprint("GIT_CONFIG_KEY_", i))
		value, set := l.Env.Lookup(fmt.Sprint("GIT_CONFIG_VALUE_", i))
		first, last := strings.IndexByte(key, '.'), strings.LastIndexByte(key, '.')
		if !found || !set || first < 0 {
			return fmt.Errorf("the environment lacks variable %d of %d, or its name is no good", i, n)
		}
		name := strings.ToLower(key[:first]) + key[first:last] + strings.ToLower(key[last:])
		if strings.HasPrefix(name, "include") {
			return fmt.Errorf("the environment sets %s", name)
		}
		l.Values.Set(name, gitdir.Value{Text: value, Present: true})
	}
	return nil
}

// checkFormat fails for a repository format that this package cannot read (gitrepository-layout(5), git-config(1) "extensions.*").
func checkFormat(format gitdir.Config) error {
	version := "0"
	if v, found := format.Get("core.repositoryformatversion"); found {
		version = v
	}
	if version != "0" && version != "1" {
		return fmt.Errorf("repository format version %q", version)
	}
	for name, v := range format {
		extension, found := strings.CutPrefix(name, "extensions.")
		if !found {
			continue
		}
		switch extension {
		case "noop", "worktreeconfig", "preciousobjects", "partialclone":
			continue
		case "noop-v1", "relativeworktrees":
			if version == "1" {
				continue
			}
		case "objectformat":
			if version == "1" && v.Text == "sha1" {
				continue
			}
		case "refstorage":
			if version == "1" && v.Text == "files" {
				continue
			}
		}
		return fmt.Errorf("repository extension %s=%s", extension, v.Text)
	}
	return nil
}

// ConfigFiles returns the paths of the system-wide and the user's configuration files. A later file takes precedence over an earlier one. The files
// need not exist.
func ConfigFiles(e gitcmd.Git) ([]string, error) {
	var files []string
	if value := e.Get("GIT_CONFIG_NOSYSTEM"); value == "" || value == "0" || value == "false" {
		system, err := systemConfig(e)
		if err != nil {
			return nil, err
		}
		files = append(files, system...)
	}
	if global, found := e.Lookup("GIT_CONFIG_GLOBAL"); found {
		return append(files, global), nil
	}
	home := e.Get("HOME")
	switch xdg := e.Get("XDG_CONFIG_HOME"); {
	case xdg != "":
		files = append(files, filepath.Join(xdg, "git", "config"))
	case home != "":
		files = append(files, filepath.Join(home, ".config", "git", "config"))
	}
	if home != "" {
		files = append(files, filepath.Join(home, ".gitconfig"))
	}
	return files, nil
}

// systemConfig returns the path of $(prefix)/etc/gitconfig. The prefix is compiled into git. On Linux it is /usr, unless git is installed
// elsewhere: then only git knows it.
func systemConfig(e gitcmd.Git) ([]string, error) {
	if file, found := e.Lookup("GIT_CONFIG_SYSTEM"); found {
		return []string{file}, nil
	}
	file, err := systemFile(e, "gitconfig", func(file string) bool { return (&Loader{Env: e}).fileDecides(file, 0) })
	if file == "" {
		return nil, err
	}
	return []string{file}, err
}

// systemAttributes returns the path of $(prefix)/etc/gitattributes; "" for none.
func systemAttributes(e gitcmd.Git) (string, error) {
	if value := e.Get("GIT_ATTR_NOSYSTEM"); value != "" && value != "0" && value != "false" {
		return "", nil
	}
	return systemFile(e, "gitattributes", func(string) bool { return true })
}

// systemFile returns the path of the system-wide file of that name; "" for none. It fails if only git knows whether it reads a file for which
// matters returns true.
func systemFile(e gitcmd.Git, name string, matters func(file string) bool) (string, error) {
	usual := "/etc/" + name
	if gitInUsr(e) {
		return usual, nil
	}
	for _, file := range append(otherSystemFiles(e, name), usual) {
		if info, err := os.Stat(file); err == nil && info.Size() > 0 && matters(file) {
			return "", fmt.Errorf("only git knows whether %q applies", file)
		}
	}
	return "", nil
}

// gitInUsr reports whether git's prefix is /usr. If there is no git, it returns true, except on macOS.
func gitInUsr(e gitcmd.Git) bool {
	if runtime.GOOS == "darwin" {
		return false // Apple's git is in /usr/bin and has its files elsewhere
	}
	real, err := filepath.EvalSymlinks(e.Path)
	return e.Path == "" || err == nil && filepath.Dir(real) == "/usr/bin"
}

// otherSystemFiles returns the paths at which a git outside /usr may have a system-wide file.
func otherSystemFiles(e gitcmd.Git, name string) []string {
	files := []string{
		"/Library/Developer/CommandLineTools/usr/share/git-core/" + name,
		"/Applications/Xcode.app/Contents/Developer/usr/share/git-core/" + name,
	}
	for _, binary := range []string{e.Path, gitdir.RealPath(e.Path)} {
		if binary != "" {
			files = append(files, filepath.Join(filepath.Dir(filepath.Dir(binary)), "etc", name))
		}
	}
	return files
}

// settings returns the Settings that the variables mean. It fails if a value is invalid, or if only git can follow it.
func (l *Loader) settings() (Settings, error) {
	var s Settings
	var errs []error
	boolean := func(name string, otherwise bool) bool {
		value, err := l.Values.Boolean(name, otherwise)
		errs = append(errs, err)
		return value
	}
	file := func(name, user string) string {
		v, found := l.Values[name]
		if !found {
			return ignore.UserFile(user, l.Env.Get)
		}
		path, err := Expand(l.Env, v)
		errs = append(errs, err)
		if path == "" {
			return ""
		}
		return gitdir.Resolve(l.Place.Root, path)
	}
	s.FileMode = boolean("core.filemode", true)
	s.IgnoreCase = boolean("core.ignorecase", false)
	s.Precompose = boolean("core.precomposeunicode", false)
	s.TrustCtime = boolean("core.trustctime", true)
	s.Sparse = boolean("core.sparsecheckout", false) && !boolean("sparse.expectfilesoutsideofpatterns", false)
	s.ExcludesFile = file("core.excludesfile", "ignore")
	s.AttributesFile = file("core.attributesfile", "attributes")
	if v, found := l.Values.Get("core.checkstat"); found {
		s.MinimalStat = strings.EqualFold(v, "minimal")
	}
	if v, found := l.Values.Get("core.autocrlf"); found {
		s.AutoCRLF = strings.EqualFold(v, "input") || boolean("core.autocrlf", false)
	}
	if v, found := l.Values.Get("core.safecrlf"); found {
		s.SafeCRLF = !strings.EqualFold(v, "warn") && boolean("core.safecrlf", false)
	}
	for name, v := range l.Values {
		driver, found := strings.CutPrefix(name, "filter.")
		if dot := strings.LastIndexByte(driver, '.'); found && dot >= 0 && v.Text != "" && driver[dot:] != ".smudge" {
			if s.Filters == nil {
				s.Filters = map[string]bool{}
			}
			s.Filters[driver[:dot]] = true
		}
	}
	system, err := systemAttributes(l.Env)
	s.SystemAttributes = system
	errs = append(errs, err)
	if tree, found := l.Values.Get("attr.tree"); found {
		errs = append(errs, fmt.Errorf("attr.tree is %q", tree)) // git 2.43 and later read attributes from this tree
	}
	if !boolean("core.symlinks", true) {
		errs = append(errs, fmt.Errorf("core.symlinks is false"))
	}
	linked := l.Place.GitDir != l.Place.CommonDir
	if boolean("core.bare", false) && !linked {
		errs = append(errs, fmt.Errorf("core.bare is true"))
	}
	if dir, found := l.Values.Get("core.worktree"); found && (!linked || l.Values.IsTrue("extensions.worktreeconfig")) {
		if gitdir.RealPath(gitdir.Resolve(l.Place.GitDir, dir)) != l.Place.Root {
			errs = append(errs, fmt.Errorf("%w: core.worktree is %q", ErrElsewhere, dir))
		}
	}
	return s, errors.Join(errs...)
}
