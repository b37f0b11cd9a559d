package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"stopgate/scripts/client"
)

// stage is what all cases share: the program, the plugin around it, and template repositories.
type stage struct {
	dir, binary, plugin string
	// peers are other tools that are asked about the same events.
	peers []peer

	mu        sync.Mutex
	templates map[string]func() error
}

// newStage prepares the folder dir for cases of the program at binary. source is the folder of this project.
func newStage(dir, binary, source string) (*stage, error) {
	s := &stage{dir: dir, binary: binary, plugin: filepath.Join(dir, "plugin"), templates: map[string]func() error{}}
	for _, name := range []string{"scripts/ensure-binary.sh", "scripts/shim/git"} {
		text, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			return nil, fmt.Errorf("copying the plugin: %w", err)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(s.plugin, name)), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(s.plugin, name), text, 0o755); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(filepath.Join(s.plugin, "bin"), 0o755); err != nil {
		return nil, err
	}
	return s, os.Symlink(binary, filepath.Join(s.plugin, "bin", "stopgate"))
}

// The files of every template. Names and contents are such as git treats in different ways.
var baseFiles = map[string]string{
	".gitignore":           "/trees/\n/.claude/worktrees/\nnode_modules/\n*.log\n/build/\n/coverage/\n__pycache__/\n.env\n",
	".gitattributes":       "*.bat text eol=crlf\n*.png binary\n*.up filter=up\n",
	"README.md":            "# Shop\n\nSells things.\n",
	"src/app.js":           "export const retries = 0\nexport const name = 'app'\n",
	"src/util.js":          "export const add = (a, b) => a + b\n",
	"src/lib/calc.py":      "def add(a, b):\n    return a + b\n",
	"src/lib/old.py":       "def old():\n    return 'a function that is long enough to be found again after a rename'\n",
	"src/naïve ünïcode.js": "export const accent = true\n",
	"src/win.bat":          "@echo off\necho done\n",
	"src/upper.up":         "some text\n",
	"docs/guide.md":        "# Guide\n\nRead this.\n",
	"docs/api report.md":   "# API\n",
	"tests/app.test.js":    "test('retries', () => {})\n",
	"tests/test_calc.py":   "from src.lib.calc import add\n\ndef test_add():\n    assert add(1, 2) == 3\n",
	"package.json":         "{\"name\": \"shop\", \"version\": \"1.0.0\", \"scripts\": {\"test\": \"echo 'Tests:       3 passed, 3 total'\"}}\n",
	"package-lock.json":    "{\"name\": \"shop\", \"lockfileVersion\": 3, \"packages\": {}}\n",
	"go.mod":               "module shop\n\ngo 1.22\n",
	"main.go":              "package main\n\nfunc main() {\n}\n",
	"Makefile":             "gen:\n\tdate +%N > src/generated.js\n\ntest:\n\t@if [ -n '$(BROKEN)' ]; then echo 'Tests:       1 failed, 2 passed, 3 total'; false; else echo 'Tests:       3 passed, 3 total'; fi\n",
	"run.sh":               "#!/bin/sh\necho run\n",
	"config/app.yml":       "retries: 0\n",
	"data/big.csv":         strings.Repeat("1,2,3,4,5,6,7,8\n", 4000),
}

// The worktrees of every template.
const (
	taskTree  = "trees/T-1-retries"
	otherTree = "trees/T-2-mails"
)

// templateScripts make the special templates out of the base, before the worktrees are added. The working directory is the repository.
var templateScripts = map[string]string{
	"plain": "",
	"crlf":  "git config core.autocrlf true",
	"filter": `git config filter.up.clean 'tr a-z A-Z'; git config filter.up.smudge 'tr A-Z a-z'; git config filter.up.required true
rm src/upper.up; echo 'some text' > src/upper.up; git add src/upper.up; git commit -qm filtered`,
	"submodule": `git init -q -b main ../lib; echo l > ../lib/l.txt; git -C ../lib add .; git -C ../lib commit -qm l
git -c protocol.file.allow=always submodule --quiet add "$PWD/../lib" vendor/lib; git commit -qm module`,
	"big":    `i=0; while [ $i -lt 30 ]; do mkdir -p pkg/p$i; j=0; while [ $j -lt 40 ]; do echo "package $i file $j" > pkg/p$i/f$j.go; j=$((j+1)); done; i=$((i+1)); done; git add pkg; git commit -qm packages`,
	"huge":   `for i in $(seq 100); do mkdir -p pkg/p$i; for j in $(seq 100); do echo "package $i file $j" > pkg/p$i/f$j.go; done; done; git config gc.auto 0; git add pkg; git commit -qm packages; git gc -q`,
	"hooks":  `mkdir -p .githooks; printf '#!/bin/sh\nexit 0\n' > .githooks/pre-commit; chmod +x .githooks/pre-commit; git add .githooks; git commit -qm hooks; git config core.hooksPath .githooks`,
	"remote": `git init -q --bare -b main ../origin.git; git remote add origin "$PWD/../origin.git"; git push -q -u origin main; git branch idle`,
	"packed": `git tag v1; git gc -q`,
	"links":  `mkdir -p links; ln -s ../src/app.js links/app.js; ln -s ../src links/src; ln -s nowhere links/broken; git add links; git commit -qm links`,
	"quoted": `git config core.quotePath true; git config status.showUntrackedFiles all; git config core.untrackedCache true; git config core.preloadIndex false`,
	"silent": `git config status.showUntrackedFiles no`,
	"deep":   `mkdir -p a/b/c/d/e/f/g; echo 1 > a/b/c/d/e/f/g/h.txt; echo 2 > "a/b/with space.txt"; echo 3 > 'a/b/[x].txt'; echo 4 > 'a/-dash.txt'; echo 5 > "a/quo'te.txt"; git add a; git commit -qm deep`,
}

