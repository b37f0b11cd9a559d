package main

import (
	"fmt"
	"testing"
)

// Spread kinds are all there, once each, and the first few are of both labels.
func TestSpread(t *testing.T) {
	for n := 1; n < 300; n++ {
		var all []labelled
		for i := range n {
			all = append(all, labelled{kind: kind{name: fmt.Sprint(i)}, isFalse: i >= n/2})
		}
		seen, isFalse := map[string]bool{}, 0
		for i, k := range spread(all) {
			seen[k.name] = true
			if k.isFalse && i < 10 {
				isFalse++
			}
		}
		if len(seen) != n {
			t.Errorf("of %d kinds %d are left", n, len(seen))
		}
		if n >= 20 && (isFalse < 3 || isFalse > 7) {
			t.Errorf("of the first ten of %d kinds %d are false", n, isFalse)
		}
	}
}
