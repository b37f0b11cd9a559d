package artifact

import (
	"reflect"
	"slices"
	"testing"
)

func dirSeen(path string) Seen  { return Seen{Path: path, Dir: true, Ignored: true} }
func fileSeen(path string) Seen { return Seen{Path: path, Ignored: true} }

// with is s with a fact set.
func with(s Seen, set func(*Seen)) Seen {
	set(&s)
	return s
}

func removals(p Plan) (paths []string) {
	for _, r := range p.Remove {
		paths = append(paths, r.Path)
	}
	return paths
}

func TestMakePlan(t *testing.T) {
	for _, test := range []struct {
		name      string
		seen      []Seen
		protected Protected
		remove    []string
		kept      []Kept
	}{
		{name: "nothing seen"},
		{
			name:   "at any depth, in order",
			seen:   []Seen{fileSeen("z/junit.xml"), dirSeen("a/b/__pycache__"), fileSeen(".coverage"), dirSeen("coverage")},
			remove: []string{".coverage", "a/b/__pycache__", "coverage", "z/junit.xml"},
		},
		{
			name: "a common name is an artifact only by its content, and what may be wanted only if a report could list it",
			seen: []Seen{
				fileSeen("sim.out"), with(fileSeen("c.out"), func(s *Seen) { *s = Seen{Path: s.Path, Marked: true} }), fileSeen("coverage.out"),
				with(fileSeen("cover.out"), func(s *Seen) { *s = Seen{Path: s.Path, Marked: true} }),
			},
			remove: []string{"c.out", "cover.out"},
			kept:   []Kept{{"coverage.out", ReasonNotArtifact, ""}, {"sim.out", ReasonNotArtifact, ""}},
		},
		{
			name: "what is known of it speaks against it",
			seen: []Seen{
				with(dirSeen("a/coverage"), func(s *Seen) { s.Tracked = true }),
				with(dirSeen("b/coverage"), func(s *Seen) { s.Staged = true }),
				with(fileSeen("c/coverage"), func(s *Seen) { s.Symlink = true }),
				with(dirSeen("d/coverage"), func(s *Seen) { s.OtherDevice = true }),
				with(dirSeen("e/coverage"), func(s *Seen) { s.NestedRepository = true }),
				with(dirSeen("f/coverage"), func(s *Seen) {
					*s = Seen{Path: s.Path, Dir: true, Tracked: true, Staged: true, OtherDevice: true, NestedRepository: true}
				}),
			},
			kept: []Kept{
				{"a/coverage", ReasonTracked, ""},
				{"b/coverage", ReasonStaged, ""},
				{"c/coverage", ReasonSymlink, ""},
				{"d/coverage", ReasonMount, ""},
				{"e/coverage", ReasonRepository, ""},
				{"f/coverage", ReasonMount, ""},
			},
		},
		{
			name: "no artifact after all",
			seen: []Seen{
				dirSeen("src"), fileSeen("coverage"), dirSeen(".coverage"), dirSeen("../coverage"), dirSeen("/coverage"), dirSeen("a//coverage"),
				dirSeen("coverage/"), dirSeen("."), dirSeen(""), dirSeen("a/../coverage"), dirSeen("./coverage"),
			},
			kept: []Kept{
				{"", ReasonNotArtifact, ""},
				{".", ReasonNotArtifact, ""},
				{"../coverage", ReasonNotArtifact, ""},
				{"./coverage", ReasonNotArtifact, ""},
				{".coverage", ReasonNotArtifact, ""},
				{"/coverage", ReasonNotArtifact, ""},
				{"a/../coverage", ReasonNotArtifact, ""},
				{"a//coverage", ReasonNotArtifact, ""},
				{"coverage", ReasonNotArtifact, ""},
				{"coverage/", ReasonNotArtifact, ""},
				{"src", ReasonNotArtifact, ""},
			},
		},
		{
			name: "excluded directories",
			seen: []Seen{
				dirSeen("node_modules/a/coverage"), dirSeen("trees/T-1/__pycache__"), fileSeen("vendor/junit.xml"), dirSeen("db-backup/coverage"),
				dirSeen("target/coverage"), dirSeen(".git/coverage"), dirSeen("Build/coverage"), dirSeen("coverage"),
			},
			remove: []string{"coverage"},
			kept: []Kept{
				{".git/coverage", ReasonExcluded, ""},
				{"Build/coverage", ReasonExcluded, ""},
				{"db-backup/coverage", ReasonExcluded, ""},
				{"node_modules/a/coverage", ReasonExcluded, ""},
				{"target/coverage", ReasonExcluded, ""},
				{"trees/T-1/__pycache__", ReasonExcluded, ""},
				{"vendor/junit.xml", ReasonExcluded, ""},
			},
		},
		{
			name:   "target/debug, and not in an excluded directory",
			seen:   []Seen{dirSeen("target/debug"), dirSeen("vendor/x/target/debug")},
			remove: []string{"target/debug"},
			kept:   []Kept{{"vendor/x/target/debug", ReasonExcluded, ""}},
		},
		{
			name: "claimed, written, there before",
			seen: []Seen{
				dirSeen("a/coverage"), dirSeen("b/coverage"), dirSeen("c/coverage"), dirSeen("d/coverage"), fileSeen("junit.xml"),
				dirSeen("e/coverage"), dirSeen("coverage-x/coverage"), dirSeen("f/coverage"),
			},
			protected: Protected{
				Claimed: []string{"a/coverage/index.js", "./junit.xml", "coverage", "f"},
				Written: []string{"b//coverage/x/y.py", "coverage-x/coverag"},
				Before:  []string{"c/coverage", "d/coverage/keep/me"},
			},
			remove: []string{"coverage-x/coverage", "e/coverage"},
			kept: []Kept{
				{"a/coverage", ReasonClaimed, "a/coverage/index.js"},
				{"b/coverage", ReasonWritten, "b//coverage/x/y.py"},
				{"c/coverage", ReasonExisted, "c/coverage"},
				{"d/coverage", ReasonExisted, "d/coverage/keep/me"},
				{"f/coverage", ReasonClaimed, "f"},
				{"junit.xml", ReasonClaimed, "./junit.xml"},
			},
		},
		{
			name:      "a claim on the whole work tree, and one on nothing",
			seen:      []Seen{dirSeen("a/coverage")},
			protected: Protected{Claimed: []string{"", "."}},
			kept:      []Kept{{"a/coverage", ReasonClaimed, "."}},
		},
		{
			name:      "spellings that a file system may take for the same",
			seen:      []Seen{dirSeen("coverage"), dirSeen("caf\u00e9/coverage"), dirSeen("win/coverage"), dirSeen("k/coverage"), dirSeen("caff/coverage")},
			protected: Protected{Claimed: []string{"Coverage/a.go", "CAFE\u0301/coverage/x", `win\coverage\x`, "\u212a/coverage/x"}},
			remove:    []string{"caff/coverage"},
			kept: []Kept{
				{"caf\u00e9/coverage", ReasonClaimed, "CAFE\u0301/coverage/x"},
				{"coverage", ReasonClaimed, "Coverage/a.go"},
				{"k/coverage", ReasonClaimed, "\u212a/coverage/x"},
				{"win/coverage", ReasonClaimed, `win\coverage\x`},
			},
		},
		{
			name: "artifacts in artifacts",
			seen: []Seen{
				dirSeen("coverage"), dirSeen("coverage/__pycache__"), fileSeen("coverage/a/junit.xml"), dirSeen("coverage-2/__pycache__"),
			},
			remove: []string{"coverage", "coverage-2/__pycache__", "coverage/__pycache__", "coverage/a/junit.xml"},
		},
		{
			name: "an artifact in a source directory with the name of one",
			seen: []Seen{
				with(dirSeen("coverage"), func(s *Seen) { s.Tracked = true }), dirSeen("coverage/__pycache__"),
				dirSeen("b/coverage"), dirSeen("b/coverage/__pycache__"),
			},
			protected: Protected{Written: []string{"b/coverage/new.py"}},
			remove:    []string{"b/coverage/__pycache__", "coverage/__pycache__"},
			kept:      []Kept{{"b/coverage", ReasonWritten, "b/coverage/new.py"}, {"coverage", ReasonTracked, ""}},
		},
		{
			name: "what holds something to keep is kept",
			seen: []Seen{
				dirSeen("a/coverage"), dirSeen("a/coverage/htmlcov"), with(dirSeen("a/coverage/htmlcov/.tox"), func(s *Seen) { s.NestedRepository = true }),
				dirSeen("a/coverage/.tox"),
				dirSeen("b/coverage"), with(fileSeen("b/coverage/junit.xml"), func(s *Seen) { s.Symlink = true }),
				dirSeen("c/coverage"), dirSeen("c/coverage/vendor/coverage"),
			},
			remove: []string{"a/coverage/.tox", "b/coverage", "c/coverage"},
			kept: []Kept{
				{"a/coverage", ReasonRepository, "a/coverage/htmlcov/.tox"},
				{"a/coverage/htmlcov", ReasonRepository, "a/coverage/htmlcov/.tox"},
				{"a/coverage/htmlcov/.tox", ReasonRepository, ""},
				{"b/coverage/junit.xml", ReasonSymlink, ""},
				{"c/coverage/vendor/coverage", ReasonExcluded, ""},
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			for range 2 { // whatever the order
				plan := MakePlan(test.seen, test.protected)
				if got := removals(plan); !slices.Equal(got, test.remove) {
					t.Errorf("remove %q, want %q", got, test.remove)
				}
				if len(plan.Kept)+len(test.kept) > 0 && !reflect.DeepEqual(plan.Kept, test.kept) {
					t.Errorf("kept %q\nwant %q", plan.Kept, test.kept)
				}
				slices.Reverse(test.seen)
			}
		})
	}
}

