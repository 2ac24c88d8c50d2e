// SPDX-License-Identifier: Apache-2.0

package parse_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"nafuda.io/nafuda/internal/app/flags"
	"nafuda.io/nafuda/internal/cli/parse"
)

// options stands in for the program's.
type options struct {
	Source  []string      `enum:"service,ingress" required:"" help:"Which kinds are read."`
	Policy  string        `enum:"sync,upsert-only,create-only" default:"upsert-only" help:"Which changes are made."`
	Types   []string      `name:"managed-record-types" default:"A,AAAA,CNAME" help:"Which types are managed."`
	Domains []string      `name:"domain-filter" help:"Which names."`
	Timeout time.Duration `name:"kube-api-request-timeout" default:"30s" help:"Longest request."`
	DryRun  bool          `help:"Write nothing."`
	Health  bool          `name:"aws-evaluate-target-health" default:"true" help:"Check."`
	Nets    []netip.Prefix
	QPS     float32 `name:"kube-api-qps" default:"5"`
	Retry   int     `name:"aws-api-retries" default:"3"`
	Show    bool    `name:"version" env:"-" help:"Show."`
	Several several `embed:""`
	Unused  unused  `embed:"" check:"-"`
	loop
}

type several struct {
	Rate int `default:"1" help:"How many."`
}

func (s several) Check() error {
	if s.Rate < 1 {
		return fmt.Errorf("--rate=%d: must be at least 1", s.Rate)
	}
	return nil
}

type unused struct{}

func (unused) Check() error { return errors.New("asked though it isn't to be") }

type loop struct {
	Interval time.Duration `default:"1m" help:"How often."`
	Burst    int           `name:"aws-api-burst" default:"5" help:"How many at once."`
}

func (l *loop) Check() error {
	var errs []error
	if l.Interval < time.Second {
		errs = append(errs, fmt.Errorf("--interval=%v: must be at least 1s", l.Interval))
	}
	if l.Burst < 1 {
		errs = append(errs, fmt.Errorf("--aws-api-burst=%d: must be at least 1", l.Burst))
	}
	return errors.Join(errs...)
}

type grammar struct {
	Run  options `cmd:"" default:"withargs" help:"Run."`
	Plan struct {
		options
		Name string `help:"One name."`
	} `cmd:"" help:"Plan."`
	Version struct{} `cmd:"" help:"Version."`
}

func defaults() options {
	return options{
		Source: []string{"service"}, Policy: "upsert-only", Types: []string{"A", "AAAA", "CNAME"}, Timeout: 30 * time.Second,
		Health: true, QPS: 5, Several: several{1}, Retry: 3, loop: loop{Interval: time.Minute, Burst: 5},
	}
}

func run(args, env []string) (grammar, parse.Result, []string) {
	var g grammar
	res, errs := parse.Parse(parse.Spec{Name: "nafuda", Grammar: &g, Args: args, Env: env, Table: flags.All()})
	var texts []string
	for _, err := range errs {
		texts = append(texts, err.Error())
	}
	return g, res, texts
}

