package shell

import (
	"path"
	"slices"
	"strings"

	"stopgate/hook/lazyregexp"
)

// inGitDir reports whether a path is a .git directory or inside one.
func (w *walker) inGitDir(name string) bool {
	if name == "" {
		return false
	}
	for element := range strings.SplitSeq(w.fromStart(name), "/") {
		if len(element) < len(".git") || !strings.HasPrefix(strings.ToLower(element), ".gi") {
			continue
		}
		if strings.EqualFold(element, ".git") {
			return true
		}
		if ok, err := path.Match(element, ".git"); err == nil && ok {
			return true
		}
	}
	return false
}

// fromStart returns a path with slashes, relative to where the whole command runs, or absolute.
func (w *walker) fromStart(name string) string {
	name = strings.ReplaceAll(name, `\`, "/")
	if path.IsAbs(name) || strings.HasPrefix(name, unknown) || strings.HasPrefix(name, "~") {
		return name
	}
	return path.Join(w.dir, name)
}

// tampers returns the use for a write to a path in a .git directory. Its Dir is the folder that contains the directory, or the folder below which a
// pattern matches some.
func (w *walker) tampers(target string) Use {
	target = w.fromStart(target)
	var above []string
	for element := range strings.SplitSeq(path.Clean(target), "/") {
		if strings.EqualFold(element, ".git") || strings.ContainsAny(element, "*?[") {
			break
		}
		above = append(above, element)
	}
	dir := strings.Join(above, "/")
	if dir == "" && path.IsAbs(target) {
		dir = "/"
	}
	sure := !w.doubts.fresh && !strings.HasPrefix(dir, "~") && !strings.HasPrefix(dir, "-") && !strings.Contains(dir, unknown)
	return Use{Kind: Tamper, Dir: dir, Sure: sure}
}

// gitDirNamed returns the path of a .git directory in another folder than the one where the whole command runs; "" if the text does not show it for
// certain.
func (w *walker) gitDirNamed(name string) string {
	if !path.IsAbs(name) {
		name = path.Join(w.dir, name)
	}
	dir, last := path.Split(path.Clean(name))
	if last != ".git" || dir == "" || dir == "/" || strings.HasPrefix(name, "~") || strings.HasPrefix(name, "-") || strings.ContainsAny(name, "*?[{\\"+unknown) {
		return ""
	}
	return path.Clean(name)
}

// writesGitDir returns the first path in a .git directory that a command writes, moves or deletes, if it does so with the files in its arguments;
// "" for none.
func (w *walker) writesGitDir(name string, arguments []string) string {
	for _, target := range writtenBy(name, arguments) {
		if w.inGitDir(target) {
			return target
		}
	}
	return ""
}

// handedFiles are the programs to which xargs hands files that they write.
var handedFiles = strings.Fields("cp mv ln install tee sed rm rmdir touch rsync truncate chmod chown")

// copyOptions are the options with a value of programs that copy, move or link files.
const copyOptions = "-t -S -m -o -g -e --target-directory --suffix --mode --owner --group --rsh --exclude --include"

// copiesInto returns the paths that a command writes if the place where it copies, moves or links files is a folder.
func copiesInto(name string, arguments []string) (targets []string) {
	if !slices.Contains([]string{"cp", "mv", "ln", "install", "rsync", "scp"}, name) {
		return nil
	}
	o := readOptions(arguments, copyOptions)
	folder, sources := o.value("-t", "--target-directory"), o.operands
	if folder == "" && len(sources) > 1 {
		folder, sources = sources[len(sources)-1], sources[:len(sources)-1]
	}
	for _, source := range sources {
		if folder != "" && path.Base(source) != "." && path.Base(source) != ".." {
			targets = append(targets, path.Join(folder, path.Base(source)))
		}
	}
	return targets
}

// sedWrites matches a file that a script of sed writes, by a command or by a flag of s.
var sedWrites = lazyregexp.New(`(?:^|[;\n{}])\s*(?:(?:\d+|\$|/[^/\n]*/)?(?:,(?:\d+|\$|/[^/\n]*/))?\s*|s(?:/[^/\n]*/[^/\n]*/|\|[^|\n]*\|[^|\n]*\||#[^#\n]*#[^#\n]*#)[gpI0-9]*)[wW]\s*(/[^\s;}]+)`)

// writtenBy returns the paths that a command writes, moves or deletes, if it does so with the files in its arguments.
func writtenBy(name string, arguments []string) (targets []string) {
	switch name {
	case "rm", "rmdir", "unlink", "trash", "chmod", "chown", "chgrp", "tee", "sponge", "patch":
		targets = readOptions(arguments, "").operands
	case "touch", "truncate", "mkdir", "shred":
		targets = readOptions(arguments, "-d -r -t -s -m -n --date --reference --size --mode --iterations").operands
	case "mv":
		o := readOptions(arguments, "-t -S --target-directory --suffix")
		targets = append(targets, o.operands...)
		targets = append(targets, o.value("-t", "--target-directory"))
	case "cp", "ln", "install", "rsync", "scp":
		o := readOptions(arguments, copyOptions)
		folder := o.value("-t", "--target-directory")
		if n := len(o.operands); n > 0 && (folder == "" || name == "rsync" || name == "scp") { // whose -t has no value
			targets = []string{o.operands[n-1]}
		}
		targets = append(targets, folder)
	case "sed", "gsed", "perl", "ruby":
		valued := "-e -f -l --expression --file"
		if name == "perl" || name == "ruby" {
			valued = "-e -E"
		}
		o := readOptions(arguments, valued)
		for _, script := range scriptsOf(arguments, "-e --expression") {
			if match := sedWrites().FindStringSubmatch(script); match != nil && name != "perl" && name != "ruby" {
				targets = append(targets, match[1])
			}
		}
		if !o.has("-i", "--in-place") {
			return targets
		}
		if edited := o.operands; o.has(strings.Fields(valued)...) {
			targets = append(targets, edited...)
		} else {
			targets = append(targets, edited[min(1, len(edited)):]...) // without the script
		}
	case "sort":
		targets = append(targets, readOptions(arguments, "-o -k -t -S -T --output --key --field-separator").value("-o", "--output"))
	case "find":
		if len(arguments) > 0 && slices.Contains(arguments, "-delete") {
			targets = arguments[:1]
		}
		if at := slices.IndexFunc(arguments, func(a string) bool { return a == "-exec" || a == "-execdir" }); at > 0 && at+1 < len(arguments) {
			var found []string // what is run on each file
			for _, argument := range arguments[at+2:] {
				if argument == ";" || argument == "+" {
					break
				}
				if argument == "{}" || argument == unknown { // braces are unknown
					argument = arguments[0]
				}
				found = append(found, argument)
			}
			if run := program(arguments[at+1]); run != "find" {
				targets = append(targets, writtenBy(run, found)...)
			}
		}
	case "xargs", "parallel":
		if at := slices.IndexFunc(arguments, func(a string) bool { return slices.Contains(handedFiles, program(a)) }); at >= 0 {
			targets = writtenBy(program(arguments[at]), arguments[at+1:])
		}
	case "dd":
		for _, argument := range arguments {
			if file, ok := strings.CutPrefix(argument, "of="); ok {
				targets = append(targets, file)
			}
		}
	case "tar":
		o := readOptions(arguments, "-C --directory -f --file")
		if o.has("-x", "--extract", "--get") || len(arguments) > 0 && !strings.HasPrefix(arguments[0], "-") && strings.Contains(arguments[0], "x") {
			targets = append(targets, o.value("-C", "--directory"))
		}
	case "unzip":
		targets = append(targets, readOptions(arguments, "-d -x").value("-d"))
	case "curl":
		targets = append(targets, readOptions(arguments, "-o --output -H -d -X -u -A -b -c -e").value("-o", "--output"))
	case "wget":
		targets = append(targets, readOptions(arguments, "-O --output-document -o").value("-O", "--output-document"))
	}
	return targets
}
