// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"
	"github.com/rogpeppe/go-internal/testscript"
	"sigs.k8s.io/yaml"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/serve/iamemu"
	"nafuda.io/nafuda/internal/serve/r53emu"
)

// patience bounds how long a word waits.
const patience = 30 * time.Second

// words are the words of our scripts. Those that ask a running sandbox find its addresses in the file sandbox.log.
//
//	dns TYPE NAME              prints the values that the name server gives over UDP and TCP, sorted, or the answer's code
//	waitfor TYPE NAME VALUE... waits until those are the values
//	waitfor status KEY TEXT... waits until the status has all texts under a key
//	status KEY...              prints the status's values under keys
//	everyhost DIR              waits until each host name in a folder of manifests is answered
//	copies N FILE DIR          writes N copies of a file into a folder, each with its number for every %d
//	instance SOCKET [LEADER]   plays a running instance, or the standby of a leader, and points commands at it
//	keep DIR                   writes a state directory with a journal of two entries
//	emulator ZONE...           starts an emulated Route 53 with zones and points the AWS variables at it, and a name server of them at $SERVER
//	profiles NAME=ZONE...      starts an emulated Route 53 with a zone for each profile of an AWS configuration file
//	resolver HOW               starts a resolver at $RESOLVER that asks $SERVER and passes on what it gets, in its way: see resolvers
//	whoami ADDRESS...          starts a name server and pages that say who asks: see there
//	higher FILE SOA NAME       fails unless the SOA's serial is higher than that of the answer in a file
//	line ADDRESS|down          tells the sandbox's router what its line is like from now on
//	listening VARIABLE         waits until the sandbox answers for the zones of its own, and has the variable say where
//	identity                   starts an emulated STS that knows the key of the AWS variables
func words() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"dns": func(ts *testscript.TestScript, _ bool, args []string) {
			answer, err := ask(ts, args[0], args[1])
			ts.Check(err)
			fmt.Fprintln(ts.Stdout(), strings.Join(answer, "\n"))
		},
		"waitfor": waitFor,
		"status": func(ts *testscript.TestScript, _ bool, args []string) {
			for _, key := range args {
				text, err := status(ts, key)
				ts.Check(err)
				fmt.Fprintln(ts.Stdout(), text)
			}
		},
		"everyhost": everyHost,
		"copies":    copies,
		"emulator":  emulator,
		"profiles":  profiles,
		"resolver":  resolver,
		"identity":  identity,
		"instance":  instance,
		"keep":      keep,
		"whoami":    whoami,
		"higher":    higher,
		"line":      line,
		"listening": listening,
	}
}

func waitFor(ts *testscript.TestScript, _ bool, args []string) {
	if args[0] == "status" {
		poll(ts, strings.Join(args, " "), func() (string, bool, error) {
			text, err := status(ts, args[1])
			return text, !slices.ContainsFunc(args[2:], func(want string) bool { return !strings.Contains(text, want) }), err
		})
		return
	}
	want := slices.Sorted(slices.Values(args[2:]))
	poll(ts, strings.Join(args, " "), func() (string, bool, error) {
		answer, err := ask(ts, args[0], args[1])
		return strings.Join(answer, " "), slices.Equal(answer, want), err
	})
}

// poll tries until it is done.
func poll(ts *testscript.TestScript, what string, try func() (last string, done bool, err error)) {
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		last, done, err := try()
		if err == nil && done {
			return
		}
		if time.Now().After(end) {
			ts.Logf("%s", ts.ReadFile("sandbox.log"))
			ts.Fatalf("waited in vain for %s: %s %v", what, last, err)
		}
	}
}

// address finds an address in what the sandbox has printed.
func address(ts *testscript.TestScript, pattern string) (string, error) {
	data, err := os.ReadFile(ts.MkAbs("sandbox.log"))
	if err != nil {
		return "", err
	}
	found := regexp.MustCompile(pattern).FindSubmatch(data)
	if found == nil {
		return "", fmt.Errorf("the sandbox hasn't printed %s", pattern)
	}
	return string(found[1]), nil
}

// ask asks the name server, or for NAME@lan that of the LAN. The answer is the values of the type, or the code where that isn't NOERROR.
func ask(ts *testscript.TestScript, kind, name string) ([]string, error) {
	pattern := `(?:a name server at |answering DNS questions" addresses="?)(\d[0-9.:]*\d)`
	name, lan := strings.CutSuffix(name, "@lan")
	if lan {
		pattern = `answering DNS questions" addresses="?(\d[0-9.:]*\d)`
	}
	at, err := address(ts, pattern)
	if err != nil {
		return nil, err
	}
	over, err := askOver("udp", at, kind, name)
	if err != nil {
		return nil, err
	}
	answer, err := askOver("tcp", at, kind, name)
	if err == nil && !slices.Equal(over, answer) {
		err = fmt.Errorf("%s %s is %v over UDP and %v over TCP", kind, name, over, answer)
	}
	return answer, err
}

func askOver(network, at, kind, name string) ([]string, error) {
	q := new(dns.Msg).SetQuestion(dns.Fqdn(name), dns.StringToType[kind])
	r, _, err := (&dns.Client{Net: network}).Exchange(q, at)
	if err != nil {
		return nil, err
	}
	if r.Rcode != dns.RcodeSuccess {
		return []string{dns.RcodeToString[r.Rcode]}, nil
	}
	var out []string
	for _, rr := range r.Answer {
		if rr.Header().Rrtype == q.Question[0].Qtype {
			out = append(out, strings.TrimPrefix(rr.String(), rr.Header().String()))
		}
	}
	slices.Sort(out)
	return out, nil
}

