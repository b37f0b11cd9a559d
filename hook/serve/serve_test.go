package serve

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// started serves a page, and returns it with its address and the state that it depends on.
func started(t *testing.T, hold time.Duration) (p *Pages, base string, state *atomic.Pointer[string]) {
	t.Helper()
	listener, err := Listen("")
	if err != nil {
		t.Fatal(err)
	}
	state = &atomic.Pointer[string]{}
	first := "one"
	state.Store(&first)
	p = New(listener.Addr(),
		func(context.Context) ([]byte, error) { return []byte("<p>the page</p>"), nil },
		func(context.Context) (string, error) { return *state.Load(), nil })
	p.every, p.hold = time.Millisecond, hold
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Until(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("it ended with %v", err)
		}
	})
	return p, "http://" + listener.Addr().String(), state
}

func ask(t *testing.T, method, address string, edit func(*http.Request)) (status int, body string, head http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if edit != nil {
		edit(r)
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text), answer.Header
}

// Only a browser on this machine that has the whole URL reads the page, and nobody writes.
func TestWhoIsAnswered(t *testing.T) {
	t.Parallel()
	p, base, _ := started(t, time.Millisecond)
	own := strings.TrimPrefix(base, "http://")
	_, port, err := net.SplitHostPort(own)
	if err != nil {
		t.Fatal(err)
	}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	host := func(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }
	for name, c := range map[string]struct {
		method, path string
		edit         func(*http.Request)
		want         int
	}{
		"the page":                        {"GET", p.Path(), nil, 200},
		"its head":                        {"HEAD", p.Path(), nil, 200},
		"by the name of the machine":      {"GET", p.Path(), host("localhost:" + port), 200},
		"a link that was typed":           {"GET", p.Path(), header("Sec-Fetch-Site", "none"), 200},
		"from the page itself":            {"GET", p.Path() + "wait?at=x", header("Sec-Fetch-Site", "same-origin"), 200},
		"from the page, with its origin":  {"GET", p.Path() + "wait?at=x", header("Origin", base), 200},
		"without the token":               {"GET", "/", nil, 404},
		"a wrong token":                   {"GET", "/" + strings.Repeat("A", len(p.token)) + "/", nil, 404},
		"a part of the token":             {"GET", "/" + p.token[:20] + "/", nil, 404},
		"the token in another case":       {"GET", "/" + strings.ToLower(p.token) + "/", nil, 404},
		"something below it":              {"GET", p.Path() + "etc/passwd", nil, 404},
		"without the slash":               {"GET", strings.TrimSuffix(p.Path(), "/"), nil, 404},
		"a favourite icon":                {"GET", "/favicon.ico", nil, 404},
		"a name that leads here":          {"GET", p.Path(), host("evil.example:" + port), 421},
		"the address without the port":    {"GET", p.Path(), host("127.0.0.1"), 421},
		"another port":                    {"GET", p.Path(), host("127.0.0.1:1"), 421},
		"from another site":               {"GET", p.Path(), header("Origin", "http://evil.example"), 403},
		"from another port":               {"GET", p.Path(), header("Origin", "http://127.0.0.1:1"), 403},
		"from nowhere":                    {"GET", p.Path(), header("Origin", "null"), 403},
		"over TLS, which this is not":     {"GET", p.Path(), header("Origin", "https://"+own), 403},
		"a link on another site":          {"GET", p.Path(), header("Sec-Fetch-Site", "cross-site"), 403},
		"from another port, by the fetch": {"GET", p.Path(), header("Sec-Fetch-Site", "same-site"), 403},
		"writing":                         {"POST", p.Path(), nil, 405},
		"asking what is allowed":          {"OPTIONS", p.Path(), header("Access-Control-Request-Method", "GET"), 405},
		"deleting":                        {"DELETE", p.Path(), nil, 405},
	} {
		status, body, head := ask(t, c.method, base+c.path, c.edit)
		if status != c.want || status != 200 && strings.Contains(body, "the page</p>") || status == 200 && c.method == "GET" && body == "" {
			t.Errorf("%s: status %d, %q; want %d", name, status, body, c.want)
		}
		for key := range head {
			if strings.HasPrefix(key, "Access-Control-") {
				t.Errorf("%s: %s is allowed to other sites", name, key)
			}
		}
		if head.Get("Cache-Control") != "no-store" || head.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(head.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s: the answer may be kept, guessed or framed: %v", name, head)
		}
	}
}

