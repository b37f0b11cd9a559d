package hugepages

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// advised returns how many KiB of this process are to have huge pages: the mappings with the flag hg (proc_pid_smaps(5)).
func advised(t *testing.T) int {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, mapping := range regexp.MustCompile(`(?m)^Size: +([0-9]+) kB\n(?:[A-Z].*\n)*?VmFlags:.* hg\b`).FindAllSubmatch(maps, -1) {
		n, err := strconv.Atoi(string(mapping[1]))
		if err != nil {
			t.Fatal(err)
		}
		total += n
	}
	return total
}

func TestInitializationAdvises(t *testing.T) {
	switch n := advised(t); {
	case Offered() && n == 0:
		t.Error("the kernel offers huge pages, and no memory is to have them")
	case !Offered() && n > 0:
		t.Errorf("the kernel does not offer huge pages to those who ask, and %d KiB are to have them", n)
	}
}

func TestAdvise(t *testing.T) {
	block, err := syscall.Mmap(-1, 0, 64<<20, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Munmap(block) }()
	before := advised(t)
	if Advise(block) != (advised(t) > before) {
		t.Errorf("%d KiB were to have huge pages before, %d KiB are now", before, advised(t))
	}
	if Advise(block[:4<<10]) {
		t.Error("a page of 4 KiB is to be a huge page")
	}
}

func TestOffers(t *testing.T) {
	for mode, want := range map[string]bool{
		"always [madvise] never\n": true, "[always] madvise never\n": false, "always madvise [never]\n": false, "": false, "[madvise": false,
	} {
		if got := offers([]byte(mode)); got != want {
			t.Errorf("offers(%q) = %v", strings.TrimSpace(mode), got)
		}
	}
}