func TestValues(t *testing.T) {
	file := filepath.Join(t.TempDir(), "args")
	inner := file + "-inner"
	write(t, file, "# a comment\n--source=ingress\n\n--domain-filter\nexample.com\n@"+inner+"\n")
	write(t, inner, "--dry-run\r\n")
	tests := map[string]struct {
		args, env []string
		want      func(*options)
		notes     []string
		why       string
	}{
		"defaults":         {args: []string{"--source=service"}, why: "a list's default is split, a given value replaces it"},
		"two words":        {args: []string{"--source", "service", "--policy", "sync"}, want: func(o *options) { o.Policy = "sync" }, why: "a value may follow"},
		"command named":    {args: []string{"run", "--source=service"}, why: "the default command has a name too"},
		"list":             {args: []string{"--source=service", "--source=ingress"}, want: func(o *options) { o.Source = []string{"service", "ingress"} }, why: "lists repeat"},
		"commas":           {args: []string{"--source=service", "--domain-filter=a,b"}, want: func(o *options) { o.Domains = []string{"a,b"} }, why: "values aren't split at commas"},
		"list replaced":    {args: []string{"--source=service", "--managed-record-types=TXT"}, want: func(o *options) { o.Types = []string{"TXT"} }, why: "the default goes when a value is given"},
		"list emptied":     {args: []string{"--source=service", "--domain-filter="}, env: []string{"NAFUDA_DOMAIN_FILTER=x"}, why: "an empty value is none, and beats the variable"},
		"switch on":        {args: []string{"--source=service", "--dry-run"}, want: func(o *options) { o.DryRun = true }, why: "a switch"},
		"switch off":       {args: []string{"--source=service", "--no-aws-evaluate-target-health"}, want: func(o *options) { o.Health = false }, why: "every switch is negatable"},
		"switch =false":    {args: []string{"--source=service", "--aws-evaluate-target-health=false"}, want: func(o *options) { o.Health = false }, why: "and takes a value"},
		"negative":         {args: []string{"--source=service", "--domain-filter", "-x"}, want: func(o *options) { o.Domains = []string{"-x"} }, why: "a value may begin with one dash"},
		"float":            {args: []string{"--source=service", "--kube-api-qps=2.5"}, want: func(o *options) { o.QPS = 2.5 }, why: "a number"},
		"text unmarshaler": {args: []string{"--source=service", "--nets=192.0.2.0/24"}, want: func(o *options) { o.Nets = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} }, why: "types that read text"},
		"file": {args: []string{"@" + file}, want: func(o *options) {
			o.Source, o.Domains, o.DryRun = []string{"ingress"}, []string{"example.com"}, true
		}, why: "an argument file, with one inside"},
		"our variable":   {env: []string{"NAFUDA_SOURCE=service", "NAFUDA_DRY_RUN=1"}, want: func(o *options) { o.DryRun = true }, why: "every flag is a variable, required ones too"},
		"their variable": {env: []string{"EXTERNAL_DNS_SOURCE=service\ningress\n"}, want: func(o *options) { o.Source = []string{"service", "ingress"} }, why: "lists are split at newlines"},
		"windows lines":  {env: []string{"EXTERNAL_DNS_SOURCE=service\r\ningress"}, want: func(o *options) { o.Source = []string{"service", "ingress"} }, why: "whatever wrote the file"},
		"ours wins":      {env: []string{"EXTERNAL_DNS_SOURCE=ingress", "NAFUDA_SOURCE=service"}, why: "ours beats theirs"},
		"line wins":      {args: []string{"--source=service"}, env: []string{"NAFUDA_SOURCE=ingress", "NAFUDA_POLICY="}, why: "the command line beats both; an empty variable is unset"},
		"not theirs": {
			args: []string{"--source=service"}, env: []string{"EXTERNAL_DNS_AWS_API_BURST=9"},
			notes: []string{"the variable EXTERNAL_DNS_AWS_API_BURST isn't one of a flag and is ignored"}, why: "ExternalDNS has no such flag",
		},
		"injected": {args: []string{"--source=service"}, env: []string{
			"NAFUDA_PORT=tcp://192.0.2.1:80", "NAFUDA_SERVICE_HOST=192.0.2.1", "NAFUDA_SERVICE_PORT=80", "NAFUDA_SERVICE_PORT_METRICS=80",
			"NAFUDA_PORT_80_TCP=tcp://192.0.2.1:80", "NAFUDA_PORT_80_TCP_ADDR=192.0.2.1", "EXTERNAL_DNS_RFC2136_PORT=tcp://192.0.2.1:53",
		}, why: "what Kubernetes injects for Services isn't ours"},
		"unknown variable": {
			args: []string{"--source=service"}, env: []string{"NAFUDA_POLICI=sync", "HOME=/"},
			notes: []string{"the variable NAFUDA_POLICI isn't one of a flag and is ignored"}, why: "a slip is told",
		},
		"no variable": {args: []string{"--source=service"}, env: []string{"NAFUDA_VERSION=v1.0.0", "EXTERNAL_DNS_VERSION=v0.23.0"}, why: "it is often set to something else"},
		"superseded": {
			args:  []string{"--source=service", "--events", "--events"},
			notes: []string{"--events is accepted and sets nothing: objects are always watched, and a change is published at once"}, why: "told once",
		},
		"superseded variable": {
			args: []string{"--source=service"}, env: []string{"EXTERNAL_DNS_TXT_CACHE_INTERVAL=1h"},
			notes: []string{"EXTERNAL_DNS_TXT_CACHE_INTERVAL is accepted and sets nothing: what a zone holds is always kept in memory and read again bit by bit; see --resync-interval"}, why: "as variables too",
		},
		"old name": {
			args: []string{"--source=service", "--request-timeout=5s"}, want: func(o *options) { o.Timeout = 5 * time.Second },
			notes: []string{"--request-timeout is accepted: it is the old name of --kube-api-request-timeout"}, why: "its value is used",
		},
		"old name loses": {
			args: []string{"--source=service", "--request-timeout=5s", "--kube-api-request-timeout=6s"}, want: func(o *options) { o.Timeout = 6 * time.Second },
			notes: []string{"--request-timeout is accepted and sets nothing: it is the old name of --kube-api-request-timeout"}, why: "the new name wins",
		},
		"refused at default": {args: []string{"--source=service", "--no-txt-encrypt-enabled", "--exoscale-apikey=", "--google-batch-change-interval=1000ms"}, why: "it asks for nothing"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g, res, errs := run(tt.args, tt.env)
			want := defaults()
			if tt.want != nil {
				tt.want(&want)
			}
			if diff := cmp.Diff(want, g.Run, cmp.AllowUnexported(options{}), cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.why, diff)
			}
			if diff := cmp.Diff(tt.notes, res.Notes, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
			if len(errs) > 0 || res.Command != "" && res.Command != "run" {
				t.Errorf("command %q, errors %q", res.Command, errs)
			}
		})
	}
}

