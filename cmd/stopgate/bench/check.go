package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// attempts is how often a ratio must be worse before it counts, because a shared machine is slow for moments.
const attempts = 3

// compareWith measures, and fails if ratios of rows are worse than those in the table of a file. Rows are compared by name.
func compareWith(file string, tolerance float64, measure func() ([]row, error)) error {
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	known := ratiosIn(string(page))
	var worse []string
	for range attempts {
		rows, err := measure()
		if err != nil {
			return err
		}
		if err := write(os.Stdout, rows); err != nil {
			return err
		}
		var compared int
		if worse, compared = worseThan(known, rows, tolerance); compared == 0 {
			return fmt.Errorf("no row of %s was measured", file)
		}
		if len(worse) == 0 {
			return nil
		}
	}
	return errors.New(strings.Join(worse, "\n"))
}

// cells are separated by two spaces or more in the table that write prints.
var cells = func() *regexp.Regexp { return regexp.MustCompile(` {2,}`) }

// ratiosIn returns the ratios of a table, by the name of the row.
func ratiosIn(page string) map[string]float64 {
	ratios := map[string]float64{}
	for line := range strings.Lines(page) {
		cell := cells().Split(strings.TrimSpace(line), -1)
		if len(cell) < 5 {
			continue
		}
		if ratio, err := strconv.ParseFloat(cell[4], 64); err == nil {
			ratios[cell[0]+" / "+cell[2]] = ratio
		}
	}
	return ratios
}

// worseThan returns the rows with a ratio that is worse than the known one by more than the tolerance, in words; compared counts the known rows.
func worseThan(known map[string]float64, rows []row, tolerance float64) (worse []string, compared int) {
	for _, r := range rows {
		before, found := known[r.what+" / "+r.than]
		now, err := strconv.ParseFloat(r.ratio, 64)
		if !found || err != nil {
			continue
		}
		compared++
		if now > before*tolerance {
			worse = append(worse, fmt.Sprintf("%s: %.2f of %s, and it was %.2f", r.what, now, r.than, before))
		}
	}
	return worse, compared
}
