// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
	"nafuda.io/nafuda/internal/registry"
)

const (
	callTimeout = 5 * time.Second
	loadTimeout = 2 * time.Minute
	maxRows     = 1_000_000 // more than an instance can publish
)

// Store is a table. It never changes and may be used from anywhere.
type Store struct {
	client *dynamodb.Client
	table  string
}

var _ registry.Store = (*Store)(nil)

// New returns the store for checked options, with the credentials of an account. It sends nothing.
func New(a awsconf.Account, o Options) *Store {
	client := dynamodb.NewFromConfig(a.Config, func(d *dynamodb.Options) {
		d.Region = cmp.Or(o.Region, a.Regional().Region)
	})
	return &Store{client, o.Table}
}

// Load implements registry.Store.
func (s *Store) Load(ctx context.Context) ([]registry.Row, error) {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	var out []registry.Row
	var from map[string]types.AttributeValue
	for {
		page, err := s.page(ctx, from)
		if err != nil {
			return nil, s.failed(err, "read the table %s", s.table)
		}
		for _, it := range page.Items {
			if r, ok := rowOf(it); ok {
				out = append(out, r)
			}
		}
		if len(out) > maxRows {
			return nil, &provider.Error{Class: provider.Unavailable, Err: fmt.Errorf("read the table %s: it has more than %d rows: name another --dynamodb-table", s.table, maxRows)}
		}
		if from = page.LastEvaluatedKey; len(from) == 0 {
			break
		}
	}
	slices.SortFunc(out, func(a, b registry.Row) int { return a.Key.Compare(b.Key) })
	return out, nil
}

func (s *Store) page(ctx context.Context, from map[string]types.AttributeValue) (*dynamodb.ScanOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return s.client.Scan(ctx, &dynamodb.ScanInput{
		TableName: aws.String(s.table), ConsistentRead: aws.Bool(true), ExclusiveStartKey: from,
		ProjectionExpression:     aws.String("#k, #o, #l"),
		ExpressionAttributeNames: map[string]string{"#k": attrKey, "#o": attrOwner, "#l": attrLabels},
	})
}

// Get implements registry.Store.
func (s *Store) Get(ctx context.Context, key record.Key) (*registry.Row, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String(s.table), ConsistentRead: aws.Bool(true), Key: item{attrKey: str(hashKey(key))},
	})
	if err != nil {
		return nil, s.failed(err, "read the row of %s in the table %s", key, s.table)
	}
	if len(out.Item) == 0 {
		return nil, nil //nolint:nilnil // no row is an answer
	}
	r, ok := rowOf(out.Item)
	if !ok {
		return nil, &provider.Error{Class: provider.Unavailable, Err: fmt.Errorf("read the row of %s in the table %s: it isn't of ExternalDNS's form: remove it", key, s.table)}
	}
	return &r, nil
}

// Swap implements registry.Store.
func (s *Store) Swap(ctx context.Context, before, after *registry.Row) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if before == nil && after == nil {
		return nil
	}
	c := exactly(before)
	var err error
	if after == nil {
		_, err = s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
			TableName: aws.String(s.table), Key: item{attrKey: str(hashKey(before.Key))},
			ConditionExpression: c.text, ExpressionAttributeNames: c.names, ExpressionAttributeValues: c.values,
		})
		return s.swapped(err, before.Key)
	}
	_, err = s.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(s.table), Item: itemOf(*after),
		ConditionExpression: c.text, ExpressionAttributeNames: c.names, ExpressionAttributeValues: c.values,
	})
	return s.swapped(err, after.Key)
}

func (s *Store) swapped(err error, key record.Key) error {
	if _, refused := errors.AsType[*types.ConditionalCheckFailedException](err); refused {
		return fmt.Errorf("write the row of %s in the table %s: %w", key, s.table, registry.ErrChanged)
	}
	return s.failed(err, "write the row of %s in the table %s", key, s.table)
}

// failed classes an error and says what to do about it.
func (s *Store) failed(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	classed, ok := errors.AsType[*provider.Error](awsconf.Classify(err))
	if !ok {
		return err
	}
	out := *classed
	doing := fmt.Sprintf(format, args...)
	_, missing := errors.AsType[*types.ResourceNotFoundException](err)
	switch {
	case missing:
		out.Err = fmt.Errorf("%s: %w: make the table with the string k as its hash key, or correct --dynamodb-table and --dynamodb-region", doing, out.Err)
	case out.Class == provider.Denied:
		out.Err = fmt.Errorf("%s: %w: allow dynamodb:Scan, GetItem, PutItem and DeleteItem on the table", doing, out.Err)
	default:
		out.Err = fmt.Errorf("%s: %w", doing, out.Err)
	}
	return &out
}
