package page

import (
	"fmt"

	"stopgate/hook/figures"
	"stopgate/hook/quote"
)

// A plotting library would bring fonts, rasters and styles of its own for what are rectangles, so the page draws them itself.

type rectView struct {
	X, Y, W, H  float64
	Class, Text string
}

type barsView struct {
	Width, Base       float64
	Unit              string
	First, Last, Most string
	Rects             []rectView
	Legend            []legendView
}

// legendView is a mark and its meaning.
type legendView struct{ Shape, Class, Text string }

// The shapes of the classes, in a square of 12: what they mean does not depend on colours.
var shapes = map[string]string{
	"good": "M6 0.5A5.5 5.5 0 1 1 6 11.5A5.5 5.5 0 1 1 6 0.5Z", "bad": "M6 0L12 6L6 12L0 6Z", "warn": "M6 0.5L12 11.5L0 11.5Z", "calm": "M1.5 1.5L10.5 1.5L10.5 10.5L1.5 10.5Z",
}

func legend(class, text string) legendView { return legendView{shapes[class], class, text} }

// classOf returns the class by which a verdict, an outcome or a standing is drawn.
func classOf(verdict string) string {
	switch verdict {
	case "verified", "passed", "pass":
		return "good"
	case "rejected", "capped", "violation", "failed", "fail":
		return "bad"
	case "incomplete", "declined", "unknown", "no-result", "none", "void":
		return "warn"
	}
	return "calm"
}

// The plot's size in its own units. It is stretched to the width of the page.
const plotWidth, plotBase, plotTall = 900.0, 180.0, 172.0

// barsOf draws a bar for each group, with a part for each verdict; nil without stops.
func barsOf(groups []figures.Group, unit string) *barsView {
	most := 0
	for _, g := range groups {
		most = max(most, g.Stops)
	}
	if most == 0 {
		return nil
	}
	b := &barsView{
		Width: plotWidth, Base: plotBase, Unit: unit, Most: quote.Plural(most, "stop"), First: word(groups[0].Key), Last: word(groups[len(groups)-1].Key),
		Legend: []legendView{
			legend("good", "verified, or a gate passed"), legend("bad", "rejected, capped, a violation, or a gate failed"),
			legend("warn", "incomplete, declined, unknown, or no result"), legend("calm", "others, such as merges"),
		},
	}
	each := plotWidth / float64(len(groups))
	for i, g := range groups {
		top := plotBase
		for _, v := range plotOrder() {
			n := g.Verdicts[v]
			if n == 0 {
				continue
			}
			h := plotTall * float64(n) / float64(most)
			top -= h
			b.Rects = append(b.Rects, rectView{
				round(float64(i) * each), round(top), round(max(each*0.8, 1)), round(h), classOf(v), fmt.Sprintf("%s: %d %s", word(g.Key), n, v),
			})
		}
	}
	return b
}

// plotOrder returns the verdicts as a bar has them from below: those of one class lie together.
func plotOrder() (order []string) {
	for _, class := range []string{"good", "calm", "warn", "bad"} {
		for _, v := range figures.Verdicts() {
			if classOf(v) == class {
				order = append(order, v)
			}
		}
	}
	return order
}

func round(x float64) float64 { return float64(int(x*10+0.5)) / 10 }

// shareView is a part of a bar in a table, in hundredths.
type shareView struct {
	X, W  float64
	Class string
}

// shares returns the parts of a whole as a bar; nil of nothing.
func shares(of int, parts ...share) (bar []shareView) {
	x := 0.0
	for _, p := range parts {
		if of > 0 && p.n > 0 {
			w := 100 * float64(p.n) / float64(of)
			bar = append(bar, shareView{round(x), round(w), p.class})
			x += w
		}
	}
	return bar
}

type share struct {
	n     int
	class string
}
