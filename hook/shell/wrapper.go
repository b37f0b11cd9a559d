package shell

import (
	"cmp"
	"slices"
	"strings"
)

// wrapper describes a command that runs another: where that one begins.
type wrapper struct {
	valued   string // options with a value
	operands int    // operands in front of the command
	assigns  bool   // NAME=value in front of the command
	appends  bool   // unknown arguments are appended
	shows    string // options with which it runs nothing
}

// wrapperOf describes the commands that run the command in their arguments directly, without a shell.
func wrapperOf(name string) (wrapper, bool) {
	switch name {
	case "builtin", "nohup", "setsid", "noglob", "nocorrect", "unbuffer", "chronic", "busybox", "toybox", "winpty", "caffeinate", "pkexec",
		"dbus-run-session", "faketime", "!", "-":
		return wrapper{}, true
	case "command":
		return wrapper{shows: "-v -V"}, true
	case "exec":
		return wrapper{valued: "-a"}, true
	case "time", "gtime":
		return wrapper{valued: "-f -o --format --output"}, true
	case "nice", "gnice":
		return wrapper{valued: "-n --adjustment"}, true
	case "ionice":
		return wrapper{valued: "-c -n -p --class --classdata"}, true
	case "chrt", "taskset":
		return wrapper{operands: 1}, true
	case "timeout", "gtimeout":
		return wrapper{valued: "-k -s --kill-after --signal", operands: 1}, true
	case "stdbuf", "gstdbuf":
		return wrapper{valued: "-i -o -e --input --output --error"}, true
	case "env", "genv":
		return wrapper{valued: "-u -C -S -P --unset --chdir --split-string", assigns: true}, true
	case "sudo", "doas":
		return wrapper{valued: "-u -g -p -C -D -h -r -t -T -U -R --user --group --prompt --chdir --host --role --type", assigns: true, shows: "-l --list"}, true
	case "strace", "ltrace", "dtruss":
		return wrapper{valued: "-e -o -p -s -S -u -P -E -I -a -b -X -O -U"}, true
	case "xargs", "gxargs":
		return wrapper{
			valued: "-I -L -n -P -s -E -d -a -R -S -J --max-args --max-lines --max-procs --max-chars --delimiter --arg-file", appends: true,
		}, true
	default:
		return wrapper{}, false
	}
}

// wrapped reads the command that a wrapper runs.
func (c invocation) wrapped(by wrapper, rest []field) {
	o := readLeading(texts(rest), by.valued)
	if o.has(strings.Fields(by.shows)...) {
		return
	}
	if text := o.value("-S", "--split-string"); by.assigns && text != "" { // env -S 'git commit'
		c.walker.nested(text+` "$@"`, rest[len(rest)-len(o.operands):], c.from, true)
		return
	}
	command := rest[len(rest)-len(o.operands):]
	for by.assigns && len(command) > 0 && strings.IndexByte(command[0].text, '=') > 0 {
		command = command[1:]
	}
	command = command[min(by.operands, len(command)):]
	if by.appends {
		command = appendUnknown(command, o)
	}
	c.with(command).run()
}

// appendUnknown is the command that xargs runs: with arguments from stdin at its end, or in place of a mark (-I).
func appendUnknown(command []field, o options) []field {
	if !o.has("-I", "-J", "-i", "--replace") {
		return append(command[:len(command):len(command)], field{text: unknown, loose: true})
	}
	mark := cmp.Or(o.value("-I", "-J", "--replace"), "{}")
	command = slices.Clone(command)
	for i := range command {
		command[i].text = strings.ReplaceAll(command[i].text, mark, unknown)
	}
	return command
}

// writesGitDir is the first path in a .git directory that a command writes, moves or deletes which does so with the files in its arguments;
// "" for none.
func (w *walker) writesGitDir(name string, arguments []string) string {
	var targets []string
	switch name {
	case "rm", "rmdir", "unlink", "trash", "chmod", "chown", "chgrp", "tee":
		targets = readOptions(arguments, "").operands
	case "touch", "truncate", "mkdir", "shred":
		targets = readOptions(arguments, "-d -r -t -s -m -n --date --reference --size --mode --iterations").operands
	case "mv":
		o := readOptions(arguments, "-t -S --target-directory --suffix")
		targets = append(targets, o.operands...)
		targets = append(targets, o.value("-t", "--target-directory"))
	case "cp", "ln", "install", "rsync", "scp":
		o := readOptions(arguments, "-t -S -m -o -g -e --target-directory --suffix --mode --owner --group --rsh --exclude --include")
		if n := len(o.operands); n > 0 {
			targets = []string{o.operands[n-1]}
		}
		targets = append(targets, o.value("-t", "--target-directory"))
	case "sed", "gsed", "perl", "ruby":
		valued := "-e -f -l --expression --file"
		if name == "perl" || name == "ruby" {
			valued = "-e -E"
		}
		o := readOptions(arguments, valued)
		if !o.has("-i", "--in-place") {
			return ""
		}
		targets = o.operands
		if !o.has(strings.Fields(valued)...) && len(targets) > 0 {
			targets = targets[1:] // the script
		}
	case "dd":
		for _, argument := range arguments {
			if file, ok := strings.CutPrefix(argument, "of="); ok {
				targets = append(targets, file)
			}
		}
	case "curl":
		targets = append(targets, readOptions(arguments, "-o --output -H -d -X -u -A -b -c -e").value("-o", "--output"))
	case "wget":
		targets = append(targets, readOptions(arguments, "-O --output-document -o").value("-O", "--output-document"))
	}
	for _, target := range targets {
		if w.inGitDir(target) {
			return target
		}
	}
	return ""
}
