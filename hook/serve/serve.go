// Package serve shows a page to the person at this machine, and to nobody else: on the loopback interface, under a secret address, read-only.
package serve

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"net"
	"strings"
	"sync"
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

// New returns pages for a listener on a loopback address. page draws the present page. state is a short fingerprint of the page's input: the page
// is drawn again when it changes. Both may be called concurrently.
func New(at net.Addr, page func(context.Context) ([]byte, error), state func(context.Context) (string, error)) *Pages {
	_, port, _ := net.SplitHostPort(at.String()) // with "" no request's host matches
	return &Pages{
		token: rand.Text(), page: page, state: state, every: time.Second, hold: 20 * time.Second,
		hosts: map[string]bool{at.String(): true, net.JoinHostPort("localhost", port): true},
	}
}

// Path returns the path of the page, with the token.
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
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() })
	defer stop()
	var open sync.WaitGroup
	defer open.Wait()
	room := make(chan struct{}, maxConnections)
	for {
		conn, err := listener.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("serving the page: %w", err)
		}
		room <- struct{}{}
		open.Go(func() {
			p.talk(ctx, conn)
			<-room
		})
	}
}

// talk reads one request, answers it, and ends the connection.
func (p *Pages) talk(ctx context.Context, conn net.Conn) {
	ctx, done := context.WithCancel(ctx)
	defer done()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	defer conn.Close() //nolint:errcheck // the browser sees by the length whether it has all
	_ = conn.SetDeadline(time.Now().Add(requestWithin))
	r, err := readRequest(conn)
	if err != nil {
		_, _ = conn.Write(answer{status: badRequest, text: []byte(err.Error())}.bytes(false)) // it may have gone away
		return
	}
	_ = conn.SetDeadline(time.Now().Add(p.hold + requestWithin))
	_, _ = conn.Write(p.answer(ctx, r).bytes(r.method == "HEAD")) // it may have gone away
}

// answer answers the page at Path, and at Path with "wait?at=STATE" the present state, as soon as it is another or some time has passed.
// Whoever does not know the token learns nothing. A request that another site made a browser send is refused, although it has the token.
func (p *Pages) answer(ctx context.Context, r request) answer {
	token, rest, below := strings.Cut(strings.TrimPrefix(r.url.Path, "/"), "/")
	known := subtle.ConstantTimeCompare([]byte(token), []byte(p.token)) == 1 && below
	switch {
	case !p.hosts[strings.ToLower(r.host)]:
		return answer{status: "421 Misdirected Request", text: []byte("this page answers to the address that stopgate printed")}
	case r.foreign():
		return answer{status: "403 Forbidden", text: []byte("this page answers to itself")}
	case r.method != "GET" && r.method != "HEAD":
		return answer{status: "405 Method Not Allowed", text: []byte("this page is for reading")}
	case known && rest == "":
		return answered("text/html", func() ([]byte, error) { return p.page(ctx) })
	case known && rest == "wait":
		return answered("text/plain", func() ([]byte, error) { return p.next(ctx, r.url.Query().Get("at")) })
	}
	return answer{status: "404 Not Found", text: []byte("there is nothing here")}
}

// next returns the state once it differs from the browser's, and in any case after some time.
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
