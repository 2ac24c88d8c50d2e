// SPDX-License-Identifier: Apache-2.0

package control_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/ops/control"
)

func dial(t *testing.T, o control.Options) net.Conn {
	t.Helper()
	c, err := net.Dial("unix", o.Socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

// send sends bytes as they are, and reads the answer.
func send(t *testing.T, o control.Options, text string) (status int, body string, err error) {
	t.Helper()
	c := dial(t, o)
	go func() { _, _ = io.WriteString(c, text) }() // the server may hang up before all is read
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body) // what wasn't read of the request resets the connection
	return res.StatusCode, string(b), nil
}

func post(path, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)
}

func TestHostileRequests(t *testing.T) {
	loop := newScripted()
	o, _ := serve(t, control.Instance{Loop: loop})
	large := strings.Repeat("x", 100<<10)
	tests := map[string]struct {
		request string
		status  int
		body    string
		why     string
	}{
		"no HTTP":         {"hello\r\n\r\n", 400, "", "not a request"},
		"wrong method":    {"GET /v1/approve HTTP/1.1\r\nHost: x\r\n\r\n", 405, "", "reading releases nothing"},
		"wrong path":      {"GET /debug/pprof/ HTTP/1.1\r\nHost: x\r\n\r\n", 404, "", "nothing of the default mux"},
		"large header":    {"GET /v1/status HTTP/1.1\r\nHost: x\r\nX: " + large + "\r\n\r\n", 431, "", "headers are bounded"},
		"large body":      {post("/v1/approve", `{"hash":"`+large+`"}`), 400, "too large", "bodies are bounded"},
		"endless body":    {"POST /v1/approve HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n20000\r\n" + strings.Repeat(" ", 0x20000), 400, "too large", "so are those of no length"},
		"no JSON":         {post("/v1/approve", "hash=1"), 400, "bad-request", "another form"},
		"no body":         {post("/v1/approve", ""), 400, "bad-request", "nothing"},
		"twice":           {post("/v1/approve", `{"hash":"ab"}{"hash":"cd"}`), 400, "follows", "one value"},
		"unknown field":   {post("/v1/approve", `{"hash":"ab","force":true}`), 400, "unknown field", "what isn't understood isn't done"},
		"other type":      {post("/v1/approve", `{"hash":["ab"]}`), 400, "bad-request", "a list"},
		"no hash":         {post("/v1/approve", `{}`), 400, "hexadecimal", "no hash approves nothing"},
		"hostile hash":    {post("/v1/approve", `{"hash":"\u001b[31m"}`), 400, "hexadecimal", "it would be repeated"},
		"long hash":       {post("/v1/approve", `{"hash":"`+strings.Repeat("a", 65)+`"}`), 400, "hexadecimal", "no hash is so long"},
		"undo nothing":    {post("/v1/undo/plan", `{}`), 400, "either", "one of three"},
		"undo two ways":   {post("/v1/undo/plan", `{"entries":[1],"name":"a.example.com"}`), 400, "either", "one of three"},
		"undo no hash":    {post("/v1/undo", `{"entries":[1]}`), 400, "hexadecimal", "what wasn't shown isn't done"},
		"undo bad name":   {post("/v1/undo/plan", `{"name":"a..b"}`), 400, "label", "no name"},
		"undo negative":   {post("/v1/undo/plan", `{"entries":[-1]}`), 400, "bad-request", "no number of an entry"},
		"undo many":       {post("/v1/undo/plan", `{"entries":[`+many(1001)+`]}`), 400, "at most 1000", "bounded"},
		"journal name":    {"GET /v1/journal?name=a..b HTTP/1.1\r\nHost: x\r\n\r\n", 501, "", "it keeps none"},
		"why":             {"GET /v1/why HTTP/1.1\r\nHost: x\r\n\r\n", 501, "unsupported", "it can't"},
		"nested to death": {post("/v1/approve", strings.Repeat("[", 30000)), 400, "bad-request", "depth is bounded by encoding/json"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			status, body, err := send(t, o, tt.request)
			if err != nil || status != tt.status || !strings.Contains(body, tt.body) {
				t.Errorf("%d %q %v, want %d and %q: %s", status, body, err, tt.status, tt.body, tt.why)
			}
		})
	}
	if len(loop.asked) > 0 {
		t.Errorf("the loop was asked: %s", <-loop.asked)
	}
	if _, err := client(t, o).Status(t.Context()); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func many(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprint(i + 1)
	}
	return strings.Join(list, ",")
}

func TestConnectionsEndWithTheirRequest(t *testing.T) {
	o, _ := serve(t, control.Instance{Loop: newScripted()})
	c := dial(t, o)
	fmt.Fprint(c, "GET /v1/status HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n")
	if rest, err := io.ReadAll(c); err != nil || !strings.Contains(string(rest), "Connection: close") {
		t.Errorf("%q, %v: the connection stays open", rest, err)
	}
}

// Those who connect and say nothing, or little by little, are hung up on, and a command that waits meanwhile gets its turn.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	o, _ := serve(t, control.Instance{Loop: newScripted()})
	const slots = 8
	conns := make([]net.Conn, 0, slots)
	for range slots {
		c := dial(t, o)
		fmt.Fprint(c, "GET /v1/status HTTP/1.1\r\nHo")
		conns = append(conns, c)
	}
	if s, err := client(t, o).Status(t.Context()); err != nil || !s.Ready {
		t.Errorf("a command after them: %+v, %v", s, err)
	}
	for _, c := range conns {
		if _, err := io.ReadAll(c); err != nil {
			t.Errorf("a slow one stays: %v", err)
		}
	}
}

// More than eight aren't served at once: the ninth waits until one has its answer.
func TestConnectionsAreBounded(t *testing.T) {
	loop := newScripted()
	loop.block = make(chan struct{})
	o, _ := serve(t, control.Instance{Loop: loop})
	const all, slots = 20, 8
	done := make(chan error, all)
	for range all {
		go func() { _, err := client(t, o).Held(t.Context()); done <- err }()
	}
	for range slots {
		<-loop.asked
	}
	select {
	case <-loop.asked: // a ninth is caught at the end, by how many there were at once
	case <-time.After(100 * time.Millisecond):
	}
	loop.block <- struct{}{} // one answer
	if err := <-done; err != nil {
		t.Error(err)
	}
	<-loop.asked // and one more
	close(loop.block)
	for range all - 1 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if most := loop.most.Load(); most != slots {
		t.Errorf("%d were served at once, want %d", most, slots)
	}
}
