//go:build linux

package browsertest

import (
	"bytes"
	"cmp"
	"flag"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"

	"github.com/chromedp/chromedp"
)

// screens is where TestMonth puts pictures of the page: go test ./cmd/stopgate/browsertest -run TestMonth -screens ../../../docs/screens
var screens = flag.String("screens", "", "write pictures of the page to `DIR`")

// shot writes a picture of what the window shows from an element on, if pictures were asked for.
func (b *tab) shot(name, from string) {
	b.t.Helper()
	if *screens == "" {
		return
	}
	js[bool](b, `(document.querySelector("`+from+`").scrollIntoView(), document.activeElement.blur(), true)`)
	raw, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		b.t.Fatal(err)
	}
	var small bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&small, reduced(picture)); err != nil {
		b.t.Fatal(err)
	}
	if err := os.MkdirAll(*screens, 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*screens, name+".png"), small.Bytes(), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// reduced returns a picture with its most frequent colours, 256 at most, which makes the file smaller and does not show on text.
func reduced(picture image.Image) *image.Paletted {
	bounds := picture.Bounds()
	often := map[color.RGBA]int{}
	at := func(x, y int) color.RGBA { return color.RGBAModel.Convert(picture.At(x, y)).(color.RGBA) }
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			often[at(x, y)]++
		}
	}
	var colours []color.RGBA
	for c := range often {
		colours = append(colours, c)
	}
	slices.SortFunc(colours, func(a, b color.RGBA) int {
		return cmp.Or(often[b]-often[a], int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B))
	})
	var palette color.Palette
	for _, c := range colours[:min(len(colours), 256)] {
		palette = append(palette, c)
	}
	nearest := map[color.RGBA]uint8{}
	for c := range often {
		nearest[c] = uint8(palette.Index(c)) //nolint:gosec // below 256
	}
	small := image.NewPaletted(bounds, palette)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			small.SetColorIndex(x, y, nearest[at(x, y)])
		}
	}
	return small
}
