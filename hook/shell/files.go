package shell

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/shell/argv"
)

// handedFiles are the programs to which xargs hands files that they write.
var handedFiles = strings.Fields("cp mv ln install tee sed rm rmdir touch rsync truncate chmod chown")

// copyOptions are the options with a value of programs that copy, move or link files.
const copyOptions = "-t -S -m -o -g -e --target-directory --suffix --mode --owner --group --rsh --exclude --include"

// copiesInto returns the paths that a command writes if the place where it copies, moves or links files is a folder.
func copiesInto(name string, arguments []string) (targets []string) {
	if !slices.Contains([]string{"cp", "mv", "ln", "install", "rsync", "scp"}, name) {
		return nil
	}
	o := argv.Read(arguments, copyOptions)
	folder, sources := o.Value("-t", "--target-directory"), o.Operands
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

// WrittenBy returns the paths that a command writes, moves or deletes, if it does so with the files in its arguments.
func WrittenBy(name string, arguments []string) (targets []string) {
	switch name {
	case "rm", "rmdir", "unlink", "trash", "chmod", "chown", "chgrp", "tee", "sponge":
		targets = argv.Read(arguments, "").Operands
	case "patch":
		o := argv.Read(arguments, "-d -i -o -p --directory --input --output")
		targets = append(targets, o.Operands...)
		targets = append(targets, o.Value("-d", "--directory"))
	case "touch", "truncate", "mkdir", "shred":
		targets = argv.Read(arguments, "-d -r -t -s -m -n --date --reference --size --mode --iterations").Operands
	case "mv":
		o := argv.Read(arguments, "-t -S --target-directory --suffix")
		targets = append(targets, o.Operands...)
		targets = append(targets, o.Value("-t", "--target-directory"))
	case "cp", "ln", "install", "rsync", "scp":
		o := argv.Read(arguments, copyOptions)
		folder := o.Value("-t", "--target-directory")
		if n := len(o.Operands); n > 0 && (folder == "" || name == "rsync" || name == "scp") { // whose -t has no value
			targets = []string{o.Operands[n-1]}
		}
		targets = append(targets, folder)
	case "sed", "gsed", "perl", "ruby":
		targets = editedBy(name, arguments)
	case "sort":
		targets = append(targets, argv.Read(arguments, "-o -k -t -S -T --output --key --field-separator").Value("-o", "--output"))
	case "find":
		targets = foundBy(arguments)
	case "xargs", "parallel":
		if at := slices.IndexFunc(arguments, func(a string) bool { return slices.Contains(handedFiles, argv.Program(a)) }); at >= 0 {
			targets = WrittenBy(argv.Program(arguments[at]), arguments[at+1:])
		}
	case "dd":
		for _, argument := range arguments {
			if file, ok := strings.CutPrefix(argument, "of="); ok {
				targets = append(targets, file)
			}
		}
	case "ed", "ex", "vi", "vim", "nvim", "emacs":
		targets = argv.Read(arguments, "-c -S -u -p -f --eval --funcall --load").Operands
	case "git":
		if o := argv.Read(arguments, "-b -c -o -u -j --branch --config --origin --depth --reference --template --separate-git-dir"); o.First() == "clone" && len(o.Operands) > 2 || o.First() == "init" && len(o.Operands) > 1 {
			targets = o.Operands[len(o.Operands)-1:]
		}
	case "cpio":
		targets = append(targets, argv.Read(arguments, "-D --directory").Value("-D", "--directory"))
	case "gcc", "cc", "g++", "clang", "clang++":
		targets = append(targets, argv.Read(arguments, "-o -I -L -l -D -x").Value("-o"))
	case "split", "csplit":
		if o := argv.Read(arguments, "-a -b -C -l -n --bytes --lines --number"); len(o.Operands) > 1 {
			targets = []string{o.Operands[1] + "aa"}
		}
	case "tar", "bsdtar":
		o := argv.Read(arguments, "-C --directory -f --file")
		if o.Has("-x", "--extract", "--get") || len(arguments) > 0 && !strings.HasPrefix(arguments[0], "-") && strings.Contains(arguments[0], "x") {
			targets = append(targets, o.Value("-C", "--directory"))
		}
	case "unzip":
		targets = append(targets, argv.Read(arguments, "-d -x").Value("-d"))
	case "curl":
		o := argv.Read(arguments, "-o --output -H -d -X -u -A -b -c -e --output-dir")
		targets = append(targets, o.Value("-o", "--output"))
		if o.Has("-O", "--remote-name") {
			targets = append(targets, path.Join(cmp.Or(o.Value("--output-dir"), "."), path.Base(o.First())))
		}
	case "wget":
		o := argv.Read(arguments, "-O -P -o --output-document --directory-prefix")
		targets = append(targets, o.Value("-O", "--output-document"))
		if folder := o.Value("-P", "--directory-prefix"); folder != "" {
			targets = append(targets, path.Join(folder, path.Base(o.First())))
		}
	}
	return targets
}

// editedBy is WrittenBy for sed, perl and ruby: the files that they edit in place, and those that a script of sed writes.
func editedBy(name string, arguments []string) (targets []string) {
	isSed := name == "sed" || name == "gsed"
	valued := "-e -E"
	if isSed {
		valued = "-e -f -l --expression --file"
		for _, script := range scriptsOf(arguments, "-e --expression") {
			if match := sedWrites().FindStringSubmatch(script); match != nil {
				targets = append(targets, match[1])
			}
		}
	}
	switch o := argv.Read(arguments, valued); {
	case !o.Has("-i", "--in-place"):
		return targets
	case o.Has(strings.Fields(valued)...):
		return append(targets, o.Operands...)
	default:
		return append(targets, o.Operands[min(1, len(o.Operands)):]...) // without the script
	}
}

// foundBy is WrittenBy for find: where it deletes files, and what the command that it runs on each file writes.
func foundBy(arguments []string) (targets []string) {
	if len(arguments) > 0 && slices.Contains(arguments, "-delete") {
		targets = arguments[:1]
	}
	at := slices.IndexFunc(arguments, func(a string) bool { return a == "-exec" || a == "-execdir" })
	if at <= 0 || at+1 >= len(arguments) || argv.Program(arguments[at+1]) == "find" {
		return targets
	}
	var run []string // the arguments of the command
	for _, argument := range arguments[at+2:] {
		if argument == ";" || argument == "+" {
			break
		}
		if argument == "{}" || argument == argv.Unknown { // braces are unknown
			argument = arguments[0]
		}
		run = append(run, argument)
	}
	return append(targets, WrittenBy(argv.Program(arguments[at+1]), run)...)
}

// replacing are git's commands that write the files of a worktree.
var replacing = strings.Fields("am apply checkout cherry-pick clean merge pull rebase reset restore revert stash submodule switch")

// Fills returns the folder whose files a command replaces or adds to without naming them, as written: it extracts an archive there, or git writes the
// files of a worktree. It is "" for any other command, and "." for the folder in which the command runs.
func Fills(r Run) string {
	bare := r.Bare()
	if len(bare) < 2 {
		return ""
	}
	arguments := bare[1:]
	switch argv.Program(bare[0]) {
	case "git":
		o := argv.ReadLeading(arguments, "-C -c --git-dir --work-tree --namespace --exec-path")
		if slices.Contains(replacing, o.First()) {
			return cmp.Or(o.Value("--work-tree"), o.Value("-C"), ".")
		}
	case "7z", "7za", "7zr", "7zz":
		if arguments[0] == "x" || arguments[0] == "e" {
			return cmp.Or(argv.Read(arguments, "-o").Value("-o"), ".")
		}
	case "unzip":
		if o := argv.Read(arguments, "-d -x"); !o.Has("-l", "-p", "-t", "-v", "-z", "-Z") {
			return cmp.Or(o.Value("-d"), ".")
		}
	case "tar", "bsdtar":
		o := argv.Read(arguments, "-C --directory -f --file")
		if o.Has("-x", "--extract", "--get") || !strings.HasPrefix(arguments[0], "-") && strings.Contains(arguments[0], "x") {
			return cmp.Or(o.Value("-C", "--directory"), ".")
		}
	}
	return ""
}

// OpensToWrite reports whether a redirection opens a file to write it.
func OpensToWrite(r *syntax.Redirect) bool {
	switch r.Op {
	case syntax.RdrOut, syntax.AppOut, syntax.RdrClob, syntax.AppClob, syntax.RdrAll, syntax.RdrAllClob, syntax.AppAll, syntax.AppAllClob, syntax.RdrInOut:
		return true
	default:
		return false
	}
}