// A waiting page is told of new records, and again after some time if there are none.
func TestWait(t *testing.T) {
	t.Parallel()
	p, base, _ := started(t, 50*time.Millisecond)
	if _, body, _ := ask(t, "GET", base+p.Path()+"wait?at=none", nil); body != "one" {
		t.Errorf("a page with another state reads %q", body)
	}
	if _, body, _ := ask(t, "GET", base+p.Path()+"wait?at=one", nil); body != "one" {
		t.Errorf("where nothing is new it reads %q", body)
	}
	p, base, state := started(t, time.Hour)
	read := make(chan string, 1)
	go func() {
		_, body, _ := ask(t, "GET", base+p.Path()+"wait?at=one", nil)
		read <- body
	}()
	two := "two"
	state.Store(&two)
	if body := <-read; body != "two" {
		t.Errorf("when something is new it reads %q", body)
	}
}

// A page that cannot be drawn says why.
func TestBrokenPage(t *testing.T) {
	t.Parallel()
	listener, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := New(listener.Addr(), func(context.Context) ([]byte, error) { return nil, errors.New("the journal is gone") }, nil)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Until(ctx, listener) }()
	if status, body, _ := ask(t, "GET", "http://"+listener.Addr().String()+p.Path(), nil); status != 500 || !strings.Contains(body, "the journal is gone") {
		t.Errorf("status %d, %q", status, body)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", listener.Addr().String()); err == nil {
		t.Error("it still listens")
	}
}

func TestListen(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "127.0.0.1:0", "localhost:0", "127.8.9.1:0"} {
		listener, err := Listen(address)
		if err != nil {
			t.Errorf("%q: %v", address, err)
			continue
		}
		_ = listener.Close()
	}
	for _, address := range []string{":8080", "0.0.0.0:0", "[::]:0", "192.168.1.2:80", "example.com:80", "8080", "127.0.0.1", "localhost.evil.example:0", "127.0.0.1.evil.example:0"} {
		if listener, err := Listen(address); err == nil {
			t.Errorf("it listens on %q", address)
			_ = listener.Close()
		} else if !strings.Contains(err.Error(), address) {
			t.Errorf("%q: %v", address, err)
		}
	}
	taken, err := Listen("")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close() //nolint:errcheck // nothing depends on it
	if _, err := Listen(taken.Addr().String()); err == nil {
		t.Error("an address that is taken is no error")
	}
}

// A request that no browser sends is refused, and delays no other.
func TestBrokenRequests(t *testing.T) {
	t.Parallel()
	p, base, _ := started(t, time.Millisecond)
	own := strings.TrimPrefix(base, "http://")
	for name, text := range map[string]string{
		"nothing":           "\r\n\r\n",
		"another protocol":  "SSH-2.0-x\r\n\r\n",
		"HTTP/2":            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"a proxy's request": "GET http://" + own + p.Path() + " HTTP/1.1\r\nHost: " + own + "\r\n\r\n",
		"two hosts":         "GET " + p.Path() + " HTTP/1.1\r\nHost: " + own + "\r\nHost: evil.example\r\n\r\n",
		"no host":           "GET " + p.Path() + " HTTP/1.1\r\n\r\n",
		"two origins":       "GET " + p.Path() + " HTTP/1.1\r\nHost: " + own + "\r\nOrigin: " + base + "\r\nOrigin: http://evil.example\r\n\r\n",
		"a broken header":   "GET " + p.Path() + " HTTP/1.1\r\nHost: " + own + "\r\nno header\r\n\r\n",
		"a header too long": "GET " + p.Path() + " HTTP/1.1\r\nHost: " + own + "\r\nX: " + strings.Repeat("x", maxRequest) + "\r\n\r\n",
		"a path too long":   "GET " + p.Path() + strings.Repeat("x", 2*maxRequest),
		"a broken path":     "GET " + p.Path() + "%zz HTTP/1.1\r\nHost: " + own + "\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", own)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, text) // it may be cut off before the end
		got, _ := io.ReadAll(conn)        // the same
		_ = conn.Close()
		if strings.Contains(string(got), " 200 ") || strings.Contains(string(got), "the page</p>") {
			t.Errorf("%s: it is answered\n%s", name, got)
		}
	}
	silent := make([]net.Conn, maxConnections-1)
	for i := range silent {
		var err error
		if silent[i], err = net.Dial("tcp", own); err != nil {
			t.Fatal(err)
		}
	}
	if status, _, _ := ask(t, "GET", base+p.Path(), nil); status != 200 {
		t.Errorf("while others are silent the status is %d", status)
	}
	for _, conn := range silent {
		_ = conn.Close()
	}
}