func TestPresent(t *testing.T) {
	seen := []Seen{
		dirSeen("new/coverage"), dirSeen("coverage/htmlcov"), with(dirSeen("coverage"), func(s *Seen) { s.Tracked = true }),
		with(dirSeen("repo/.tox"), func(s *Seen) { s.NestedRepository = true }), with(fileSeen("junit.xml"), func(s *Seen) { s.Symlink = true }),
	}
	before := MakePlan(seen, Protected{}).Present()
	if want := []string{"coverage/htmlcov", "junit.xml", "new/coverage", "repo/.tox"}; !slices.Equal(before, want) {
		t.Fatalf("present %q, want %q", before, want)
	}
	// Everything that was there stays. Files that a tool leaves in the tracked directory later are removed.
	plan := MakePlan(append(seen, dirSeen("coverage/__pycache__"), dirSeen("new/coverage/htmlcov"), fileSeen("new/junit.xml")), Protected{Before: before})
	if got, want := removals(plan), []string{"coverage/__pycache__", "new/junit.xml"}; !slices.Equal(got, want) {
		t.Errorf("remove %q, want %q", got, want)
	}
}

func TestReasonsExplainThemselves(t *testing.T) {
	for _, r := range []Reason{
		ReasonSymlink, ReasonNotArtifact, ReasonExcluded, ReasonMount, ReasonRepository, ReasonTracked, ReasonStaged, ReasonClaimed,
		ReasonWritten, ReasonExisted, ReasonChanged, ReasonTooDeep,
	} {
		if r.Explain() == string(r) {
			t.Errorf("%s says nothing", r)
		}
	}
}

