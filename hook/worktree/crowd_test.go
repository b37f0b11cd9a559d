package worktree

import (
	"context"
	"fmt"
	"testing"
)

// crowdFrom is the number of new files from which a directory is a crowd.
const crowdFrom = 2000

// crowd writes n files below dir. Git does not ignore them.
func (r *repo) crowd(dir string, n int) {
	r.t.Helper()
	for i := range n {
		r.write(fmt.Sprintf("%s/p%d/m%d.js", dir, i%50, i), fmt.Sprintf("%d\n", i))
	}
}

// TestCrowd: all files of a directory with thousands of new files are found, and none is read. Such a directory is no change if the snapshot has it.
func TestCrowd(t *testing.T) {
	r := newRepo(t)
	r.write("a", "1\n")
	r.commit()
	r.crowd("web/node_modules", crowdFrom+500)
	r.crowd("few", 5)
	scan := r.scan(ScanOptions{})
	for _, complaint := range r.oracle().differences(&scan) {
		t.Error(complaint)
	}
	wantList(t, "new directories", scan.NewDirs, "few", "web")
	read := 0
	for _, c := range scan.Changes {
		if c.Now.Blob != "" {
			read++
		}
		if c.Now.Blob == "" && c.Now.Stat == "" {
			t.Fatalf("%+v", c)
		}
	}
	if read != 5 {
		t.Errorf("%d files were read", read)
	}
	survey := func(base Base) Survey {
		return r.tree().Survey(context.Background(), base, ScanOptions{})
	}
	first := survey(Base{})
	if len(first.States) != crowdFrom+505 || first.Incomplete != "" || first.Fingerprint == "" || first.States[7].Change != Added || first.States[7].NoBase {
		t.Errorf("%d states, incomplete %q, %+v", len(first.States), first.Incomplete, first.States[7])
	}
	snapshot, _, err := r.tree().Snapshot(context.Background(), ScanOptions{})
	if err != nil || snapshot.Incomplete != "" || len(snapshot.Dirty) != 5 || len(snapshot.Crowds) != 1 || snapshot.Crowds[0].Files != crowdFrom+500 {
		t.Fatalf("%+v, %v", snapshot.Crowds, err)
	}
	if again := survey(Base{Snapshot: &snapshot}); len(again.States) != 0 || again.Fingerprint != first.Fingerprint || again.Incomplete != "" {
		t.Errorf("of what stood there: %d states, incomplete %q", len(again.States), again.Incomplete)
	}
	r.write("web/node_modules/p1/m1.js", "another\n")
	r.write("few/new", "1\n")
	changed := survey(Base{Snapshot: &snapshot})
	if changed.Fingerprint == first.Fingerprint || len(changed.States) != crowdFrom+501 || !changed.States[9].NoBase || changed.States[0].NoBase || changed.States[0].Name != "few/new" {
		t.Errorf("%d states, %+v", len(changed.States), changed.States[0])
	}
}
