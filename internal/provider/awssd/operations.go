// SPDX-License-Identifier: Apache-2.0

package awssd

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
)

// mostAsked is how many operations a receipt has. A batch with more can't be asked about: it would cost more than it tells.
const mostAsked = 10

func receipt(operations []string) provider.Receipt {
	if len(operations) > mostAsked {
		return ""
	}
	return provider.Receipt(strings.Join(operations, " "))
}

// InSync implements provider.Confirmer, with one request for each operation up to the first that hasn't ended. One that has failed is
// an error: the next reading of the namespace finds what it didn't do.
func (p *Provider) InSync(ctx context.Context, r provider.Receipt) (bool, error) {
	const doing = "ask whether an operation has ended"
	for id := range strings.FieldsSeq(string(r)) {
		out, err := p.client.GetOperation(ctx, &servicediscovery.GetOperationInput{OperationId: aws.String(id)})
		if err != nil {
			return false, provider.Doing(awsconf.Classify(err), actionOperation, doing)
		}
		switch op := out.Operation; {
		case op == nil:
			return false, nil
		case op.Status == types.OperationStatusFail:
			return false, &provider.Error{Class: provider.Unavailable, Err: fmt.Errorf("%s: it failed: %s", doing, awsconf.Scrub(aws.ToString(op.ErrorCode)))}
		case op.Status != types.OperationStatusSuccess:
			return false, nil
		}
	}
	return true, nil
}
