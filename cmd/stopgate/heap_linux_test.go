package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The memory of jsonschema/v5 is to have huge pages too, so package hugepages has to be initialized before it.
func TestHugePagesComeFirst(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^$")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	advised := strings.Index(string(out), "init stopgate/cmd/stopgate/hugepages ")
	compiled := strings.Index(string(out), "init github.com/santhosh-tekuri/jsonschema/v5 ")
	if advised < 0 || compiled < 0 || advised > compiled {
		t.Errorf("hugepages is at %d and jsonschema at %d of the initialization:\n%s", advised, compiled, out)
	}
}
