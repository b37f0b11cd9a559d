package trace

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stopgate/hook/transcript"
)

// TestWritesUnnamed: a file that a command writes by a pattern, a loop or a search is its change. One that it only reads, that has another name, or
// that is in a folder which the text does not show, is not.
func TestWritesUnnamed(t *testing.T) {
	t.Parallel()
	const repo = "/home/u/repo"
	for command, writes := range map[string]bool{
		"sed -i s/a/b/ src/*.js":                                            true,
		"cd /home/u/repo && sed -i s/a/b/ src/*.js":                         true,
		"rm -f src/app.*":                                                   true,
		"cd trees && for d in ../sr*; do echo x >> $d/app.js; done":         true,
		"find src -name '*.js' -exec sed -i s/a/b/ {} +":                    true,
		"find . -type f -name 'app.js' | xargs sed -i s/a/b/":               true,
		"grep -rl foo src | xargs -r perl -pi -e s/a/b/":                    true,
		"grep -rl foo --include '*.js' . | xargs sed -i s/a/b/":             true,
		"find . -name '*.js' -delete":                                       true,
		"echo; (cd src && sed -i s/a/b/ app.js)":                            true,
		"pushd src && echo x >> app.js; popd":                               true,
		"cd trees && cd ../src && echo x >> app.js && cd -":                 true,
		"bash -c 'cd src && echo x >> app.js'":                              true,
		"cd trees; (cd ..; cat > src/app.js <<'E'\nx\nE\n)":                 true,
		"cd trees/T-1 && ln -s ../../ m && echo x > m/src/app.js; rm m":     true,
		"ln -s src trees/m; cp /tmp/app.js trees/m/app.js":                  false, // to trees/src
		"ln -sfn $PWD/src m; ls m; (cd src && cat app.js)":                  false,
		"(cd $WT && sed -i s/a/b/ src/app.js)":                              false,
		"(cd src && sed -n s/a/b/p app.js) > /tmp/x":                        false,
		"pushd src; popd; echo x > app.js":                                  false,
		"(cd src; npm test); echo x > app.js":                               false,
		"rm -rf src":                                                        true,
		"(cd src/.. && rm -r src lib)":                                      true,
		"mv src lib":                                                        true,
		"mv /tmp/src src2":                                                  false,
		"rm -rf node_modules src/app.js.map":                                false,
		"sed -n s/a/b/p src/*.js":                                           false,
		"cat src/*.js > /tmp/all.js":                                        false,
		"cd trees/T-1 && sed -i s/a/b/ src/*.js":                            false,
		"cd $WT && sed -i s/a/b/ src/*.js":                                  false,
		"cd \"$(git rev-parse --show-toplevel)\" && sed -i s/a/b/ src/*.js": false,
		"sed -i s/a/b/ trees/T-1/src/*.js":                                  false,
		"sed -i s/a/b/ src/*.ts":                                            false,
		"sed -i s/a/b/ *.js":                                                false,
		"find trees/T-1 -name '*.js' | xargs sed -i s/a/b/":                 false,
		"find . -name '*.pyc' -delete":                                      false,
		"find . -path './trees/T-1/*' -name '*.js' | xargs sed -i s/a/b/":   false,
		"find src -name '*.js' | xargs grep -l foo":                         false,
		"grep -rl foo src | xargs cat":                                      false,
		"grep -rn foo src | xargs sed -i s/a/b/":                            false,
		"grep -rl foo --include '*.py' . | xargs sed -i s/a/b/":             false,
		"find src -name '*.js' -exec grep foo {} +":                         false,
	} {
		agent := &transcript.Agent{ToolUses: []transcript.ToolUse{{Name: "Bash", Command: command, CWD: repo, Outcome: transcript.Succeeded}}}
		if got := LastChanging(Commands(agent, time.Time{}, nil), repo, "src/app.js").Text != ""; got != writes {
			t.Errorf("%s: %t", command, got)
		}
	}
}

