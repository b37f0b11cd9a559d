package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// The parts of a software bill of materials that are written (CycloneDX 1.5, https://cyclonedx.org/docs/1.5/json/).
type (
	bill struct {
		Format       string       `json:"bomFormat"`
		Spec         string       `json:"specVersion"`
		Serial       string       `json:"serialNumber"`
		Version      int          `json:"version"`
		Metadata     metadata     `json:"metadata"`
		Components   []component  `json:"components"`
		Dependencies []dependency `json:"dependencies"`
	}
	metadata struct {
		Timestamp string    `json:"timestamp"`
		Component component `json:"component"`
	}
	component struct {
		Ref      string    `json:"bom-ref"`
		Type     string    `json:"type"`
		Name     string    `json:"name"`
		Version  string    `json:"version"`
		URL      string    `json:"purl,omitempty"`
		Licenses []license `json:"licenses,omitempty"`
	}
	license struct {
		License struct {
			ID string `json:"id"`
		} `json:"license"`
	}
	dependency struct {
		Ref       string   `json:"ref"`
		DependsOn []string `json:"dependsOn"`
	}
)

// bill lists the modules that the programs contain, with the licences that NOTICE names, and Go's own library.
func (r *release) bill() ([]byte, error) {
	licences, err := noticed()
	if err != nil {
		return nil, err
	}
	modules := map[string]string{}
	for _, system := range []string{"linux", "darwin", "windows"} {
		list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}", "./cmd/stopgate")
		list.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
		out, err := list.Output()
		if err != nil {
			return nil, fmt.Errorf("go list for %s: %w", system, err)
		}
		for line := range strings.Lines(string(out)) {
			if path, version, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
				modules[path] = version
			}
		}
	}
	version, err := exec.Command("go", "env", "GOVERSION").Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	modules["std"] = strings.TrimPrefix(strings.TrimSpace(string(version)), "go")
	licences["std"] = "BSD-3-Clause"

	own := named("stopgate", r.version, "MIT")
	own.Type = "application"
	b := bill{
		Format: "CycloneDX", Spec: "1.5", Serial: "urn:uuid:" + uuid(r.commit), Version: 1,
		Metadata: metadata{r.at.Format(time.RFC3339), own}, Components: []component{}, Dependencies: []dependency{},
	}
	paths := make([]string, 0, len(modules))
	for path := range modules {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	all := dependency{Ref: own.Ref, DependsOn: []string{}}
	for _, path := range paths {
		c := named(path, modules[path], licences[path])
		b.Components = append(b.Components, c)
		all.DependsOn = append(all.DependsOn, c.Ref)
		b.Dependencies = append(b.Dependencies, dependency{c.Ref, []string{}})
	}
	b.Dependencies = append([]dependency{all}, b.Dependencies...)
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err = enc.Encode(b)
	return out.Bytes(), err
}

func named(path, version, licence string) component {
	url := "pkg:golang/" + path + "@" + version
	c := component{Ref: url, Type: "library", Name: path, Version: version, URL: url}
	if licence != "" {
		var l license
		l.License.ID = licence
		c.Licenses = []license{l}
	}
	return c
}

// noticed reads from NOTICE which licence each module has.
func noticed() (map[string]string, error) {
	text, err := os.ReadFile("NOTICE")
	if err != nil {
		return nil, err
	}
	licences := map[string]string{}
	for line := range strings.Lines(string(text)) {
		path, rest, ok := strings.Cut(strings.TrimSpace(line), " (")
		licence, _, closed := strings.Cut(rest, ")")
		if ok && closed && strings.Contains(path, "/") && !strings.Contains(path, " ") && !strings.Contains(licence, " ") {
			licences[path] = licence
		}
	}
	return licences, nil
}

// uuid returns a name for the bill of a commit: version 8 (RFC 9562), made of the commit's id, so that the same commit has the same.
func uuid(commit string) string {
	h := []byte((commit + strings.Repeat("0", 32))[:32])
	h[12], h[16] = '8', "89ab"[strings.IndexByte("0123456789abcdef", h[16])%4]
	return fmt.Sprintf("%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:32])
}
