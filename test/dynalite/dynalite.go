// SPDX-License-Identifier: Apache-2.0

// Package dynalite starts dynalite, an emulator of DynamoDB that isn't ours, for tests. install.sh installs it.
package dynalite

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"nafuda.io/nafuda/test/child"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// version is the one of package.json.
const version = "4.0.0"

// Start runs dynalite on the loopback interface until the test ends and returns its URL. Its tables take calls as soon as they are made.
func Start(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	module := filepath.Join(cache, "nafuda", "dynalite-"+version, "node_modules", "dynalite")
	if _, err := os.Stat(module); err != nil {
		t.Fatal("dynalite isn't installed: run test/dynalite/install.sh")
	}
	// Its own command line takes port 0 for none given.
	const serve = `const s = require(process.argv[1])({createTableMs: 0}); s.listen(0, "127.0.0.1", () => console.log("http://127.0.0.1:" + s.address().port))`
	cmd := exec.CommandContext(t.Context(), "node", "-e", serve, module) // the context's end kills it
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	return child.URL(t, cmd, out)
}

// Table makes a table as ExternalDNS's documentation says, at an emulator of the configuration, and waits until it takes calls.
func Table(t *testing.T, config aws.Config, name string) {
	t.Helper()
	client := dynamodb.NewFromConfig(config)
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String(name), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("k"), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("k"), KeyType: types.KeyTypeHash}},
	})
	if err != nil {
		t.Fatal(err)
	}
	const patience = 20 * time.Second
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	waiter := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 20*time.Millisecond, 100*time.Millisecond
	})
	if err := waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(name)}, patience); err != nil {
		t.Fatal(err)
	}
}
