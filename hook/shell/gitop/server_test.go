package gitop

import "testing"

// TestServerTool has tools of GitHub's server, of the reference servers for GitHub, GitLab and git, and of others.
func TestServerTool(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Kind{
		"mcp__github__merge_pull_request":               Merge,
		"mcp__github__mergePullRequest":                 Merge,
		"mcp__plugin_github_github__merge_pull_request": Merge,
		"mcp__hub__github-pr-merge":                     Merge,
		"mcp__gitlab__merge_merge_request":              Merge,
		"mcp__gitlab__accept_merge_request":             Merge,
		"mcp__bitbucket__mergePullRequest":              Merge,
		"mcp__github__enable_pr_auto_merge":             Merge,
		"mcp__github__push_files":                       Push,
		"mcp__github__push_file":                        Push,
		"mcp__github__create_or_update_file":            Push,
		"mcp__github__delete_file":                      Push,
		"mcp__github__create_branch":                    Push,
		"mcp__github__create_pull_request":              Push,
		"mcp__github__update_pull_request_branch":       Push,
		"mcp__github__create_repository":                Push,
		"mcp__github__fork_repository":                  Push,
		"mcp__github__create_release":                   Push,
		"mcp__gitlab__create_merge_request":             Push,
		"mcp__tools__gitlab_create_mr":                  Push,
		"mcp__azure__azdo_update_file_and_create_pr":    Push,
		"mcp__gitea__create_tag":                        Push,
		"mcp__azure-devops__repo_create_branch":         Push,
		"mcp__azure-devops__repo_complete_pull_request": Merge,
		"mcp__azure-devops__repo_list_pull_requests":    "",
		"mcp__azure-devops__wit_create_work_item":       "",
		"mcp__azure__storage_create_file":               "",
		"mcp__git__git_commit":                          Commit,
		"mcp__git__git_add":                             Add,
		"mcp__git__git_reset":                           Reset,
		"mcp__git__git_checkout":                        Switch,
		"mcp__git__git_create_branch":                   Branch,
		"mcp__git__git_push":                            Push,
		"mcp__git__git_merge":                           Merge,
		"mcp__git__git_pull":                            Merge,
		"mcp__git__git_rebase":                          Rebase,
		"mcp__git__git_cherry_pick":                     Commit,
		"mcp__git__git_stash":                           Stash,
		"mcp__git__git_clean":                           Discard,
		"mcp__git-workflow__git_commit_and_push":        Push,
		"mcp__github__get_pull_request":                 "",
		"mcp__github__list_commits":                     "",
		"mcp__github__get_file_contents":                "",
		"mcp__github__search_code":                      "",
		"mcp__github__add_issue_comment":                "",
		"mcp__github__create_issue":                     "",
		"mcp__github__update_pull_request":              "",
		"mcp__github__create_pull_request_review":       "",
		"mcp__github__add_comment_to_pending_review":    "",
		"mcp__github__run_workflow":                     "",
		"mcp__github__create_gist":                      "",
		"mcp__gitlab__create_merge_request_note":        "",
		"mcp__gitlab__get_merge_request_diffs":          "",
		"mcp__gitlab__list_merge_requests":              "",
		"mcp__gitlab__update_merge_request":             "",
		"mcp__git__git_status":                          "",
		"mcp__git__git_diff_staged":                     "",
		"mcp__git__git_log":                             "",
		"mcp__git__git_show":                            "",
		"mcp__git__git_branch":                          "",
		"mcp__git__git_init":                            "",
		"mcp__azure__storage_upload_file":               "",
		"mcp__filesystem__write_file":                   "",
		"mcp__filesystem__create_directory":             "",
		"mcp__notion__create_page":                      "",
		"mcp__pdf__merge_files":                         "",
		"mcp__db__commit":                               "",
		"mcp__playwright__browser_file_upload":          "",
		"mcp__digital__create_branch":                   "",
		"Bash":                                          "",
		"mcp__github":                                   "",
	} {
		if got, _ := ServerTool(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]bool{"mcp__git__git_add": true, "mcp__x__git_add": true, "mcp__github__push_files": false, "mcp__files__write_file": false} {
		if _, local := ServerTool(name); local != want {
			t.Errorf("%s runs git here: %t", name, local)
		}
	}
}
