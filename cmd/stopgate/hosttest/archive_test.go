package hosttest

import (
	"archive/zip"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// releases is the host of the archive. The client accepts no loopback address, so it asks the proxy for this host.
const releases = "releases.stopgate.example"

// TestArchive installs a bundle from an entry as a release has it: the URL of an archive with its checksum. An archive with other bytes is not
// installed.
func TestArchive(t *testing.T) {
	t.Parallel()
	s := shared.get(t)
	api, err := serve(Script{}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = api.close() })
	var bundle bytes.Buffer
	archive := zip.NewWriter(&bundle)
	if err := archive.AddFS(os.DirFS(s.plugin)); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	market := `{"name": "stopgate", "owner": {"name": "stopgate"}, "plugins": [{"name": "stopgate", "source": {"source": "archive", "url": "https://` + releases + `/stopgate.zip", "sha256": "%s"}}]}`
	proxy, authority := serveRelease(t, map[string][]byte{
		"/stopgate.zip":             bundle.Bytes(),
		"/whole/marketplace.json":   fmt.Appendf(nil, market, fmt.Sprintf("%x", sha256.Sum256(bundle.Bytes()))),
		"/changed/marketplace.json": fmt.Appendf(nil, market, strings.Repeat("0", 64)),
	})
	for name, want := range map[string]string{"whole": "Successfully installed", "changed": "sha256"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := plugins{t: t, home: t.TempDir(), api: api.url, env: []string{"HTTPS_PROXY=" + proxy, "NODE_EXTRA_CA_CERTS=" + authority}}
			p.says("Successfully added marketplace", "marketplace", "add", "https://"+releases+"/"+name+"/marketplace.json")
			out, _ := p.try("install", "stopgate@stopgate") // the test compares its output
			if !strings.Contains(out, want) {
				t.Errorf("no %q in %s", want, out)
			}
			p.doctor(s.plugin, name == "whole")
		})
	}
}

// serveRelease serves files by their paths on the host of releases, behind a proxy. It returns the proxy, and the file of the authority that the
// client must trust.
func serveRelease(t *testing.T, files map[string][]byte) (proxy, authority string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{releases}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	authority = filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}), 0o600); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(files[r.URL.Path]) }))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{certificate}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	tunnels := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != releases+":443" {
			http.Error(w, "no such host", http.StatusBadGateway)
			return
		}
		to, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer func() { _ = to.Close() }() // the connection is finished
		from, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = from.Close() }() // the connection is finished
		_, _ = io.WriteString(from, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(to, from) }()
		_, _ = io.Copy(from, to)
	}))
	t.Cleanup(tunnels.Close)
	return tunnels.URL, authority
}
