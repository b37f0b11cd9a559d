package evidence

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"time"

	"stopgate/hook/shell"
	"stopgate/hook/shell/argv"
)

// Place is the worktree that a gate is for.
type Place struct {
	// Names are the paths by which a command can name the worktree, absolute or relative.
	Names []string
	// Others are the absolute paths of other worktrees of the repository, the main one too.
	Others []string
	// Prompt is what the gate was asked for.
	Prompt string
	// Since is when the work that the gate checks stopped; the zero time if unknown.
	Since time.Time
	// Read returns the text of a file, and when that was last changed; "" if it cannot be read. It may be nil.
	Read func(name string) (text string, changed time.Time)
}

// elsewhere returns the folder of a run if that is not the worktree. If the folder is unknown, the run counts as in the worktree.
func elsewhere(r run, at Place) (dir string, elsewhere bool) {
	if len(at.Names) == 0 {
		return "", false
	}
	if r.clone != "" {
		return r.clone, true
	}
	for _, t := range r.tests {
		dir := sourcesOf(t.Text())
		if from := r.folder(t); dir != "" && !path.IsAbs(dir) && path.IsAbs(from) && !strings.ContainsAny(dir, "$`~") {
			switch dir = path.Join(from, dir); {
			case at.holds(dir):
				continue
			case holds(at.Others, dir):
				return dir, true
			}
		}
		if path.IsAbs(dir) && !at.holds(dir) && !at.named(dir) {
			return dir, true
		}
		if dir := operandIn(r, t, at); dir != "" {
			return dir, true
		}
		dir = r.folder(t)
		if dir == "" || at.holds(dir) || at.named(t.Text()) {
			continue
		}
		if t.Dir != "" && holds(at.Others, dir) || !at.named(r.Command) {
			return dir, true // into another worktree, whatever the script names before that
		}
	}
	return "", false
}

// clones are the folders, as written, that hold only what is committed: a clone, or an archive of a commit that was extracted. In a worktree with work
// in it they are other code, until something of the worktree is brought there.
type clones map[string]bool

// follow takes in a script, and returns the clone in which all of those tests ran; "" if there is none.
func (c clones) follow(script, tests []shell.Run) (clone string) {
	archived := false
	for _, r := range script {
		words := r.Bare()
		switch o := argv.Read(words[min(1, len(words)):], "-C -c -b -o -u -j --branch --depth --origin --reference"); {
		case program(words) == "git" && o.First() == "clone" && len(o.Operands) > 1:
			target := strings.TrimSuffix(o.Operands[len(o.Operands)-1], ".git")
			if len(o.Operands) == 2 {
				target = path.Base(target)
			}
			if target == "." {
				target = r.Lost
			}
			c[target] = true
		case program(words) == "git" && o.First() == "archive":
			archived = true
		case archived && program(words) == "tar":
			c[shell.Fills(r)] = true
		case slices.ContainsFunc(words, func(w string) bool { return slices.Contains(bringers, path.Base(w)) }):
			clear(c)
		}
	}
	for _, t := range tests {
		dir := cmp.Or(sourcesOf(t.Text()), t.Lost)
		if clone = c.holding(dir); clone == "" {
			return ""
		}
	}
	return clone
}

// holding returns the clone that a folder is, or is in, as written.
func (c clones) holding(dir string) string {
	for name := range c {
		if name != "" && dir != "" && (dir == name || strings.HasPrefix(dir, name+"/") || strings.HasSuffix(name, "/"+dir)) {
			return name
		}
	}
	return ""
}

// bringers are what brings files of a worktree into another folder.
var bringers = append([]string{"apply", "am", "patch", "tar", "cpio", "pull", "fetch"}, copiers...)

// operandIn returns the path in another worktree that a test command gets as the place of its tests, if it gets none in its own; "" if there is none.
// A program, a configuration and what is installed may be shared.
func operandIn(r run, t shell.Run, at Place) (found string) {
	words := t.Bare()
	if runsScript(words) {
		words = words[1:]
	}
	for i, word := range words {
		if i == 0 || strings.HasPrefix(word, "-") || !strings.Contains(word, "/") && word != ".." || shared().MatchString(word) ||
			strings.HasPrefix(words[i-1], "-") && words[i-1] != "--" && !looks().MatchString(words[i-1]) {
			continue
		}
		name, _, _ := strings.Cut(word, "::")
		if at := strings.Index(name, ":/"); at > 1 { // a folder and where a container has it
			name = name[:at]
		}
		if from := r.folder(t); !path.IsAbs(name) && path.IsAbs(from) {
			name = path.Join(from, name)
		}
		switch {
		case at.holds(name):
			return ""
		case holds(at.Others, path.Clean(name)):
			found = path.Clean(name)
		}
	}
	return found
}

// local returns the words of a command without the worktree's path before the names of its files, as they would be in it.
func (p Place) local(words []string) []string {
	words = slices.Clone(words)
	for i, word := range words {
		for _, name := range p.Names {
			if file, below := strings.CutPrefix(path.Clean(word), path.Clean(name)+"/"); below {
				words[i] = file
				break
			}
		}
	}
	return words
}

// named reports whether a command names the worktree, by its path or by its last element.
func (p Place) named(command string) bool {
	return slices.ContainsFunc(p.Names, func(name string) bool { return strings.Contains(command, path.Base(name)) })
}

func (p Place) holds(dir string) bool { return holds(p.Names, dir) }

// holds reports whether a folder is one of those, or in one.
func holds(folders []string, dir string) bool {
	return slices.ContainsFunc(folders, func(name string) bool {
		return dir == name || strings.HasPrefix(dir, strings.TrimSuffix(name, "/")+"/")
	})
}
