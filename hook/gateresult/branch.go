package gateresult

import (
	"stopgate/hook/quote"
	"stopgate/hook/report"
	"stopgate/hook/transcript"
)

// ReadBranch reads the result of a branch-manager from its last message, else from an earlier text of the same reply. An ERROR line is a result,
// too.
func ReadBranch(last string, agent *transcript.Agent) report.Branch {
	said := report.FindBranch(last)
	if reply := agent.LastReply(); reply != nil {
		for _, texts := range [][]string{reply.Texts, reply.Handbacks} {
			for i := len(texts) - 1; i >= 0 && said.Status == ""; i-- {
				said = report.FindBranch(texts[i])
			}
		}
	}
	if said.Status != "" {
		return said
	}
	if found := report.Find(last); found.Kind == report.KindError {
		text := quote.Reason(found.Text)
		return report.Branch{Status: "error", Issues: []string{text}}
	}
	return said
}
