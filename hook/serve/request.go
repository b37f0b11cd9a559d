package serve

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"net/url"
	"strings"
	"time"
)

// The package speaks as much of HTTP/1.1 (RFC 9112) as a browser needs to read a page: one request without a body on each connection. The
// library's server would make every hook event start a twentieth slower, for a page that is seldom served.

const (
	maxConnections = 16
	maxRequest     = 32 << 10 // bytes
	requestWithin  = 10 * time.Second
	badRequest     = "400 Bad Request"
)

// request has the parts of a request that matter.
type request struct {
	method string
	url    *url.URL
	// host, origin and site are the values of Host, Origin and Sec-Fetch-Site; "" for a header that is not there.
	host, origin, site string
}

// readRequest reads a request. One with a header twice that counts, or with a body, is refused.
func readRequest(from io.Reader) (request, error) {
	in := textproto.NewReader(bufio.NewReader(io.LimitReader(from, maxRequest)))
	line, err := in.ReadLine()
	if err != nil {
		return request{}, fmt.Errorf("reading the request: %w", err)
	}
	words := strings.Split(line, " ")
	if len(words) != 3 || !strings.HasPrefix(words[2], "HTTP/1.") || !strings.HasPrefix(words[1], "/") {
		return request{}, errors.New("reading the request: it is none of HTTP/1.1")
	}
	r := request{method: words[0]}
	if r.url, err = url.ParseRequestURI(words[1]); err != nil {
		return request{}, errors.New("reading the request: it asks for no path")
	}
	header, err := in.ReadMIMEHeader()
	if err != nil {
		return request{}, errors.New("reading the request: its header is too long or broken")
	}
	for name, value := range map[string]*string{"Host": &r.host, "Origin": &r.origin, "Sec-Fetch-Site": &r.site} {
		switch values := header[name]; len(values) {
		case 0:
		case 1:
			*value = values[0]
		default:
			return request{}, fmt.Errorf("reading the request: it has %s twice", name)
		}
	}
	return r, nil
}

// foreign reports whether a page of another origin has sent the request. To open the page by its address is no request of a page.
func (r request) foreign() bool {
	switch r.site {
	case "", "same-origin", "none":
	default:
		return true
	}
	if r.origin == "" {
		return false
	}
	from, err := url.Parse(r.origin)
	return err != nil || from.Scheme != "http" || !strings.EqualFold(from.Host, r.host)
}

// answer is the answer to a request.
type answer struct {
	status, kind string
	text         []byte
}

func answered(kind string, text func() ([]byte, error)) answer {
	body, err := text()
	if err != nil {
		return answer{status: "500 Internal Server Error", text: []byte(err.Error())}
	}
	return answer{status: "200 OK", kind: kind, text: body}
}

// bytes returns the answer as it is sent. Nothing of it is to be kept, framed, or read by other sites.
func (a answer) bytes(headOnly bool) []byte {
	if a.kind == "" {
		a.kind, a.text = "text/plain", append(a.text, '\n')
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %s\r\nContent-Type: %s; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n", a.status, a.kind, len(a.text))
	b.WriteString("Allow: GET, HEAD\r\nCache-Control: no-store\r\nContent-Security-Policy: frame-ancestors 'none'\r\n")
	b.WriteString("Cross-Origin-Resource-Policy: same-origin\r\nReferrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n\r\n")
	if !headOnly {
		b.Write(a.text)
	}
	return b.Bytes()
}
