package gitop

import (
	"slices"
	"strings"

	"stopgate/hook/shell/argv"
)

// hosted reads the common form of gh and glab: the group of commands, the command in it, what follows the group, and what follows the command. The
// group is "" if there is none, or if only help is asked for.
func hosted(words []string) (group, command string, arguments, rest []string) {
	o := argv.ReadLeading(words, "-R --repo")
	if o.First() == "" {
		return "", "", nil, nil
	}
	arguments, rest = o.Operands[1:], o.Operands[min(2, len(o.Operands)):]
	if asksForHelp(arguments) || asksForHelp(rest) {
		return "", "", nil, nil
	}
	return o.First(), argv.First(arguments), arguments, rest
}

// OfGH returns the kind of a command of the GitHub CLI (its manual, version 2); "" if it may run.
func OfGH(arguments []string) Kind {
	group, command, arguments, rest := hosted(arguments)
	is := func(names ...string) bool { return slices.Contains(names, command) }
	switch group {
	case "pr":
		switch command {
		case "merge":
			return Merge
		case "checkout", "co":
			return Switch
		case "create", "new", "update-branch", "revert":
			return unless(argv.Read(rest, "").Dry(), Push)
		case "close":
			return unless(!argv.Read(rest, "-c --comment").Has("-d", "--delete-branch"), Push)
		}
	case "co":
		return Switch
	case "repo":
		return unless(is("", "view", "list", "ls", "clone", "license", "gitignore"), Push)
	case "release":
		return unless(is("", "view", "list", "ls", "download", "verify", "verify-asset"), Push)
	case "issue":
		return unless(!is("develop") || argv.Read(rest, "").Has("-l", "--list"), Branch)
	case "auth":
		return unless(!is("setup-git"), Config)
	case "api":
		return api(argv.Read(arguments, "-X -H -f -F -q -t -p --method --header --field --raw-field --input --jq --template --cache --hostname --preview"))
	}
	return ""
}

// OfGLab returns the kind of a command of the GitLab CLI (its manual, version 1); "" if it may run.
func OfGLab(arguments []string) Kind {
	group, command, arguments, _ := hosted(arguments)
	is := func(names ...string) bool { return slices.Contains(names, command) }
	switch group {
	case "mr":
		switch command {
		case "merge", "accept":
			return Merge
		case "checkout":
			return Switch
		case "create", "new", "for", "new-for", "create-for", "rebase":
			return Push
		}
	case "repo", "project":
		return unless(is("", "view", "list", "clone", "search", "contributors", "archive"), Push)
	case "release":
		return unless(is("", "view", "list", "download"), Push)
	case "stack":
		return unless(is("", "list"), Commit)
	case "api":
		o := argv.Read(arguments, "-X -H -f -F --method --header --field --raw-field --input --hostname")
		if !reads(o) {
			return changesGitLab(o.First())
		}
	}
	return ""
}

// reads reports whether a request to an API changes nothing. With a field and no method gh and glab send POST.
func reads(o argv.Options) bool {
	method := strings.ToUpper(o.Value("-X", "--method"))
	return method == "GET" || method == "HEAD" || method == "" && !o.Has("-f", "-F", "--field", "--raw-field", "--input")
}

// api returns Push for a request to GitHub's API that changes a repository.
func api(o argv.Options) Kind {
	if reads(o) {
		return ""
	}
	return changesGitHub(o.First(), o)
}

// changesGitHub returns Push for a path of GitHub's API, or of one like it, under which a request that does not only read changes a repository. The
// body of a GraphQL request is in the options.
func changesGitHub(path string, o argv.Options) Kind {
	place := path + "/"
	for _, part := range []string{"/git/", "/merges/", "/merge/", "/contents/", "/pulls/", "/branches/", "/releases/", "/merge-upstream/", "/update-branch/"} {
		if strings.Contains(place, part) && !strings.Contains(place, "/comments/") && !strings.Contains(place, "/reviews/") {
			return Push
		}
	}
	if strings.HasSuffix(strings.TrimSuffix(path, "/"), "graphql") {
		for _, f := range o.Flags {
			for _, mutation := range []string{"mergePullRequest", "mergeBranch", "createCommitOnBranch", "createRef", "updateRef", "deleteRef", "createPullRequest"} {
				if strings.Contains(f.Value, mutation) {
					return Push
				}
			}
		}
	}
	return ""
}

// changesGitLab returns Push for a path of GitLab's API under which a request that does not only read changes a repository.
func changesGitLab(path string) Kind {
	inRepository := strings.Contains(path, "/repository/") || strings.Contains(path, "/merge_requests") && !strings.Contains(path, "/notes") && !strings.Contains(path, "/discussions")
	return unless(!inRepository, Push)
}

// OfCurl returns Push for a request of curl that changes a repository by the API of GitHub, GitLab, Gitea, Bitbucket or Azure DevOps (curl(1)). It
// knows the API by its host or the start of its path.
func OfCurl(arguments []string) Kind {
	const body = "-d --data --data-raw --data-binary --data-ascii --data-urlencode --json -F --form -T --upload-file"
	o := argv.Read(arguments, body+" -X --request -H --header -o --output -u --user -b --cookie -c --cookie-jar -A --user-agent -e --referer --url -w --write-out "+
		"-m --max-time --connect-timeout --retry --retry-delay --retry-max-time -x --proxy --cacert --cert --key -K --config --resolve -D --dump-header --oauth2-bearer")
	method := strings.ToUpper(o.Value("-X", "--request"))
	if method == "" && o.Has(strings.Fields(body)...) && !o.Has("-G", "--get") {
		method = "POST"
	}
	if method == "" || method == "GET" || method == "HEAD" {
		return ""
	}
	for _, url := range append(slices.Clip(o.Operands), o.Value("--url")) {
		url, _, _ = strings.Cut(strings.ToLower(url), "?")
		if strings.Contains(url, "://localhost") || strings.Contains(url, "://127.") { // a program under test, whose paths may be like these
			continue
		}
		switch _, path, gitLab := strings.Cut(url, "/api/v4/"); {
		case gitLab:
			if kind := changesGitLab("/" + path); kind != "" {
				return kind
			}
		case strings.Contains(url, "api.bitbucket.org/2.0/repositories/"):
			if kind := changesBitbucket(strings.TrimSuffix(url, "/")); kind != "" {
				return kind
			}
		case strings.Contains(url, "/_apis/git/"):
			if kind := changesAzure(url); kind != "" {
				return kind
			}
		case strings.Contains(url, "api.github.com/"), strings.Contains(url, "/api/v3/repos/"), strings.Contains(url, "/api/v1/repos/"), strings.HasSuffix(url, "/api/graphql"):
			if kind := changesGitHub(url, o); kind != "" {
				return kind
			}
		}
	}
	return ""
}
