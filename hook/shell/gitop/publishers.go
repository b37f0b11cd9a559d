package gitop

import (
	"slices"
	"strings"

	"stopgate/hook/shell/argv"
)

// publishers read the arguments of programs that change a repository on a server, or this one without git, so that the guard does not see it. "" means
// that the command may run. It is never modified.
var publishers = map[string]func(arguments []string) Kind{
	"az": azure, "tea": tea, "hub": hub, "bb": bitbucket, "ssh": gerrit, "jj": jujutsu, "git-town": gitTown, "svn": subversion, "hg": mercurial,
	"arc": phabricator, "ghstack": ghstack, "gt": graphite,
}

// plainRunners are programs whose last arguments are a command that they run. After another program, a name as short as these may be anything.
var plainRunners = []string{"timeout", "time", "nice", "ionice", "stdbuf", "setsid", "sudo", "doas", "xargs", "chronic"}

// OfPublisher returns the kind of a program that publishes; known is false for any other program. It may stand behind programs that run it.
func OfPublisher(words []string) (kind Kind, known bool) {
	for at, word := range words {
		name := argv.Program(word)
		if read := publishers[name]; read != nil {
			if asksForHelp(words[at+1:]) || slices.Contains(words[at+1:], "--help") {
				return "", true
			}
			return read(words[at+1:]), true
		}
		if at == 0 && !slices.Contains(plainRunners, name) {
			break
		}
	}
	return "", false
}

// MentionsPublisher reports whether a command may run one of the publishers: their names are short, so it looks for whole words.
func MentionsPublisher(command string) bool {
	for len(command) > 0 {
		at := strings.IndexFunc(command, isNameByte)
		if at < 0 {
			return false
		}
		command = command[at:]
		end := strings.IndexFunc(command, func(r rune) bool { return !isNameByte(r) })
		if end < 0 {
			return command == "ghstack" // the others need arguments
		}
		if name := command[:end]; publishers[name] != nil || name == "bitbucket" { // the latter in a request of curl
			return true
		}
		command = command[end:]
	}
	return false
}

func isNameByte(r rune) bool {
	return 'a' <= r && r <= 'z' || r == '-' || r == '_' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z'
}

// azure reads the Azure CLI with its extension for Azure DevOps (az repos).
func azure(arguments []string) Kind {
	o := argv.Read(arguments, "--status --id --org --organization --project -p --repository -r --source-branch -s --target-branch -t --title --description -d "+
		"--auto-complete --draft --output -o --query --subscription --http-method --area --resource --route-parameters --in-file --method -m --uri -u --url --body -b "+
		"--name --object-id --detect --merge-commit-message --work-items --reviewers --squash --delete-source-branch --transition-work-items --api-version")
	words := append(slices.Clone(o.Operands), "", "", "")
	truth := func(value string) bool {
		return value != "false" && value != "f" && value != "n" && value != "no" && value != "0"
	}
	changes := slices.Contains([]string{"create", "update", "delete", "import"}, words[2])
	switch {
	case words[0] == "repos" && words[1] == "pr":
		switch {
		case words[2] == "create":
			return Push
		case words[2] == "checkout":
			return Switch
		case words[2] == "update" && (o.Value("--status") == "completed" || o.Has("--auto-complete") && truth(o.Value("--auto-complete"))):
			return Merge
		}
	case words[0] == "repos" && slices.Contains([]string{"create", "update", "delete"}, words[1]),
		words[0] == "repos" && slices.Contains([]string{"ref", "import"}, words[1]) && changes:
		return Push
	case words[0] == "devops" && words[1] == "invoke":
		return unless(o.Value("--area") != "git" || !modifies(o.Value("--http-method")), Push)
	case words[0] == "rest":
		return unless(!modifies(o.Value("-m", "--method")), changesAzure(o.Value("-u", "--uri", "--url")))
	}
	return ""
}

// modifies reports whether an HTTP method changes something.
func modifies(method string) bool {
	method = strings.ToUpper(method)
	return method != "" && method != "GET" && method != "HEAD"
}

// changesAzure returns Push for a path of Azure DevOps' API under which a request that does not only read changes a repository.
func changesAzure(url string) Kind {
	url = strings.ToLower(url)
	return unless(!strings.Contains(url, "/_apis/git/") || strings.Contains(url, "/threads") || strings.Contains(url, "/reviewers") || strings.Contains(url, "/statuses"), Push)
}

// changesBitbucket is changesAzure for Bitbucket's API, version 2.
func changesBitbucket(path string) Kind {
	inRepository := strings.Contains(path, "/pullrequests") || strings.Contains(path, "/refs/") || strings.HasSuffix(path, "/src")
	return unless(!inRepository || strings.Contains(path, "/comments") || strings.Contains(path, "/tasks") || strings.HasSuffix(path, "/approve"), Push)
}