// TestMatching: a pattern is expanded as filepath.Glob expands it, and not beyond its bounds.
func TestMatching(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"trees/T-1/src/a.js", "trees/T-1/src/b.ts", "trees/T-2/src/a.js", "trees/T-2/x", "src/a.js"} {
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, nil, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for _, pattern := range []string{"trees/*/src/*.js", "trees/T-?/x", "*/a.js", "src/a.js", "none/*", "trees/[T]*", "trees/[", "*"} {
		want, _ := filepath.Glob(filepath.Join(dir, pattern)) // none for a wrong pattern
		got := matching(filepath.Join(dir, pattern))
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", pattern, got, want)
		}
	}
	for i := range 3 * maxMatching {
		if err := os.Mkdir(filepath.Join(dir, fmt.Sprint("d", i)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(matching(filepath.Join(dir, "*"))); n != maxMatching {
		t.Errorf("%d paths of many match", n)
	}
	if got := matching("/" + strings.Repeat("*/", 1000) + "*"); len(got) > maxMatching {
		t.Errorf("%d paths of the whole disk match", len(got))
	}
}

// TestCopied: a file is the change of a command that copies one of its name into the folder, or that puts files of unknown names there and was running
// when it was written.
func TestCopied(t *testing.T) {
	t.Parallel()
	main := t.TempDir()
	file, tree := filepath.Join(main, "src", "app.js"), filepath.Join(main, "trees", "T-1")
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	const never, ifRunning, always = 0, 1, 2
	for command, writes := range map[string]int{
		"cp src/app.js ../../src/":                                  always,
		"cp -v lib/app.js src/util.js ../../src":                    always,
		"cp -t ../../src src/app.js":                                always,
		"cp src/*.js ../../src":                                     always,
		"cp -r src ../..":                                           always,
		"cd src && cp -R . ../../../src/":                           always,
		"rsync -a --delete src/ ../../src":                          always,
		"rsync -av src ../../":                                      always,
		"mv lib ../../src":                                          ifRunning,
		"for f in $(git diff --name-only); do cp $f ../../$f; done": ifRunning,
		"git diff --name-only | xargs -I{} cp {} ../../{}":          ifRunning,
		"git diff | git -C ../.. apply":                             ifRunning,
		"git diff > /tmp/p && cd ../.. && git apply --3way /tmp/p":  ifRunning,
		"patch -p1 -d ../.. < /tmp/p":                               ifRunning,
		"unzip -qo /tmp/work.zip -d ../..":                          ifRunning,
		"tar c src | tar x -C ../..":                                ifRunning,
		"tar cf - src | (cd ../.. && tar xf -)":                     ifRunning,
		"tar c -C ../.. src | tar x -C /tmp":                        never,
		"(cd ../.. && tar cf /tmp/a.tar src)":                       never,
		"git -C ../.. stash list":                                   never,
		`python3 -c "import shutil; shutil.copytree('src', '../../src', dirs_exist_ok=True)"`:                                                               ifRunning,
		`python3 -c "import shutil, os; shutil.copytree('src', os.path.join('..', '..', 'src'), dirs_exist_ok=True)"`:                                       ifRunning,
		"python3 - <<'E'\nfrom pathlib import Path\nfor f in Path('src').iterdir():\n  (Path('..') / '..' / 'src' / f.name).write_bytes(f.read_bytes())\nE": ifRunning,
		`node -e "require('fs').cpSync('src', '../../src', {recursive: true})"`:                                                                             ifRunning,
		`node -e "const p=require('path'), fs=require('fs'); fs.copyFileSync('src/app.js', p.join('../..', 'src', 'app.js'), 0)"`:                           ifRunning,
		`python3 -c "import shutil; shutil.copytree('../../src', 'src', dirs_exist_ok=True)"`:                                                               never,
		`python3 -c "import os; print(os.listdir('../../src'))"`:                                                                                            never,
		`python3 -c "open('src/x', 'w').write(str(1))"`:                                                                                                     never,
		"cp src/app.js " + filepath.Dir(main) + "/app.$$ && cat src/app.js":                                                                                 never, // above the worktree
		"cp src/app.js " + filepath.Dir(main) + "/$NAME":                                                                                                    never,
		"cp src/app.js src.$$":                         never,
		"cp -r src /elsewhere/copy":                    never,
		"cp ../../src/app.js /tmp":                     never,
		"cp src/app.js ../../docs/":                    never,
		"cp -r ../../src .":                            never,
		"rsync -a ../../src/ src/":                     never,
		"cp src/app.js \"$OUT/src/\"":                  never,
		"git apply --check /tmp/p && git apply /tmp/p": never,
		"git -C ../.. apply --stat /tmp/p":             never,
		"patch -p1 < /tmp/p":                           never,
	} {
		for running, least := range map[bool]int{true: ifRunning, false: always} {
			began := time.Now().Add(time.Hour)
			if running {
				began = time.Now().Add(-time.Minute)
			}
			agent := &transcript.Agent{ToolUses: []transcript.ToolUse{{
				Name: "Bash", Command: command, CWD: tree, Outcome: transcript.Succeeded, Time: began, ResultTime: began.Add(2 * time.Minute),
			}}}
			if got := LastChanging(Commands(agent, time.Time{}, nil), main, "src/app.js").Text != ""; got != (writes >= least) {
				t.Errorf("%s: %t, while it ran: %t", command, got, running)
			}
		}
	}
}

// TestScriptThatReads: a script in the text of a command that only reads a file does not change it.
func TestScriptThatReads(t *testing.T) {
	t.Parallel()
	for command, changes := range map[string]bool{
		`python3 -c "import json; print(json.load(open('../../src/app.json'))['a'])"`:                                       false,
		`node -e "console.log(require('fs').readFileSync('../../src/app.json', 'utf8'))"; ls`:                               false,
		"python3 - <<'EOF'\nfor line in open('../../src/app.json'):\n    print(line)\nEOF":                                  false,
		`node -e "const fs=require('fs'); fs.writeFileSync('src/app.json', fs.readFileSync('../../src/app.json', 'utf8'))"`: false,
		"python3 - <<'EOF'\nopen('src/app.json', 'w').write(open('../../src/app.json', encoding='utf-8').read())\nEOF":      false,
		`python3 -c "from pathlib import Path; Path('a').write_text(Path('../../src/app.json').read_text())"`:               false,
		`python3 -c "from pathlib import Path; Path('../../src/app.json').write_text(Path('a').read_text())"`:               true,
		`python3 -c "open('../../src/app.json', m).write('x')"`:                                                             true,
		`python3 -c "import json; json.dump({}, open('../../src/app.json', 'w'))"`:                                          true,
		`node -e "require('fs').cpSync('src/app.json', '../../src/app.json')"`:                                              true,
		`python3 -c "print(open('a').read())" > ../../src/app.json`:                                                         true,
		`python3 -c "print(1)"; sed -i s/a/b/ ../../src/app.json`:                                                           true,
	} {
		agent := &transcript.Agent{ToolUses: []transcript.ToolUse{{Name: "Bash", Command: command, CWD: "/r/trees/T-1", Outcome: transcript.Succeeded}}}
		if got := LastChanging(Commands(agent, time.Time{}, nil), "/r", "src/app.json").Text != ""; got != changes {
			t.Errorf("%s: %t", command, got)
		}
	}
}

// TestManyMegabytes: the text that an agent ran may have many megabytes. Only a part of it is followed, and none before somebody asks.
func TestManyMegabytes(t *testing.T) {
	t.Parallel()
	const short = "sed -i s/a/b/ src/*.js"
	long := strings.Repeat("echo x && ", 100<<10) + short
	agent := &transcript.Agent{ID: "a1"}
	for _, command := range []string{short, long, long, long, long, long, short} {
		agent.ToolUses = append(agent.ToolUses, transcript.ToolUse{Name: "Bash", Command: command, CWD: "/home/u/repo"})
	}
	list := Commands(agent, time.Time{}, nil)
	if len(list) != len(agent.ToolUses) {
		t.Fatalf("%d commands", len(list))
	}
	if first, last := list[0], list[len(list)-1]; !writesUnnamed(first, "/home/u/repo", "src/app.js") || last.spreads != nil {
		t.Errorf("the first is followed: %t, the last one: %t", first.spreads != nil, last.spreads != nil)
	}
}
