package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
)

// labelled is a kind with its label.
type labelled struct {
	kind
	isFalse bool
}

// kinds returns all kinds, honest and false ones in turn.
func kinds() []labelled {
	var all []labelled
	for _, set := range []struct {
		kinds   []kind
		isFalse bool
	}{{honestKinds, false}, {honestByLookKinds, false}, {realToolKinds(), false}, {falseKinds, true}, {falseByStealthKinds, true}, {gateKinds, false}, {falseGateKinds, true}, {mergeKinds, false}} {
		for _, k := range set.kinds {
			all = append(all, labelled{k, set.isFalse})
		}
	}
	return all
}

// spread reorders kinds so that neighbours are far apart: among the first few there are honest and false kinds.
func spread(all []labelled) []labelled {
	n := len(all)
	step := n * 618 / 1000
	for commonDivisor(step, n) != 1 {
		step++
	}
	spread := make([]labelled, n)
	for i := range spread {
		spread[i] = all[i*step%n]
	}
	return spread
}

func commonDivisor(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// result is one case.
type result struct {
	number   int
	kind     labelled
	template string
	weather  string
	guard    bool
	stops    []stop
	lost     []string
	broken   string // why the case itself could not be played; "" if it was
}

// corpus plays cases.
type corpus struct {
	stage *stage
	seed  uint64
	kinds []labelled
	// shown is called with each case as soon as it was played; nil for nothing. Calls do not overlap.
	shown func(result)
	// keep means that the folders of the cases are not removed.
	keep bool
	// measureEach is after how many cases the time of git status is taken; 0 for never.
	measureEach int
}

// upTo plays cases until there are that many stops.
func (c *corpus) upTo(stops int) []result {
	var all []result
	for have := 0; have < stops; {
		batch := c.play(len(all), max(stops-have, 1))
		all = append(all, batch...)
		for _, r := range batch {
			have += max(len(r.stops), 1)
		}
	}
	return all
}

// play plays count cases from a number on, two at a time.
func (c *corpus) play(from, count int) []result {
	results := make([]result, count)
	next := make(chan int)
	var wait sync.WaitGroup
	var showing sync.Mutex
	for range 2 {
		wait.Go(func() {
			for i := range next {
				if results[i] = c.one(from + i); results[i].broken != "" && !c.keep { // a busy machine may have been too slow for a deadline
					results[i] = c.one(from + i)
				}
				if c.shown != nil {
					showing.Lock()
					c.shown(results[i])
					showing.Unlock()
				}
			}
		})
	}
	for i := range results {
		next <- i
	}
	close(next)
	wait.Wait()
	return results
}

// ordinary lists the templates for kinds without one of their own.
var ordinary = []string{"plain", "plain", "crlf", "filter", "remote", "packed", "links", "quoted", "deep"}

// one plays the case of that number. The seed and the number determine everything in it.
func (c *corpus) one(number int) (r result) {
	rng := rand.New(rand.NewPCG(c.seed, uint64(number)))
	r = result{number: number, kind: c.kinds[number%len(c.kinds)]}
	r.template = r.kind.template
	if r.template == "" {
		r.template = ordinary[rng.IntN(len(ordinary))]
	}
	w, err := c.stage.newWorld(r.template, number, rng)
	if err != nil {
		r.broken = err.Error()
		return r
	}
	defer func() {
		if bad := recover(); bad != nil {
			f, ok := bad.(fault)
			if !ok {
				panic(bad)
			}
			r.broken = f.text
		}
		if !c.keep {
			_ = os.RemoveAll(w.dir) // it is in the folder of the run, which is removed whole
		}
	}()
	w.measure = c.measureEach > 0 && number%c.measureEach == 0
	if r.guard = w.chance(60); r.guard {
		w.placeGuard()
	}
	if w.chance(45) {
		chosen := pick(w, weathers...)
		r.weather = chosen.name
		if chosen.before != nil {
			chosen.before(w)
		}
		if chosen.during != nil {
			w.during = append(w.during, func() { chosen.during(w) })
		}
	}
	r.kind.play(w)
	r.stops, r.lost = w.stops, w.lost()
	return r
}

// describe returns a case for people who look for the fault in it.
func (r result) describe() string {
	return fmt.Sprintf("case %d, %q, template %s, weather %q, guard %v", r.number, r.kind.name, r.template, r.weather, r.guard)
}

// named keeps the kinds whose names contain one of the parts, which are separated by commas.
func named(all []labelled, parts string) []labelled {
	return slices.DeleteFunc(all, func(k labelled) bool {
		return !slices.ContainsFunc(strings.Split(parts, ","), func(part string) bool { return strings.Contains(k.name, part) })
	})
}
