package main

import (
	"strings"
	"testing"
)

// The prompt of a coding agent that the pipeline isolates. It names the session's worktree, which has the dependencies.
func isolatedPrompt(task string) string {
	return "TASK: " + task + "\nWORKTREE: .claude/worktrees/" + task + "-work\nBRIEF: Retry failed deliveries three times\nSCOPE: src/** tests/**\n" +
		"RESTRICTION: Do NOT modify the billing module\n\nVENDOR SYMLINKS: look at the session worktree at .claude/worktrees/" + task + "-work for node_modules.\n" +
		"GIT POLICY: no git writes. Return your worktreePath when done.\n"
}

// An isolated agent works where the host puts it, whatever worktree its prompt and its report name.
func TestIsolatedCoder(t *testing.T) {
	t.Parallel()
	for name, worktreePath := range map[string]func(m *member) string{
		"absolute":              func(m *member) string { return m.Cwd },
		"relative":              func(m *member) string { return "./.claude/worktrees/agent-" + m.ID },
		"the one in the prompt": func(*member) string { return ".claude/worktrees/stripe-webhook-retries-work" },
		"where it stands":       func(*member) string { return "." },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPipeline(t, "")
			p.worktree(".claude/worktrees/stripe-webhook-retries-work", "feature/retries")
			m := p.run("reaper:feature-developer", isolatedPrompt("stripe-webhook-retries"), "isolation", "worktree")
			if refused := m.edits(m.Cwd, "src/app.js", "export const retries = 3\n"); refused != "" {
				t.Fatalf("a write in its worktree: %s", refused)
			}
			if refused := m.edits(".claude/worktrees/stripe-webhook-retries-work", "src/app.js", "x\n"); !strings.Contains(refused, "not in your worktree") {
				t.Errorf("a write in the session's worktree: %q", refused)
			}
			_, step := m.ends(reportOn("stripe-webhook-retries", worktreePath(m), "src/app.js"))
			own := "./.claude/worktrees/agent-" + m.ID
			if step.Get("verdict").String() != "verified" || step.Get("worktree_path").String() != own || !strings.Contains(step.Get("calls.0.prompt").String(), own) {
				t.Errorf("the step is %s", step.Raw)
			}
			if files := step.Get("files").Raw; files != `["src/app.js"]` {
				t.Errorf("proven are %s", files)
			}
		})
	}
}

// A false claim of an isolated agent is found like any other's: it is compared with the start.
func TestIsolatedCoderIsChecked(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, "")
	m := p.run("reaper:bug-fixer", "TASK: #456\nBRIEF: Send each mail once and log it\n", "isolation", "worktree") // names no worktree
	if refused := m.edits(m.Cwd, "src/mail.js", "export const mails = 1\n"); refused != "" {
		t.Fatal(refused)
	}
	if back := m.stop(reportOn("#456", m.Cwd, "src/mail.js", "src/app.js")); !strings.Contains(back, "src/app.js") {
		t.Fatalf("a false claim is answered with %q", back)
	}
	if _, step := m.ends(reportOn("#456", m.Cwd, "src/mail.js")); step.Get("verdict").String() != "verified" {
		t.Errorf("the step is %s", step.Raw)
	}
	if refused := m.bash("git commit -qam done"); refused == "" {
		t.Error("it may commit")
	}

	// A message resumes it in the same worktree.
	if refused := m.resume("Also change src/app.js."); refused != "" {
		t.Fatal(refused)
	}
	if refused := m.edits(m.Cwd, "src/app.js", "export const retries = 2\n"); refused != "" {
		t.Fatal(refused)
	}
	if back := m.stop(reportOn("#456", m.Cwd, "src/mail.js")); !strings.Contains(back, "src/app.js") {
		t.Errorf("a resumed agent that leaves out its change is answered with %q", back)
	}
	if _, step := m.ends(reportOn("#456", m.Cwd, "src/mail.js", "src/app.js")); step.Get("verdict").String() != "verified" || step.Get("files.#").Int() != 2 {
		t.Errorf("the step of the resumed agent is %s", step.Raw)
	}
}

// Isolation by the agent's own definition needs no worktree in the prompt either.
func TestIsolatedByDefinition(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, "")
	const prompt = "TASK: repo-a3f\nBRIEF: Retry failed deliveries three times\n"
	if _, refused := p.launch("feature-developer", prompt); !strings.Contains(refused, "names none") {
		t.Errorf("without a worktree the launch is answered with %q", refused)
	}
	p.write(p.repo, ".claude/agents/feature-developer.md", "---\nname: feature-developer\ndescription: works\nisolation: worktree\n---\nWork.\n")
	m := p.run("feature-developer", prompt)
	if refused := m.edits(m.Cwd, "src/app.js", "export const retries = 3\n"); refused != "" {
		t.Fatal(refused)
	}
	if _, step := m.ends(reportOn("repo-a3f", m.Cwd, "src/app.js")); step.Get("verdict").String() != "verified" {
		t.Errorf("the step is %s", step.Raw)
	}
	p.write(p.repo, ".claude/agents/feature-developer.md", "---\nname: feature-developer\nisolation: none\n---\nisolation: worktree\n")
	if _, refused := p.launch("feature-developer", prompt); refused == "" {
		t.Error("words below the head of a definition isolate")
	}
}

// If the host removes an unchanged worktree with its branch, no agent is blamed: neither its own nor another.
func TestIsolatedWorktreeIsRemoved(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, "")
	p.worktree("trees/T-2-mails", "T-2")
	other := p.run("reaper:bug-fixer", "TASK: T-2\nWORKTREE_PATH: ./trees/T-2-mails\nDESCRIPTION: Send each mail once\n")
	m := p.run("reaper:feature-developer", isolatedPrompt("T-1"), "isolation", "worktree")
	if text, step := m.ends("ERROR: the plan names no limit"); step.Get("verdict").String() != "declined" {
		t.Errorf("who declines gets %s", text)
	}
	if refused := other.bash("true"); refused != "" {
		t.Fatal(refused)
	}
	if refused := other.edits("trees/T-2-mails", "src/mail.js", "export const mails = 1\n"); refused != "" {
		t.Fatal(refused)
	}
	text, step := other.ends(reportOn("T-2", "./trees/T-2-mails", "src/mail.js"))
	if step.Get("verdict").String() != "verified" || step.Get("findings.#").Int() != 0 {
		t.Errorf("who works beside it gets %s", text)
	}
	if text := p.endTurn(); strings.Contains(text, "T-1") && strings.Contains(text, "unknown") {
		t.Errorf("at the end of the turn: %s", text)
	}
}