// tea reads the command line of Gitea.
func tea(arguments []string) Kind {
	group, command, _, _ := hosted(arguments)
	is := func(names ...string) bool { return slices.Contains(names, command) }
	switch group {
	case "pulls", "pull", "pr":
		switch {
		case is("merge", "m"):
			return Merge
		case is("create", "c", "clean"):
			return Push
		case is("checkout", "co"):
			return Switch
		}
	case "releases", "release":
		return unless(!is("create", "c", "edit", "e", "delete", "rm"), Push)
	case "repos", "repo":
		return unless(!is("create", "c", "create-from-template", "ct", "fork", "f", "migrate", "m", "delete", "rm"), Push)
	case "branches", "branch":
		return unless(!is("protect", "P", "unprotect", "U", "rename", "rn"), Push)
	}
	return ""
}

// hub reads what the wrapper adds to git. All else it gives to git, where the guard sees it.
func hub(arguments []string) Kind {
	group, command, following, _ := hosted(arguments)
	switch group {
	case "pull-request", "fork", "create", "delete":
		return Push
	case "sync":
		return Branch
	case "pr":
		return map[string]Kind{"checkout": Switch, "merge": Merge}[command]
	case "release":
		return unless(!slices.Contains([]string{"create", "edit", "delete"}, command), Push)
	case "api":
		return api(argv.Read(following, "-X -H -F -f -t --method --header --field --raw-field --input --cache"))
	}
	return ""
}

// bitbucket reads the command lines of Bitbucket that are called bb, as Babashka is, too.
func bitbucket(arguments []string) Kind {
	if group, command, _, _ := hosted(arguments); group == "pr" {
		return map[string]Kind{"merge": Merge, "accept": Merge, "create": Push, "checkout": Switch}[command]
	}
	return ""
}

// gerrit reads the commands that Gerrit offers by SSH.
func gerrit(arguments []string) Kind {
	words := strings.Fields(strings.Join(arguments, " "))
	at := slices.Index(words, "gerrit")
	if at < 1 || at+1 == len(words) {
		return ""
	}
	switch words[at+1] {
	case "review":
		return unless(!slices.Contains(words[at:], "--submit") && !slices.Contains(words[at:], "-s"), Merge)
	case "create-branch", "create-project", "set-head", "rename-project", "delete-project":
		return Push
	}
	return ""
}

// jujutsu reads jj, which writes commits and refs into the git repository below it.
func jujutsu(arguments []string) Kind {
	o := argv.Read(arguments, "-R --repository --at-operation --at-op --config --config-file --color -m --message -r --revision --revisions -d --destination -s --source -b --bookmark --remote --from --into -f -t --to")
	words := append(slices.Clone(o.Operands), "", "")
	switch words[0] {
	case "git":
		return unless(words[1] != "push" || o.Dry(), Push)
	case "commit", "ci", "new", "squash", "split", "abandon", "absorb", "revert", "duplicate", "describe", "desc":
		return Commit
	case "rebase":
		return Rebase
	case "bookmark", "b":
		return unless(slices.Contains([]string{"", "list", "l"}, words[1]), Branch)
	case "edit":
		return Switch
	}
	return ""
}

// gitTown reads Git Town. It ships by the server's API or by git.
func gitTown(arguments []string) Kind { return town(argv.Read(arguments, "-m --message")) }

func town(o argv.Options) Kind {
	if o.Dry() {
		return ""
	}
	switch o.First() {
	case "ship":
		return Merge
	case "sync", "propose":
		return Push
	case "hack", "append", "prepend", "delete", "kill", "rename", "rename-branch":
		return Branch
	case "compress":
		return Rebase
	}
	return ""
}

// subversion reads svn. A repository in a folder is mostly one that a test made.
func subversion(arguments []string) Kind {
	o := argv.Read(arguments, "-m --message -F --file --username --password --encoding -r --revision --depth --changelist --with-revprop")
	local := slices.ContainsFunc(o.Operands, func(s string) bool { return strings.HasPrefix(s, "file://") })
	remote := slices.ContainsFunc(o.Operands, func(s string) bool { return strings.Contains(s, "://") })
	switch o.First() {
	case "commit", "ci":
		return Push
	case "import", "copy", "cp", "move", "mv", "rename", "ren", "mkdir", "delete", "del", "remove", "rm":
		return unless(local || !remote, Push)
	}
	return ""
}

// mercurial reads hg. What it pushes to a folder is mostly for a test.
func mercurial(arguments []string) Kind {
	o := argv.Read(arguments, "-R --repository --cwd --config -r --rev -b --branch -B --bookmark -e --ssh --remotecmd")
	to := append(slices.Clone(o.Operands), "", "")[1]
	folder := strings.HasPrefix(to, ".") || strings.HasPrefix(to, "/") || strings.HasPrefix(to, "file:")
	return unless(o.First() != "push" || folder, Push)
}

// phabricator reads Arcanist. Its name is that of an old archiver, too.
func phabricator(arguments []string) Kind {
	return map[string]Kind{"land": Merge, "diff": Push}[argv.Read(arguments, "-m --message --conduit-token").First()]
}

func ghstack(arguments []string) Kind {
	return map[string]Kind{"": Push, "submit": Push, "land": Merge, "checkout": Switch}[argv.Read(arguments, "-m --message").First()]
}

// graphite reads the command line of Graphite.
func graphite(arguments []string) Kind {
	return map[string]Kind{"submit": Push, "s": Push, "ss": Push, "merge": Merge, "create": Commit, "modify": Commit, "sync": Branch}[argv.Read(arguments, "-m --message").First()]
}
