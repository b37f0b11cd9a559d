package disk

import (
	"fmt"
	"testing"
)

// TestStandIn fixes the form of a stand-in, because snapshots of older versions have it.
func TestStandIn(t *testing.T) {
	t.Parallel()
	for _, nsec := range []int64{0, 1, 9, 10, 99_999_999, 100_000_000, 123_456_789, 999_999_999} {
		st := Stat{Size: 7, Mtime: Time{1_700_000_000, nsec}}
		st.Ctime, st.Ino = Time{-5, nsec}, 1<<63
		want := fmt.Sprintf("%d-%d.%09d-%d.%09d-%d", st.Size, st.Mtime.Sec, st.Mtime.Nsec, st.Ctime.Sec, st.Ctime.Nsec, st.Ino)
		if got := st.StandIn(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
