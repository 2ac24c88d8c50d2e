// SPDX-License-Identifier: Apache-2.0

// Package e2e runs the built program as its users do: as a process of its own, with the arguments of the reference set-up, against
// a real Kubernetes API server with the reference role, the emulated Route 53 with the reference policy, dig, and the aws command
// line.
package e2e

import (
	"os/exec"
	"path/filepath"
	"testing"

	_ "nafuda.io/nafuda/internal/cli" // what is run is built apart: a change of it must end what the test cache knows
	"nafuda.io/nafuda/test/kube"
)

// suite is what the tests share.
type suite struct {
	cluster *kube.Cluster
	user    kube.User // who has the reference role
	binary  string
}

// TestEndToEnd runs everything on one cluster, one after the other: the program's arguments take in the whole cluster.
func TestEndToEnd(t *testing.T) {
	s := begin(t)
	for _, tt := range []struct {
		name string
		run  func(*testing.T, *suite)
	}{
		{"an Ingress becomes a record set and its marker", ingressBecomesRecord},
		{"a zone of ExternalDNS v0.10 keeps its form", untypedZone},
		{"the form of markers can be forced", forcedForms},
		{"markers without the prefix move with the next change", unprefixedMarkers},
		{"a name goes all the way until it answers", answering},
		{"the type of a name changes there and back", typeChange},
		{"the type of a name with an untyped marker changes", typeChangeUntyped},
		{"an untyped marker never meets a CNAME", markerMeetsCNAME},
		{"the log has the lines people search for", logLines},
		{"the log as JSON has constant messages", jsonLog},
		{"the nine annotations", nineAnnotations},
		{"both annotation prefixes", bothPrefixes},
		{"aliases", aliases},
		{"alias before its target", aliasBeforeItsTarget},
		{"weighted record sets", weighted},
		{"every routing policy, one after the other", routingPolicies},
		{"two routing policies at one name", mixedRouting},
		{"a zone's quota holds what adds to it", zoneQuota},
		{"wrong properties are refused one by one", wrongProperties},
		{"a health check that isn't there yet", healthCheckLater},
		{"private and public zones of one name", privateAndPublic},
		{"two accounts, of which one fails alone", twoAccounts},
		{"a hosted zone with a role of its own", zoneRole},
		{"the keys in the credentials file rotate", keysRotate},
		{"objects come, change and go under each policy", life},
		{"zones that the filters leave out", otherZones},
		{"a zone that is changed behind our back", changedBehindUs},
		{"the record count tells of drift", drift},
		{"BIND and Knot take dynamic updates, of reverse names too", dynamicUpdates},
		{"the watch is lost again and again", watchLoss},
		{"a start mends what was changed by hand", repairs},
		{"one bad name delays no other", apart},
		{"guardrails and protections of the zone park their names", guardrails},
		{"many names go in few calls", manyNames},
		{"unusual names", unusualNames},
		{"two namespaces ask for one name", sameHost},
		{"a restart catches up and otherwise writes nothing", restart},
		{"what isn't ours is left alone", otherOwners},
		{"a forbidden kind holds only the names that need it", forbiddenKind},
		{"Routes of the Gateway API follow their Gateways", gatewayRoutes},
		{"nodes that aren't ready are left out, but never the last ones", nodesNotReady},
		{"denied extras break nothing", deniedExtras},
		{"bootstrap grants exactly what is used", bootstrapGrants},
		{"the reference set-up by nothing but the output of bootstrap", referenceSetUp},
		{"bootstrap for a zone in another account", bootstrapAssumes},
		{"bootstrap for Cloud Map", bootstrapCloudMap},
		{"a policy that forbids deletes", deniedDeletes},
		{"bad input is refused by itself", badInput},
		{"faults of the service lose and double nothing", trouble},
		{"plan, --dry-run and --once", plans},
		{"plans that can't be made", planErrors},
		{"one writer: replicas follow one another", handOver},
		{"the end waits for the batch under way", endsBatch},
		{"a second signal ends it at once", endsNow},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, s) })
	}
}

// begin starts a cluster with the reference role.
func begin(t *testing.T) *suite {
	t.Helper()
	s := &suite{cluster: kube.Start(t), binary: build(t)}
	s.cluster.Apply(t, file(t, "testdata/clusterrole.yaml"))
	s.user = s.cluster.CreateUser(t, "external-dns")
	return s
}

// build builds the program, with the race detector where the test has it.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "nafuda")
	args := []string{"build", "-o", path}
	if raceEnabled {
		args = append(args, "-race")
	}
	if out, err := exec.CommandContext(t.Context(), "go", append(args, "../../cmd/nafuda")...).CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	return path
}
