// Package serve shows a page to the person at this machine, and to nobody else: on the loopback interface, under an address that cannot be
// guessed, for reading only.
package serve

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Pages answers a browser's requests. Make one with New.
type Pages struct {
	token string
	hosts map[string]bool // what a request of this machine's browser can have as its Host
	page  func(context.Context) ([]byte, error)
	state func(context.Context) (string, error)

	every, hold time.Duration
}

// New returns pages for a listener on a loopback address. page draws the page as it is now. state is what the page depends on, in few
// characters: the page is drawn again when it differs. Both may be called at the same time as themselves and each other.
func New(at net.Addr, page func(context.Context) ([]byte, error), state func(context.Context) (string, error)) *Pages {
	_, port, _ := net.SplitHostPort(at.String()) // "" is a host that nobody asks for
	return &Pages{
		token: rand.Text(), page: page, state: state, every: time.Second, hold: 20 * time.Second,
		hosts: map[string]bool{at.String(): true, net.JoinHostPort("localhost", port): true},
	}
}

// Path is where the page is, with the token that its address has.
func (p *Pages) Path() string { return "/" + p.token + "/" }

// Listen listens on an address of the loopback interface: host:port, with 0 for any free port. "" is 127.0.0.1:0. It refuses every other
// address, and names but localhost, which could lead anywhere.
func Listen(address string) (net.Listener, error) {
	if address == "" {
		address = "127.0.0.1:0"
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("listening on %q: it is not host:port", address)
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("listening on %q: the page is for this machine alone; give a loopback address such as 127.0.0.1:%s", address, port)
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, fmt.Errorf("listening on %q: %w", address, err)
	}
	return listener, nil
}

// Until serves on the listener until the context ends. Requests that wait then end at once.
func (p *Pages) Until(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler: p, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); ctx.Err() == nil {
		return fmt.Errorf("serving the page: %w", err)
	}
	return nil
}

// ServeHTTP answers the page at Path, and at Path with "wait?at=STATE" the present state, as soon as it is another or some time has passed.
// Whoever does not know the token learns nothing. A request that another site made a browser send is refused, although it has the token.
func (p *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Cache-Control", "no-store")
	head.Set("Content-Security-Policy", "frame-ancestors 'none'")
	head.Set("Cross-Origin-Resource-Policy", "same-origin")
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("X-Content-Type-Options", "nosniff")
	token, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case !p.hosts[strings.ToLower(r.Host)]:
		http.Error(w, "this page answers to the address that stopgate printed", http.StatusMisdirectedRequest)
	case foreign(r):
		http.Error(w, "this page answers to itself", http.StatusForbidden)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		head.Set("Allow", "GET, HEAD")
		http.Error(w, "this page is for reading", http.StatusMethodNotAllowed)
	case subtle.ConstantTimeCompare([]byte(token), []byte(p.token)) != 1:
		http.NotFound(w, r)
	case rest == "" && strings.HasSuffix(r.URL.Path, "/"):
		p.answer(w, r, "text/html; charset=utf-8", p.page)
	case rest == "wait":
		p.answer(w, r, "text/plain; charset=utf-8", func(ctx context.Context) ([]byte, error) { return p.next(ctx, r.URL.Query().Get("at")) })
	default:
		http.NotFound(w, r)
	}
}

// foreign reports whether a page of another origin has sent the request. To open the page by its address is no request of a page.
func foreign(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return true
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	from, err := url.Parse(origin)
	return err != nil || from.Scheme != "http" || !strings.EqualFold(from.Host, r.Host)
}

func (p *Pages) answer(w http.ResponseWriter, r *http.Request, kind string, text func(context.Context) ([]byte, error)) {
	body, err := text(r.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(body) // a browser that has gone away
}

// next is the state as soon as it is not the one that the browser has, and whatever it is after some time.
func (p *Pages) next(ctx context.Context, has string) ([]byte, error) {
	until := time.Now().Add(p.hold)
	for {
		now, err := p.state(ctx)
		if err != nil || now != has || !time.Now().Before(until) {
			return []byte(now), err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(p.every):
		}
	}
}