func line(ts *testscript.TestScript, _ bool, args []string) {
	at, err := address(ts, `a router at (http://\S*\d)`)
	ts.Check(err)
	res, err := http.Post(at, "text/plain", strings.NewReader(args[0]))
	ts.Check(err)
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		ts.Fatalf("the router says %s", res.Status)
	}
}

func higher(ts *testscript.TestScript, _ bool, args []string) {
	answer, err := ask(ts, args[1], args[2])
	ts.Check(err)
	serial := func(soa string) uint64 {
		n, err := strconv.ParseUint(strings.Fields(soa)[2], 10, 32)
		ts.Check(err)
		return n
	}
	if before, now := serial(ts.ReadFile(args[0])), serial(answer[0]); now <= before {
		ts.Fatalf("the serial goes from %d to %d", before, now)
	}
}

// status is the value under a key of /status.json, as JSON.
func status(ts *testscript.TestScript, key string) (string, error) {
	at, err := address(ts, `serving [^\n]*address="?([0-9.:]+)`)
	if err != nil {
		return "", err
	}
	res, err := http.Get("http://" + at + "/status.json")
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	var all map[string]json.RawMessage
	if err := json.NewDecoder(res.Body).Decode(&all); err != nil {
		return "", err
	}
	var text strings.Builder
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	err = enc.Encode(all[key])
	return strings.TrimSpace(text.String()), err
}

// everyHost takes the host names from the YAML, not from our own reading of it.
func everyHost(ts *testscript.TestScript, _ bool, args []string) {
	files, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "*.yaml"))
	ts.Check(err)
	n := 0
	for _, f := range files {
		for doc := range strings.SplitSeq(ts.ReadFile(f), "\n---") {
			for _, host := range hosts(ts, doc) {
				n++
				name := strings.Replace(host, "*", "anything", 1)
				poll(ts, "an answer for "+host, func() (string, bool, error) {
					var all []string
					for _, kind := range []string{"A", "AAAA", "CNAME"} {
						answer, err := ask(ts, kind, name)
						if err != nil {
							return "", false, err
						}
						all = append(all, answer...)
					}
					return fmt.Sprint(all), len(all) > 0 && !slices.Contains(all, "NXDOMAIN"), nil
				})
			}
		}
	}
	fmt.Fprintln(ts.Stdout(), n, "hosts")
}

func hosts(ts *testscript.TestScript, doc string) []string {
	var object struct {
		Metadata struct{ Annotations map[string]string }
		Spec     struct {
			Rules []struct{ Host string }
			TLS   []struct{ Hosts []string }
		}
	}
	ts.Check(yaml.Unmarshal([]byte(doc), &object))
	var out []string
	for _, r := range object.Spec.Rules {
		out = append(out, r.Host)
	}
	for _, t := range object.Spec.TLS {
		out = append(out, t.Hosts...)
	}
	for key, value := range object.Metadata.Annotations {
		if strings.HasSuffix(key, "/hostname") || strings.HasSuffix(key, "/internal-hostname") {
			out = append(out, strings.Split(value, ",")...)
		}
	}
	return out
}

func copies(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	text := ts.ReadFile(args[1])
	ts.Check(os.MkdirAll(ts.MkAbs(args[2]), 0o755))
	for i := range n {
		number := strconv.Itoa(i)
		ts.Check(os.WriteFile(filepath.Join(ts.MkAbs(args[2]), number+".yaml"), []byte(strings.ReplaceAll(text, "%d", number)), 0o600))
	}
}

func emulator(ts *testscript.TestScript, _ bool, zones []string) {
	emu := r53emu.New(r53emu.Options{})
	for _, z := range zones {
		emu.AddZone(dnsname.MustParse(z), false)
	}
	ts.Setenv("AWS_ENDPOINT_URL_ROUTE_53", serve(ts, emu))
	ts.Setenv("SERVER", serveZones(ts, emu.DB()))
	for key, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "example", "AWS_SECRET_ACCESS_KEY": "example", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		ts.Setenv(key, value)
	}
}

// profiles has several accounts, each at an address of its own (AWS SDKs and Tools Reference Guide, "Service-specific endpoints").
func profiles(ts *testscript.TestScript, _ bool, args []string) {
	var text strings.Builder
	for _, arg := range args {
		name, z, _ := strings.Cut(arg, "=")
		emu := r53emu.New(r53emu.Options{})
		emu.AddZone(dnsname.MustParse(z), false)
		fmt.Fprintf(&text, "[profile %s]\nservices = %s\naws_access_key_id = example\naws_secret_access_key = example\n[services %s]\nroute_53 =\n  endpoint_url = %s\n", name, name, name, serve(ts, emu))
	}
	ts.Check(os.WriteFile(ts.MkAbs("aws.config"), []byte(text.String()), 0o600))
	ts.Setenv("AWS_CONFIG_FILE", ts.MkAbs("aws.config"))
	ts.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
}

func identity(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Setenv("AWS_ENDPOINT_URL_STS", serve(ts, iamemu.New()))
	ts.Setenv("AWS_ACCESS_KEY_ID", iamemu.AdminKey)
}

func serve(ts *testscript.TestScript, h http.Handler) string {
	server := httptest.NewServer(h)
	ts.Defer(server.Close)
	return server.URL
}

// listening sets a variable to the address at which a running instance answers questions about its own zones.
func listening(ts *testscript.TestScript, _ bool, args []string) {
	poll(ts, "listening", func() (string, bool, error) {
		at, err := address(ts, `answering DNS questions" addresses="?(\d[0-9.:]*\d)`)
		ts.Setenv(args[0], at)
		return at, err == nil, err
	})
}