func TestMistakes(t *testing.T) {
	missing := "--source is missing: give service or ingress"
	tests := map[string]struct {
		args, env []string
		want      []string
		why       string
	}{
		"missing":          {want: []string{missing}, why: "a required flag"},
		"missing by empty": {args: []string{"--source="}, want: []string{missing}, why: "an empty value is none"},
		"all at once": {
			args: []string{"--sorce=x", "--policy=all", "--interval=5", "--aws-api-burst=many", "--dry-run=perhaps", "--kube-api-qps=x", "--fqdn-template={{.Name}}", "stray"},
			env:  []string{"EXTERNAL_DNS_TXT_ENCRYPT_ENABLED=true"},
			want: []string{
				"unknown flag --sorce, did you mean --source?",
				`unexpected argument "stray": flags are written --name=value`,
				"--fqdn-template can't be used: host name templates aren't there yet; set the hostname annotation on the objects",
				"EXTERNAL_DNS_TXT_ENCRYPT_ENABLED can't be used: markers aren't encrypted yet",
				"--policy=all: not known: give sync, upsert-only or create-only",
				"--interval=5: not a duration: write it like 90s, 5m or 1h30m",
				"--aws-api-burst=many: not a whole number in range",
				"--dry-run=perhaps: neither true nor false",
				"--kube-api-qps=x: not a number",
				missing,
			}, why: "nothing hides behind the first",
		},
		"checks": {
			args: []string{"--source=service", "--interval=5ms", "--aws-api-burst=0", "--rate=0"},
			want: []string{"--rate=0: must be at least 1", "--interval=5ms: must be at least 1s", "--aws-api-burst=0: must be at least 1"}, why: "each error of a joined one, once though the method is promoted",
		},
		"repeated":         {args: []string{"--source=service", "--policy=sync", "--policy=sync"}, want: []string{"--policy is given 2 times, and takes one value"}, why: "as ExternalDNS has it"},
		"list element":     {args: []string{"--source=service", "--source=node"}, want: []string{"--source=node: not known: give service or ingress"}, why: "each element is checked"},
		"variable":         {args: []string{"--source=service"}, env: []string{"NAFUDA_INTERVAL=x"}, want: []string{"NAFUDA_INTERVAL=x: not a duration: write it like 90s, 5m or 1h30m"}, why: "the message names the variable"},
		"no value":         {args: []string{"--source=service", "--interval"}, want: []string{"--interval needs a value: write --interval=VALUE"}, why: "at the end"},
		"no value, flag":   {args: []string{"--interval", "--source=service"}, want: []string{"--interval needs a value: write --interval=VALUE"}, why: "a flag isn't a value"},
		"negated value":    {args: []string{"--source=service", "--no-dry-run=false"}, want: []string{"--no-dry-run takes no value: write --no-dry-run alone"}, why: "twice no is nothing"},
		"negated list":     {args: []string{"--source=service", "--no-source"}, want: []string{"unknown flag --no-source, did you mean --source?"}, why: "only switches are negatable"},
		"short":            {args: []string{"--source=service", "-v"}, want: []string{"unknown flag -v"}, why: "there are no short flags"},
		"swapped letters":  {args: []string{"--source=service", "--plicoy=sync"}, want: []string{"unknown flag --plicoy, did you mean --policy?"}, why: "the nearest"},
		"far off":          {args: []string{"--source=service", "--banana"}, want: []string{"unknown flag --banana"}, why: "no guess is better than a wild one"},
		"value unknown":    {args: []string{"--source=service", "--secret-key", "hunter2"}, want: []string{"unknown flag --secret-key"}, why: "what follows an unknown flag isn't repeated"},
		"refused secret":   {args: []string{"--source=service", "--pdns-api-key", "hunter2"}, want: []string{"--pdns-api-key can't be used: the PowerDNS provider isn't there yet; use --provider=aws"}, why: "values of refused flags aren't repeated"},
		"not there yet":    {args: []string{"--source=service", "--txt-prefix=x."}, want: []string{"--txt-prefix isn't there yet: remove it"}, why: "in the table, not in this grammar"},
		"other command":    {args: []string{"--source=service", "--name=x"}, want: []string{"--name isn't a flag of this command"}, why: "a flag of plan"},
		"unknown command":  {args: []string{"plam"}, want: []string{`unknown command "plam": use one of run, plan, version`, missing}, why: "the first word is a command"},
		"unreadable file":  {args: []string{"--source=service", "@"}, want: []string{"@ names no file: write @FILE, or --flag=@... for a value that begins with @"}, why: "no name"},
		"removed upstream": {args: []string{"--source=service", "--txt-new-format-only"}, want: []string{"unknown flag --txt-new-format-only"}, why: "ExternalDNS rejects it too"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, errs := run(tt.args, tt.env)
			if diff := cmp.Diff(tt.want, errs); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.why, diff)
			}
		})
	}
}

