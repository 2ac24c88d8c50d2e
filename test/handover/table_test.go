// SPDX-License-Identifier: Apache-2.0

package handover

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider/awsconf"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/dynamodb"
	"nafuda.io/nafuda/test/dynalite"
)

const table = "external-dns"

// openTable starts an emulated DynamoDB with an empty table and points the program at it.
func openTable(t *testing.T) *dynamodb.Store {
	t.Helper()
	url := dynalite.Start(t)
	account := awsconf.Local(url)
	dynalite.Table(t, account.Config, table)
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
	return dynamodb.New(account, dynamodb.Options{Table: table})
}

func load(t *testing.T, s *dynamodb.Store) map[record.Key]registry.Row {
	t.Helper()
	all, err := s.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[record.Key]registry.Row)
	for _, r := range all {
		out[r.Key] = r
	}
	return out
}

// records are the record sets of all zones that aren't markers.
func (a *account) records(t *testing.T) (records, markers []record.Set) {
	t.Helper()
	for id := range a.ids {
		for _, s := range a.sets(t, id) {
			if _, is := registry.MarkerOf(s); is {
				markers = append(markers, s)
			} else {
				records = append(records, s)
			}
		}
	}
	return records, markers
}

// fewer copies the first vector's objects without the last n, one of them at another address.
func fewer(t *testing.T, n int) string {
	t.Helper()
	path, _, _ := edited(t)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		APIVersion string            `json:"apiVersion"`
		Kind       string            `json:"kind"`
		Items      []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	list.Items = list.Items[:len(list.Items)-n]
	if data, err = json.Marshal(list); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestTable moves what ExternalDNS has marked into a table, publishes from there, and moves it back.
func TestTable(t *testing.T) {
	r := runs()[1] // with markers, under sync
	a := open(t, r.left(t))
	store := openTable(t)
	before := a.lines(t)
	owned, markers := a.records(t)

	if status, out := r.program(t, "ownership", r.manifests()); status != 2 || !maps.Equal(before, a.lines(t)) || len(load(t, store)) > 0 {
		t.Fatalf("the preview ended with %d or has changed something: %s", status, out)
	}
	if status, out := r.program(t, "ownership", r.manifests(), "--apply"); status != 0 {
		t.Fatalf("moving ended with %d: %s", status, out)
	}
	records, left := a.records(t)
	if rows := load(t, store); len(left) > 0 || len(records) != len(owned) || len(rows) != len(owned) {
		t.Fatalf("%d markers are left of %d, %d record sets and %d rows are there, of %d", len(left), len(markers), len(records), len(rows), len(owned))
	}
	in := r
	in.flags = append(slices.DeleteFunc(slices.Clone(r.flags), func(f string) bool { return f == "--registry=txt" }), "--registry=dynamodb", "--dynamodb-table="+table)
	wantRest(t, in.plan(t, r.manifests()))

	path := fewer(t, 20)
	in.apply(t, path, "--max-delete-percent=100", "--max-deletes=100000", "--delete-after=0s")
	wantNothing(t, in.plan(t, path))
	records, left = a.records(t)
	rows := load(t, store)
	if len(left) > 0 || len(rows) != len(records) || len(records) >= len(owned) {
		t.Errorf("%d rows for %d record sets of %d, and %d markers", len(rows), len(records), len(owned), len(left))
	}
	for _, s := range records {
		row, ok := rows[s.Key]
		if !ok || row.Owner != r.affix.owner || row.Resource() == "" || slices.ContainsFunc(slices.Collect(maps.Keys(row.Labels)), func(l string) bool { return strings.Contains(l, "writing") }) {
			t.Errorf("the row of %s is %+v", s.Key, row)
		}
	}

	if status, out := r.program(t, "ownership", path, "--from=dynamodb", "--to=txt", "--apply"); status != 0 {
		t.Fatalf("moving back ended with %d: %s", status, out)
	}
	if rows := load(t, store); len(rows) > 0 {
		t.Errorf("%d rows are left", len(rows))
	}
	wantNothing(t, r.plan(t, path))
	if _, markers := a.records(t); len(markers) == 0 {
		t.Error("no markers are back")
	}
	wantOwned(t, a, r.affix)
}
