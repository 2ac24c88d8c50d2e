// SPDX-License-Identifier: Apache-2.0

// Package sandbox runs everything in one process, without a cluster, a cloud or privileges: an emulator of Route 53, a name server
// that answers from its zones, and the controller that publishes manifests from a folder; for a home, a line with a router too, whose
// address changes when a person says so. Nothing leaves the machine.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"nafuda.io/nafuda/internal/app"
	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/ops/control"
	"nafuda.io/nafuda/internal/serve/nameserver"
	"nafuda.io/nafuda/internal/serve/r53emu"
)

// Options say where the sandbox listens and what it publishes.
type Options struct {
	Manifests []string `name:"manifests" sep:"none" placeholder:"PATH" help:"A file or folder of manifests to publish. Repeatable; ./examples/sandbox, or with --home ./examples/home/objects, where none is given."`
	API       string   `name:"listen" default:"127.0.0.1:4580" placeholder:"ADDRESS" help:"Loopback address of the emulated Route 53."`
	DNS       string   `name:"dns-listen" default:"127.0.0.1:5300" placeholder:"ADDRESS" help:"Loopback address of the name server, UDP and TCP."`
	Status    string   `name:"metrics-address" default:"127.0.0.1:7979" placeholder:"ADDRESS" help:"Loopback address of /metrics, /readyz and /status.json; empty turns them off."`
	Zones     []string `name:"zone" sep:"none" default:"example.com" placeholder:"NAME" help:"A hosted zone to start with. Repeatable."`
	Home      bool     `name:"home" negatable:"" help:"Play a home: a router whose public address changes when you tell it to, and a name server for the LAN, beside Route 53."`
	Config    string   `name:"home-config" default:"./examples/home/nafuda.yaml" placeholder:"FILE" help:"With --home: the configuration file, whose views are used."`
	LAN       string   `name:"lan-listen" default:"127.0.0.1:5301" placeholder:"ADDRESS" help:"With --home: loopback address of the LAN's name server, UDP and TCP."`
	Router    string   `name:"router-listen" default:"127.0.0.1:4581" placeholder:"ADDRESS" help:"With --home: loopback address of the router, for its page (TCP) and NAT-PMP (UDP)."`
	LogLevel  string   `name:"log-level" enum:"panic,fatal,error,warning,info,debug,trace" default:"info" help:"Least level of logged lines."`
	LogFormat string   `name:"log-format" enum:"text,json" default:"text" help:"Format of logged lines."`

	Guard   guard.Options   `embed:""`
	Control control.Options `embed:""`
}

// Check returns every mistake in the options.
func (o *Options) Check() error {
	var errs []error
	check := func(flag, address string) {
		if err := loopback(address); err != nil {
			errs = append(errs, fmt.Errorf("--%s=%s: %w", flag, address, err))
		}
	}
	check("listen", o.API)
	check("dns-listen", o.DNS)
	check("lan-listen", o.LAN)
	check("router-listen", o.Router)
	if o.Status != "" {
		check("metrics-address", o.Status)
	}
	for _, z := range o.Zones {
		if _, err := dnsname.Parse(z); err != nil {
			errs = append(errs, fmt.Errorf("--zone=%s: %w", z, err))
		}
	}
	return errors.Join(errs...)
}

func loopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return errors.New("must be an address and a port, such as 127.0.0.1:4580")
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return errors.New("must be a loopback address, such as 127.0.0.1: the sandbox doesn't serve other machines")
	}
	return nil
}

// Arguments are those of the controller. It is told everything: the sandbox reads no variable that configures a real one. There is no
// domain filter, so that a name outside the zones is refused aloud.
func (o *Options) Arguments() []string {
	args := []string{
		"--aws-api-rate=100", "--aws-api-burst=100",
		"--metrics-address=" + o.Status, "--log-level=" + o.LogLevel, "--log-format=" + o.LogFormat,
		"--hold-for=" + o.Guard.HoldFor.String(), "--delete-after=" + o.Guard.DeleteAfter.String(),
		fmt.Sprintf("--max-deletes=%d", o.Guard.MaxDeletes), fmt.Sprintf("--max-delete-percent=%d", o.Guard.MaxDeletePercent),
		fmt.Sprintf("--max-update-percent=%d", o.Guard.MaxUpdatePercent),
	}
	if o.Control.Socket != "" {
		args = append(args, "--control-socket="+o.Control.Socket)
	}
	for _, m := range o.manifests() {
		args = append(args, "--manifests="+m)
	}
	if o.Home {
		return append(args, o.atHome()...)
	}
	return append(args, "--source=service", "--source=ingress", "--provider=aws", "--policy=sync", "--registry=txt", "--txt-owner-id=sandbox",
		"--txt-prefix=nafuda-%{record_type}.")
}

// manifests are the files and folders to publish.
func (o *Options) manifests() []string {
	switch {
	case len(o.Manifests) > 0:
		return o.Manifests
	case o.Home:
		return []string{"./examples/home/objects"}
	default:
		return []string{"./examples/sandbox"}
	}
}

// Run runs the sandbox until the context ends: the controller c, with the options that Arguments give, publishes to the emulator.
// It prints on out what to type next, once everything listens.
func Run(ctx context.Context, o Options, c app.Options, v app.Version, out io.Writer, log *slog.Logger) error {
	s, err := listen(ctx, o)
	if err != nil {
		return err
	}
	emu := r53emu.New(r53emu.Options{Delay: 2 * time.Second})
	for _, z := range o.Zones {
		name, err := dnsname.Parse(z)
		if err != nil {
			return fmt.Errorf("make the zone %s: %w", z, err)
		}
		emu.AddZone(name, false)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return serveHTTP(ctx, s.api, emu) })
	if o.Home {
		s.home.serve(ctx, group)
		s.home.adjust(&c)
	}
	group.Go(func() error { return nameserver.New(emu.DB(), nameserver.Options{Log: log}).Serve(ctx, s.udp, s.tcp) })
	c.Local = "http://" + s.api.Addr().String()
	c.Probe.Servers = []string{s.tcp.Addr().String()}
	if err := welcome(out, o, s, emu.DB()); err != nil {
		return fmt.Errorf("print what to type: %w", err)
	}
	group.Go(func() error { return app.Run(ctx, c, v, log) })
	if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// sockets are what the sandbox listens on.
type sockets struct {
	api net.Listener
	udp net.PacketConn
	tcp net.Listener

	home home
}

func listen(ctx context.Context, o Options) (s sockets, err error) {
	var l net.ListenConfig
	if s.api, err = l.Listen(ctx, "tcp", o.API); err != nil {
		return s, fmt.Errorf("listen on --listen=%s: %w; is another sandbox running?", o.API, err)
	}
	if s.tcp, err = l.Listen(ctx, "tcp", o.DNS); err != nil {
		return s, fmt.Errorf("listen on --dns-listen=%s: %w; is another sandbox running?", o.DNS, err)
	}
	// With port 0 the system chose one for TCP: UDP has the same.
	if s.udp, err = l.ListenPacket(ctx, "udp", s.tcp.Addr().String()); err != nil {
		return s, fmt.Errorf("listen on --dns-listen=%s: %w", o.DNS, err)
	}
	if o.Home {
		s.home, err = listenAtHome(ctx, o)
	}
	return s, err
}

func serveHTTP(ctx context.Context, l net.Listener, h http.Handler) error {
	const headers = 5 * time.Second
	server := &http.Server{Handler: h, ReadHeaderTimeout: headers}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve %s: %w", l.Addr(), err)
	}
	return nil
}