func TestCommands(t *testing.T) {
	for _, args := range [][]string{{"plan", "--source=service", "--name=x"}, {"--source=service", "--name=x", "plan"}, {"--source", "service", "plan", "--name", "x"}} {
		g, res, errs := run(args, nil)
		if res.Command != "plan" || g.Plan.Name != "x" || !slices.Equal(g.Plan.Source, []string{"service"}) || len(errs) > 0 {
			t.Errorf("%q: command %q, plan %+v, errors %q", args, res.Command, g.Plan, errs)
		}
	}
	_, res, errs := run([]string{"version"}, []string{"NAFUDA_SOURCE=bad", "EXTERNAL_DNS_PROVIDER=aws"})
	if res.Command != "version" || len(errs) > 0 || len(res.Notes) > 0 {
		t.Errorf("version: %+v %q: one environment serves all commands", res, errs)
	}
}

func TestHelp(t *testing.T) {
	_, res, errs := run([]string{"--bad", "--help"}, nil)
	for _, want := range []string{"plan", "version", "--source=VALUE", "--[no-]dry-run", "service or ingress", "NAFUDA_"} {
		if !strings.Contains(res.Help, want) {
			t.Errorf("help has no %q, errors %q:\n%s", want, errs, res.Help)
		}
	}
	if _, res, _ := run([]string{"plan", "--help"}, nil); !strings.Contains(res.Help, "One name.") {
		t.Errorf("help of plan:\n%s", res.Help)
	}
}

func TestArgumentFilesAreBounded(t *testing.T) {
	loop := filepath.Join(t.TempDir(), "loop")
	write(t, loop, strings.Repeat("@"+loop+"\n", 40))
	if _, _, errs := run([]string{"--source=service", "@" + loop}, nil); len(errs) == 0 || !strings.Contains(errs[0], "does a file name itself?") {
		t.Errorf("a file that names itself: %d errors", len(errs))
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