func TestFold(t *testing.T) {
	same := [][]string{
		{"a/coverage", "A/Coverage", "./a//coverage/", "/a/coverage", `a\coverage`, "b/../a/coverage"},
		{"\u00e9", "e\u0301", "E\u0301", "\u00c9"},
		{"x\u00e9y", "xe\u0301Y"},
		{"\u00e9\u00e9", "e\u0301e\u0301", "e\u0301\u00e9"},
		{"\uac00", "\u1100\u1161"}, // Hangul, whole and in parts
		{"\u212aelvin", "kelvin"},
		{"\u017frc", "SRC"},
		{"\u0130", "I\u0307"}, // Turkish
		{"\xff", "\xfe"},
		{".", "./", "/"},
	}
	keys := map[string]int{}
	for i, spellings := range same {
		for _, s := range spellings {
			if fold(s) != fold(spellings[0]) {
				t.Errorf("%q and %q: %q, %q", spellings[0], s, fold(spellings[0]), fold(s))
			}
		}
		keys[fold(spellings[0])] = i
	}
	if len(keys) != 6 { // five groups, of nothing but letters beyond ASCII, share one
		t.Errorf("%d keys: %v", len(keys), keys)
	}
	// A name that begins with a combining accent is still a separate name.
	if got := fold("coverage/\u0301x"); got != "coverage/?x" {
		t.Errorf("fold = %q", got)
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"", ".", "a/b", "../x", "e\u0301/\u0301", `\\`, "\xff/\xfe", "A/B/C"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		key := fold(s)
		if again := fold(key); again != key {
			t.Errorf("fold(%q) = %q, then %q", s, key, again)
		}
		if below := fold(s + "/below"); s != "" && key != "." && below != key+"/below" {
			t.Errorf("%q is not beneath %q", below, key)
		}
	})
}