// template makes a template repository unless it is there, and returns its folder.
func (s *stage) template(name string) (string, error) {
	dir := filepath.Join(s.dir, "templates", name)
	s.mu.Lock()
	once := s.templates[name]
	if once == nil {
		once = sync.OnceValue(func() error { return makeTemplate(dir, templateScripts[name]) })
		s.templates[name] = once
	}
	s.mu.Unlock()
	return dir, once()
}

func makeTemplate(dir, script string) error {
	repo := filepath.Join(dir, "repo")
	for name, text := range baseFiles {
		path := filepath.Join(repo, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	for _, folder := range []string{"home", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			return err
		}
	}
	all := "git init -q -b main\nchmod +x run.sh\ngit add -A\ngit commit -qm first\n" + script +
		"\ngit worktree add -q " + taskTree + " -b T-1\ngit worktree add -q " + otherTree + " -b T-2\nrm -f .git/hooks/*.sample\n"
	if strings.Contains(script, "submodule") {
		all += "for t in " + taskTree + " " + otherTree + "; do (cd $t; git -c protocol.file.allow=always submodule --quiet update --init); done\n"
	}
	cmd := exec.Command("sh", "-ec", all)
	cmd.Dir, cmd.Env = repo, client.Environment(dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("making a template: %w\n%s", err, out)
	}
	return nil
}

// newWorld copies a template into a folder of its own. git's files name the worktrees by their absolute paths, so they are rewritten.
func (s *stage) newWorld(name string, number int, rng *rand.Rand) (*world, error) {
	from, err := s.template(name)
	if err != nil {
		return nil, err
	}
	w := &world{rng: rng, stage: s, dir: filepath.Join(s.dir, fmt.Sprintf("case-%d", number)), made: map[string]string{}, objections: map[string]map[string]bool{}}
	w.repo = filepath.Join(w.dir, "repo")
	w.env = append(client.Environment(w.dir), "STOPGATE_STATE_DIR="+filepath.Join(w.dir, "state"), "CLAUDE_PROJECT_DIR="+w.repo, "CLAUDE_PLUGIN_ROOT="+s.plugin)
	w.openSession("s1")
	if err := copyTree(from, w.dir); err != nil {
		_ = os.RemoveAll(w.dir) // a second attempt makes it anew
		return nil, err
	}
	return w, nil
}

// isShared reports whether a file of a template is not copied but linked: there are very many, and no case writes into them.
func isShared(path string) bool {
	return strings.Contains(path, "/templates/huge/") && strings.Contains(path, "/pkg/")
}

// copyTree copies a folder. Small files of git that name the old place name the new one afterwards.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := to + strings.TrimPrefix(path, from)
		switch info, err := d.Info(); {
		case err != nil:
			return err
		case d.IsDir():
			return os.Mkdir(target, 0o755)
		case d.Type()&fs.ModeSymlink != 0:
			link, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(link, target)
		case !d.Type().IsRegular():
			return errors.New(path + " is no file")
		case isShared(path):
			return os.Link(path, target)
		default:
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if d.Name() == ".git" || d.Name() == "gitdir" || d.Name() == "config" || d.Name() == ".gitmodules" {
				text = []byte(strings.ReplaceAll(string(text), from+"/", to+"/"))
			}
			if err := os.WriteFile(target, text, info.Mode().Perm()); err != nil {
				return err
			}
			return os.Chtimes(target, info.ModTime(), info.ModTime())
		}
	})
}
