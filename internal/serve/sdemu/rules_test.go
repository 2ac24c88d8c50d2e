// SPDX-License-Identifier: Apache-2.0

package sdemu_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"
	"github.com/aws/smithy-go"

	"nafuda.io/nafuda/internal/serve/sdemu"
)

// client is the real SDK, pointed at an address.
func client(url, region string) *sd.Client {
	return sd.NewFromConfig(aws.Config{
		Region: region, BaseEndpoint: aws.String(url), Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "example", ""),
	})
}

func start(t *testing.T, o sdemu.Options) (*sdemu.Server, *sd.Client) {
	t.Helper()
	s := sdemu.New(o)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, client(server.URL, "us-east-1")
}

// code is the name of the exception that an error is; empty for none.
func code(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func service(ns, name, policy string, records ...string) *sd.CreateServiceInput {
	in := &sd.CreateServiceInput{NamespaceId: &ns, Name: &name, DnsConfig: &types.DnsConfig{RoutingPolicy: types.RoutingPolicy(policy)}}
	for _, r := range records {
		in.DnsConfig.DnsRecords = append(in.DnsConfig.DnsRecords, types.DnsRecord{Type: types.RecordType(r), TTL: aws.Int64(60)})
	}
	return in
}

// TestServiceRules has the rules for new services: names, types and routing policies, TTLs, tags.
func TestServiceRules(t *testing.T) {
	s, c := start(t, sdemu.Options{})
	ns, plain := s.AddNamespace("example.com", sdemu.Private), s.AddNamespace("http", sdemu.HTTP)
	if _, err := c.CreateService(t.Context(), service(ns, "taken", "", "A")); err != nil {
		t.Fatal(err)
	}
	edit := func(f func(*sd.CreateServiceInput)) *sd.CreateServiceInput {
		in := service(ns, "edited", "", "A")
		f(in)
		return in
	}
	for why, tc := range map[string]struct {
		in   *sd.CreateServiceInput
		want string
	}{
		"several labels":                 {service(ns, "a.b.c", "MULTIVALUE", "A"), ""},
		"underscores":                    {service(ns, "_sip._tcp", "", "SRV"), ""},
		"A and AAAA":                     {service(ns, "both", "", "AAAA", "A"), ""},
		"CNAME with weights":             {service(ns, "cname", "WEIGHTED", "CNAME"), ""},
		"CNAME has weights by default":   {service(ns, "cname2", "", "CNAME"), ""},
		"the longest name":               {service(ns, strings.Repeat("a.", 63)+"a", "", "A"), ""},
		"a longer name":                  {service(ns, strings.Repeat("a.", 63)+"aa", "", "A"), "InvalidInput"},
		"a label of 64":                  {service(ns, strings.Repeat("a", 64), "", "A"), "InvalidInput"},
		"a wildcard":                     {service(ns, "*", "", "A"), "InvalidInput"},
		"a hyphen at the end":            {service(ns, "a-", "", "A"), "InvalidInput"},
		"one underscore":                 {service(ns, "_", "", "A"), "InvalidInput"},
		"no name":                        {service(ns, "", "", "A"), "InvalidInput"},
		"taken":                          {service(ns, "taken", "", "A"), "ServiceAlreadyExists"},
		"taken, but for the case":        {service(ns, "TAKEN", "", "A"), "ServiceAlreadyExists"},
		"CNAME with several values":      {service(ns, "x", "MULTIVALUE", "CNAME"), "InvalidInput"},
		"CNAME beside A":                 {service(ns, "x", "WEIGHTED", "A", "CNAME"), "InvalidInput"},
		"TXT":                            {service(ns, "x", "", "TXT"), "InvalidInput"},
		"twice":                          {service(ns, "x", "", "A", "A"), "InvalidInput"},
		"another policy":                 {service(ns, "x", "LATENCY", "A"), "InvalidInput"},
		"no such namespace":              {service("ns-none", "x", "", "A"), "NamespaceNotFound"},
		"DNS in a namespace without DNS": {service(plain, "x", "", "A"), "InvalidInput"},
		"no DNS in a namespace with DNS": {edit(func(in *sd.CreateServiceInput) { in.DnsConfig = nil }), "InvalidInput"},
		"a TTL below zero":               {edit(func(in *sd.CreateServiceInput) { in.DnsConfig.DnsRecords[0].TTL = aws.Int64(-1) }), "InvalidInput"},
		"a TTL of more than 31 bits":     {edit(func(in *sd.CreateServiceInput) { in.DnsConfig.DnsRecords[0].TTL = aws.Int64(1 << 31) }), "InvalidInput"},
		"a long description":             {edit(func(in *sd.CreateServiceInput) { in.Description = aws.String(strings.Repeat("é", 1025)) }), "InvalidInput"},
		"a tag without a key":            {edit(func(in *sd.CreateServiceInput) { in.Tags = []types.Tag{{Key: aws.String(""), Value: aws.String("")}} }), "InvalidInput"},
	} {
		out, err := c.CreateService(t.Context(), tc.in)
		if got := code(err); got != tc.want {
			t.Errorf("%s: %q, want %q (%v)", why, got, tc.want, err)
		}
		if err == nil && aws.ToString(out.Service.Id) == "" {
			t.Errorf("%s: no id", why)
		}
	}
	_, err := c.CreateService(t.Context(), service(ns, "taken", "", "A"))
	if e, ok := errors.AsType[*types.ServiceAlreadyExists](err); !ok || aws.ToString(e.ServiceId) != find(t, s, ns, "taken").ID {
		t.Errorf("the exception doesn't name the service: %v", err)
	}
}

func find(t *testing.T, s *sdemu.Server, ns, name string) sdemu.Service {
	t.Helper()
	for _, sv := range s.Services(ns) {
		if sv.Name == name {
			return sv
		}
	}
	t.Fatalf("there is no service %s", name)
	return sdemu.Service{}
}

// TestInstanceRules has the attributes that instances need.
func TestInstanceRules(t *testing.T) {
	s, c := start(t, sdemu.Options{})
	ns := s.AddNamespace("example.com", sdemu.Private)
	ids := make(map[string]string)
	for name, kind := range map[string]string{"a": "MULTIVALUE A", "aaaa": "MULTIVALUE AAAA", "both": "MULTIVALUE A AAAA", "cname": "WEIGHTED CNAME", "lb": "WEIGHTED A", "srv": "MULTIVALUE SRV"} {
		words := strings.Fields(kind)
		out, err := c.CreateService(t.Context(), service(ns, name, words[0], words[1:]...))
		if err != nil {
			t.Fatal(err)
		}
		ids[name] = *out.Service.Id
	}
	const v4, v6, cname, alias, port = "AWS_INSTANCE_IPV4", "AWS_INSTANCE_IPV6", "AWS_INSTANCE_CNAME", "AWS_ALIAS_DNS_NAME", "AWS_INSTANCE_PORT"
	const lb = "lb-1.eu-west-1.elb.amazonaws.com"
	for why, tc := range map[string]struct {
		service, id string
		attributes  map[string]string
		want        string
	}{
		"an address":               {"a", "192.0.2.1", map[string]string{v4: "192.0.2.1"}, ""},
		"the same again":           {"a", "192.0.2.1", map[string]string{v4: "192.0.2.1"}, ""},
		"with an attribute more":   {"a", "x", map[string]string{v4: "192.0.2.1", "stage": "beta 1"}, ""},
		"an address of six":        {"aaaa", "2001:db8::1", map[string]string{v6: "2001:db8::1"}, ""},
		"a name":                   {"cname", "x", map[string]string{cname: "x.example.net"}, ""},
		"a load balancer":          {"lb", "x", map[string]string{alias: lb}, ""},
		"a port":                   {"srv", "x", map[string]string{v4: "192.0.2.1", port: "80"}, ""},
		"no attributes":            {"a", "y", map[string]string{}, "InvalidInput"},
		"not its attribute":        {"a", "y", map[string]string{v6: "2001:db8::1"}, "InvalidInput"},
		"a name for an address":    {"a", "y", map[string]string{v4: "x.example.net"}, "InvalidInput"},
		"six for four":             {"a", "y", map[string]string{v4: "2001:db8::1"}, "InvalidInput"},
		"one of two":               {"both", "y", map[string]string{v4: "192.0.2.1"}, "InvalidInput"},
		"a load balancer, many":    {"a", "y", map[string]string{alias: lb}, "InvalidInput"},
		"a load balancer as CNAME": {"cname", "y", map[string]string{alias: lb}, "InvalidInput"},
		"not a load balancer":      {"lb", "y", map[string]string{alias: "x.example.net"}, "InvalidInput"},
		"both":                     {"lb", "y", map[string]string{alias: lb, v4: "192.0.2.1"}, "InvalidInput"},
		"no id":                    {"a", "", map[string]string{v4: "192.0.2.1"}, "InvalidInput"},
		"a long id":                {"a", strings.Repeat("x", 65), map[string]string{v4: "192.0.2.1"}, "InvalidInput"},
		"an id with other letters": {"a", "a b", map[string]string{v4: "192.0.2.1"}, "InvalidInput"},
		"a value that is too long": {"a", "y", map[string]string{v4: "192.0.2.1", "k": strings.Repeat("x", 1025)}, "InvalidInput"},
		"a service that isn't":     {"none", "y", map[string]string{v4: "192.0.2.1"}, "ServiceNotFound"},
	} {
		id := ids[tc.service]
		if id == "" {
			id = "srv-none"
		}
		_, err := c.RegisterInstance(t.Context(), &sd.RegisterInstanceInput{ServiceId: &id, InstanceId: &tc.id, Attributes: tc.attributes})
		if got := code(err); got != tc.want {
			t.Errorf("%s: %q, want %q (%v)", why, got, tc.want, err)
		}
	}
	if n := len(find(t, s, ns, "a").Instances); n != 2 {
		t.Errorf("the service has %d instances, want 2: the same id is the same instance", n)
	}
	if _, err := c.DeregisterInstance(t.Context(), &sd.DeregisterInstanceInput{ServiceId: aws.String(ids["a"]), InstanceId: aws.String("none")}); code(err) != "InstanceNotFound" {
		t.Errorf("deregister what isn't there: %v", err)
	}
	if _, err := c.DeleteService(t.Context(), &sd.DeleteServiceInput{Id: aws.String(ids["a"])}); code(err) != "ResourceInUse" {
		t.Errorf("delete a service with instances: %v", err)
	}
	if _, err := c.DeleteService(t.Context(), &sd.DeleteServiceInput{Id: aws.String(ids["both"])}); err != nil {
		t.Errorf("delete an empty service: %v", err)
	}
}

// TestUpdateRules: only TTL and description change, and all records have to be told.
func TestUpdateRules(t *testing.T) {
	s, c := start(t, sdemu.Options{})
	ns := s.AddNamespace("example.com", sdemu.Private)
	made, err := c.CreateService(t.Context(), service(ns, "web", "", "A"))
	if err != nil {
		t.Fatal(err)
	}
	records := func(kind types.RecordType, ttl int64) *types.DnsConfigChange {
		return &types.DnsConfigChange{DnsRecords: []types.DnsRecord{{Type: kind, TTL: &ttl}}}
	}
	for _, tc := range []struct {
		why    string
		change types.ServiceChange
		want   string
	}{
		{"another type", types.ServiceChange{DnsConfig: records(types.RecordTypeAaaa, 5)}, "InvalidInput"},
		{"no records", types.ServiceChange{Description: aws.String("x")}, "InvalidInput"},
		{"a TTL out of range", types.ServiceChange{DnsConfig: records(types.RecordTypeA, -1)}, "InvalidInput"},
		{"a TTL", types.ServiceChange{Description: aws.String("x"), DnsConfig: records(types.RecordTypeA, 5)}, ""},
	} {
		_, err := c.UpdateService(t.Context(), &sd.UpdateServiceInput{Id: made.Service.Id, Service: &tc.change})
		if got := code(err); got != tc.want {
			t.Errorf("%s: %q, want %q (%v)", tc.why, got, tc.want, err)
		}
	}
	if sv := find(t, s, ns, "web"); sv.TTL != 5 || sv.Description != "x" {
		t.Errorf("it has become %+v", sv)
	}
}

// TestOperations: what an operation does shows when it ends; until then it keeps others away. Time is the test's.
func TestOperations(t *testing.T) {
	now := time.Unix(1700000000, 0)
	s, c := start(t, sdemu.Options{Settle: time.Minute, Now: func() time.Time { return now }})
	ns := s.AddNamespace("example.com", sdemu.Private)
	made, err := c.CreateService(t.Context(), service(ns, "web", "", "A"))
	if err != nil {
		t.Fatal(err)
	}
	id := made.Service.Id
	register := &sd.RegisterInstanceInput{ServiceId: id, InstanceId: aws.String("x"), Attributes: map[string]string{"AWS_INSTANCE_IPV4": "192.0.2.1"}}
	deregister := &sd.DeregisterInstanceInput{ServiceId: id, InstanceId: aws.String("x")}
	out, err := c.RegisterInstance(t.Context(), register)
	if err != nil {
		t.Fatal(err)
	}
	status := func(op *string) types.OperationStatus {
		t.Helper()
		got, err := c.GetOperation(t.Context(), &sd.GetOperationInput{OperationId: op})
		if err != nil {
			t.Fatal(err)
		}
		return got.Operation.Status
	}
	listed := func() int {
		t.Helper()
		got, err := c.ListInstances(t.Context(), &sd.ListInstancesInput{ServiceId: id})
		if err != nil {
			t.Fatal(err)
		}
		return len(got.Instances)
	}
	if got := status(out.OperationId); got != types.OperationStatusPending || listed() != 0 {
		t.Errorf("at once it is %s, with %d instances", got, listed())
	}
	_, again := c.RegisterInstance(t.Context(), register)
	if e, ok := errors.AsType[*types.DuplicateRequest](again); !ok || aws.ToString(e.DuplicateOperationId) != *out.OperationId {
		t.Errorf("again: %v", again)
	}
	if _, err := c.DeregisterInstance(t.Context(), deregister); code(err) != "ResourceInUse" {
		t.Errorf("the opposite meanwhile: %v", err)
	}
	if _, err := c.DeleteService(t.Context(), &sd.DeleteServiceInput{Id: id}); code(err) != "ResourceInUse" {
		t.Errorf("delete the service meanwhile: %v", err)
	}
	now = now.Add(time.Minute)
	if got := status(out.OperationId); got != types.OperationStatusSuccess || listed() != 1 {
		t.Errorf("in the end it is %s, with %d instances", got, listed())
	}
	s.FailOperations("INTERNAL_FAILURE")
	gone, err := c.DeregisterInstance(t.Context(), deregister)
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	if got := status(gone.OperationId); got != types.OperationStatusFail || listed() != 1 {
		t.Errorf("one that fails is %s, with %d instances", got, listed())
	}
	if _, err := c.GetOperation(t.Context(), &sd.GetOperationInput{OperationId: aws.String("none")}); code(err) != "OperationNotFound" {
		t.Errorf("an operation that isn't there: %v", err)
	}
}

// TestListing: pages, filters, and requests that aren't as they should be.
func TestListing(t *testing.T) {
	s, c := start(t, sdemu.Options{Region: "us-east-1"})
	ns, other := s.AddNamespace("example.com", sdemu.Private), s.AddNamespace("example.net", sdemu.Public)
	for i := range 7 {
		for _, n := range []string{ns, other} {
			if _, err := c.CreateService(t.Context(), service(n, fmt.Sprint("s", i), "", "A")); err != nil {
				t.Fatal(err)
			}
		}
	}
	in := &sd.ListServicesInput{MaxResults: aws.Int32(3), Filters: []types.ServiceFilter{{Name: types.ServiceFilterNameNamespaceId, Values: []string{ns}}}}
	var sizes []int
	for p := sd.NewListServicesPaginator(c, in); p.HasMorePages(); {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(page.Services))
	}
	if fmt.Sprint(sizes) != "[3 3 1]" {
		t.Errorf("pages of %v", sizes)
	}
	got, err := c.ListNamespaces(t.Context(), &sd.ListNamespacesInput{Filters: []types.NamespaceFilter{{Name: types.NamespaceFilterNameType, Values: []string{sdemu.Public}}}})
	if err != nil || len(got.Namespaces) != 1 || aws.ToString(got.Namespaces[0].Name) != "example.net" || aws.ToInt32(got.Namespaces[0].ServiceCount) != 7 {
		t.Errorf("public namespaces: %+v, %v", got, err)
	}
	for why, tc := range map[string]struct {
		err  error
		want string
	}{
		"too many on a page": {second(c.ListServices(t.Context(), &sd.ListServicesInput{MaxResults: aws.Int32(101)})), "InvalidInput"},
		"a wrong token":      {second(c.ListServices(t.Context(), &sd.ListServicesInput{NextToken: aws.String("x")})), "InvalidInput"},
		"two values for EQ": {second(c.ListServices(t.Context(), &sd.ListServicesInput{
			Filters: []types.ServiceFilter{{Name: types.ServiceFilterNameNamespaceId, Values: []string{ns, other}}},
		})), "InvalidInput"},
		"an action that isn't emulated": {second(c.ListOperations(t.Context(), &sd.ListOperationsInput{})), "UnknownOperationException"},
		"no such namespace":             {second(c.GetNamespace(t.Context(), &sd.GetNamespaceInput{Id: aws.String("none")})), "NamespaceNotFound"},
		"no such service":               {second(c.ListInstances(t.Context(), &sd.ListInstancesInput{ServiceId: aws.String("none")})), "ServiceNotFound"},
	} {
		if got := code(tc.err); got != tc.want {
			t.Errorf("%s: %q, want %q", why, got, tc.want)
		}
	}
	s.Fail("GetService", 1, sdemu.Throttled())
	for _, want := range []string{"RequestLimitExceeded", "ServiceNotFound"} {
		if got := code(second(c.GetService(t.Context(), &sd.GetServiceInput{Id: aws.String("none")}))); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	if got := code(second(client(server.URL, "eu-west-1").ListServices(t.Context(), &sd.ListServicesInput{}))); got != "InvalidSignatureException" {
		t.Errorf("a signature for another region: %q", got)
	}
}

func second[T any](_ T, err error) error { return err }
