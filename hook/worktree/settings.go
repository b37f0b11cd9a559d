package worktree

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"stopgate/hook/worktree/ignore"
)

// settings are the configuration that decides what git calls changed.
type settings struct {
	fileMode       bool // core.fileMode: the executable bit counts
	ignoreCase     bool // core.ignoreCase
	precompose     bool // core.precomposeUnicode
	trustCtime     bool // core.trustctime
	minimalStat    bool // core.checkStat=minimal
	autoCRLF       bool // core.autocrlf is true or input
	sparse         bool // core.sparseCheckout, and files outside it are unexpected
	excludesFile   string
	attributesFile string
	systemAttrs    string
	filters        map[string]bool // names of the filter drivers that do something
}

// loadSettings reads the configuration that applies in place, as git-config(1)
// tells ("FILES", "Includes", "Conditional includes"). Any error means that git
// has to decide.
func loadSettings(place Place, env environment) (settings, error) {
	local, worktree := filepath.Join(place.CommonDir, "config"), filepath.Join(place.GitDir, "config.worktree")
	var format config
	if err := format.readFile(local); err != nil {
		return settings{}, err
	}
	if err := checkFormat(format); err != nil {
		return settings{}, err
	}
	l := configLoader{place: place, env: env, values: config{}}
	files, err := configFiles(env)
	if err != nil {
		return settings{}, err
	}
	files = append(files, local)
	if format.isTrue("extensions.worktreeconfig") {
		files = append(files, worktree)
	}
	for _, file := range files {
		if err := l.load(file, 0); err != nil {
			return settings{}, err
		}
	}
	return l.settings()
}

// checkFormat refuses repository formats that this package does not read
// (gitrepository-layout(5), git-config(1) "extensions.*").
func checkFormat(format config) error {
	version := "0"
	if v, found := format.get("core.repositoryformatversion"); found {
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
			if version == "1" && v.text == "sha1" {
				continue
			}
		case "refstorage":
			if version == "1" && v.text == "files" {
				continue
			}
		}
		return fmt.Errorf("repository extension %s=%s", extension, v.text)
	}
	return nil
}

// configFiles are the files outside the repository, the weakest first.
func configFiles(e environment) ([]string, error) {
	var files []string
	if value := e.get("GIT_CONFIG_NOSYSTEM"); value == "" || value == "0" || value == "false" {
		system, err := systemConfig(e)
		if err != nil {
			return nil, err
		}
		files = append(files, system...)
	}
	if global, found := e.lookup("GIT_CONFIG_GLOBAL"); found {
		return append(files, global), nil
	}
	home := e.get("HOME")
	switch xdg := e.get("XDG_CONFIG_HOME"); {
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

// systemConfig finds $(prefix)/etc/gitconfig. The prefix is compiled into git; on
// Linux it is /usr unless git is installed somewhere else, and then only git
// knows.
func systemConfig(e environment) ([]string, error) {
	if file, found := e.lookup("GIT_CONFIG_SYSTEM"); found {
		return []string{file}, nil
	}
	usual := "/etc/gitconfig"
	if gitInUsr(e) {
		return []string{usual}, nil
	}
	for _, file := range append(otherSystemFiles(e, "gitconfig"), usual) {
		if info, err := os.Stat(file); err == nil && info.Size() > 0 {
			return nil, fmt.Errorf("only git knows whether %q applies", file)
		}
	}
	return nil, nil
}

// systemAttributes finds $(prefix)/etc/gitattributes.
func systemAttributes(e environment) (string, error) {
	if value := e.get("GIT_ATTR_NOSYSTEM"); value != "" && value != "0" && value != "false" {
		return "", nil
	}
	usual := "/etc/gitattributes"
	if gitInUsr(e) {
		return usual, nil
	}
	for _, file := range append(otherSystemFiles(e, "gitattributes"), usual) {
		if info, err := os.Stat(file); err == nil && info.Size() > 0 {
			return "", fmt.Errorf("only git knows whether %q applies", file)
		}
	}
	return "", nil
}

// gitInUsr reports whether git has the prefix /usr, or there is none.
func gitInUsr(e environment) bool {
	if runtime.GOOS == "darwin" {
		return false // Apple's git in /usr/bin has its files elsewhere
	}
	real, err := filepath.EvalSymlinks(e.git)
	return e.git == "" || err == nil && filepath.Dir(real) == "/usr/bin"
}

// otherSystemFiles are the places where a git outside /usr may have its files.
func otherSystemFiles(e environment, name string) []string {
	files := []string{
		"/Library/Developer/CommandLineTools/usr/share/git-core/" + name,
		"/Applications/Xcode.app/Contents/Developer/usr/share/git-core/" + name,
	}
	for _, binary := range []string{e.git, realPath(e.git)} {
		if binary != "" {
			files = append(files, filepath.Join(filepath.Dir(filepath.Dir(binary)), "etc", name))
		}
	}
	return files
}

func realPath(path string) string {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return ""
	}
	return real
}

// settings interprets the variables.
func (l *configLoader) settings() (settings, error) {
	var s settings
	var errs []error
	boolean := func(name string, otherwise bool) bool {
		value, err := l.values.boolean(name, otherwise)
		errs = append(errs, err)
		return value
	}
	file := func(name, user string) string {
		v, found := l.values[name]
		if !found {
			return ignore.UserFile(user, l.env.get)
		}
		path, err := expand(l.env, v)
		errs = append(errs, err)
		if path == "" {
			return ""
		}
		return resolve(l.place.Root, path)
	}
	s.fileMode = boolean("core.filemode", true)
	s.ignoreCase = boolean("core.ignorecase", false)
	s.precompose = boolean("core.precomposeunicode", false)
	s.trustCtime = boolean("core.trustctime", true)
	s.sparse = boolean("core.sparsecheckout", false) && !boolean("sparse.expectfilesoutsideofpatterns", false)
	s.excludesFile = file("core.excludesfile", "ignore")
	s.attributesFile = file("core.attributesfile", "attributes")
	if v, found := l.values.get("core.checkstat"); found {
		s.minimalStat = strings.EqualFold(v, "minimal")
	}
	if v, found := l.values.get("core.autocrlf"); found {
		s.autoCRLF = strings.EqualFold(v, "input") || boolean("core.autocrlf", false)
	}
	for name, v := range l.values {
		driver, found := strings.CutPrefix(name, "filter.")
		if dot := strings.LastIndexByte(driver, '.'); found && dot >= 0 && v.text != "" && driver[dot:] != ".smudge" {
			if s.filters == nil {
				s.filters = map[string]bool{}
			}
			s.filters[driver[:dot]] = true
		}
	}
	system, err := systemAttributes(l.env)
	s.systemAttrs = system
	errs = append(errs, err)
	if !boolean("core.symlinks", true) {
		errs = append(errs, fmt.Errorf("core.symlinks is false"))
	}
	linked := l.place.GitDir != l.place.CommonDir
	if boolean("core.bare", false) && !linked {
		errs = append(errs, fmt.Errorf("core.bare is true"))
	}
	if dir, found := l.values.get("core.worktree"); found && (!linked || l.values.isTrue("extensions.worktreeconfig")) {
		if realPath(resolve(l.place.GitDir, dir)) != l.place.Root {
			errs = append(errs, fmt.Errorf("core.worktree is %q", dir))
		}
	}
	return s, errors.Join(errs...)
}
