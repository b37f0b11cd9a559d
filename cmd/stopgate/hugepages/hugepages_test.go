package hugepages

import "testing"

func TestPlan(t *testing.T) {
	const arena = 0x2a7000000000
	for top := uintptr(arena); top < arena+2*chunk; top += 8 << 10 {
		p := planFor(top)
		grown := (top+p.fill)/chunk*chunk + chunk // the end of what the runtime has when something at top and then fill are allocated
		if p.from%size != 0 || p.to%size != 0 || p.used%size != 0 {
			t.Fatalf("top %x: %x is not aligned", top, p)
		}
		if p.from > top || top-p.from >= size {
			t.Fatalf("top %x: %x does not start with the huge page of it", top, p)
		}
		if p.used <= top || p.used > p.to || p.used-top > chunk {
			t.Fatalf("top %x: %x says that small pages can be up to %x", top, p, p.used)
		}
		if p.to > grown {
			t.Fatalf("top %x: %x goes beyond the memory of the runtime, which ends at %x", top, p, grown)
		}
		if free := p.to - top - p.fill; free < size {
			t.Fatalf("top %x: %x leaves %d bytes of the heap with huge pages", top, p, free)
		}
	}
}
