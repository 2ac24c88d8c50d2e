// SPDX-License-Identifier: Apache-2.0

package dynamodb_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdynamodb "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"nafuda.io/nafuda/internal/provider/awsconf"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/dynamodb"
	"nafuda.io/nafuda/internal/registry/storetest"
	"nafuda.io/nafuda/test/moto"
)

// startServer runs a program that serves an emulated AWS until the test ends, and returns its address.
func startServer(t *testing.T, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...) // the context's end kills it
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = in, in
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	t.Cleanup(func() {
		_ = cmd.Wait() // killed: its exit status says nothing
		out.Close()
	})
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if url := address.FindString(lines.Text()); url != "" {
			go func() {
				for lines.Scan() { // so that the program never waits for a reader of its log
				}
			}()
			return url
		}
	}
	t.Fatalf("%s ended: %v", program, lines.Err())
	return ""
}

func startDynalite(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	const version = "4.0.0" // as in test/dynalite/package.json
	module := filepath.Join(cache, "nafuda", "dynalite-"+version, "node_modules", "dynalite")
	if _, err := os.Stat(module); err != nil {
		t.Fatal("dynalite isn't installed: run test/dynalite/install.sh")
	}
	// Its own command line takes port 0 for none given.
	serve := `const s = require(process.argv[1])({createTableMs: 0}); s.listen(0, "127.0.0.1", () => console.log("http://127.0.0.1:" + s.address().port))`
	return startServer(t, "node", "-e", serve, module)
}

// patient calls again where moto closes the connection in the midst of telling an error.
type patient struct{ registry.Store }

func (p patient) Swap(ctx context.Context, before, after *registry.Row) error {
	err := p.Store.Swap(ctx, before, after)
	for err != nil && strings.Contains(err.Error(), "failed to copy error response body") && ctx.Err() == nil {
		err = p.Store.Swap(ctx, before, after)
	}
	return err
}

// table makes a table as ExternalDNS's documentation says.
func table(t *testing.T, url, name string) *dynamodb.Store {
	t.Helper()
	a := awsconf.Local(url)
	client := awsdynamodb.NewFromConfig(a.Config)
	_, err := client.CreateTable(t.Context(), &awsdynamodb.CreateTableInput{
		TableName: aws.String(name), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("k"), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("k"), KeyType: types.KeyTypeHash}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	waiter := awsdynamodb.NewTableExistsWaiter(client, func(o *awsdynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 20*time.Millisecond, 100*time.Millisecond
	})
	if err := waiter.Wait(ctx, &awsdynamodb.DescribeTableInput{TableName: aws.String(name)}, 20*time.Second); err != nil {
		t.Fatal(err)
	}
	return dynamodb.New(a, dynamodb.Options{Table: name})
}

// emulators are those that every test of the store runs against.
func emulators() map[string]func(*testing.T) string {
	return map[string]func(*testing.T) string{"dynalite": startDynalite, "moto": moto.Start}
}

func TestStore(t *testing.T) {
	for name, start := range emulators() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := start(t)
			n := 0
			storetest.Run(t, func(t *testing.T) registry.Store {
				n++
				return patient{table(t, url, "table-"+string(rune('a'+n)))}
			})
		})
	}
}
