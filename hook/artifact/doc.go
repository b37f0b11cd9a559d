// Package artifact removes what test runners, linters and compilers left in a work tree, and nothing else. It is the only code of
// the program that deletes.
//
// It works in three steps. Somebody else walks the work tree once and asks Candidate of every untracked entry. MakePlan judges what
// was seen against what must stay; it touches nothing. Sweep carries the plan out, through an os.Root, and looks again at
// everything in the moment before it removes it. Whatever is in doubt is kept, and reported with the reason.
//
// Paths are git's: relative to the top of the work tree, separated by '/', byte strings that need not be UTF-8.
package artifact
