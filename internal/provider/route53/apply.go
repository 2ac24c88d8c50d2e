// SPDX-License-Identifier: Apache-2.0

package route53

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/smithy-go"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/spelling"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
)

// Apply implements provider.Provider: an update is the DELETE of the exact old set and the CREATE of the new one, all in one
// atomic call.
//
// A policy may forbid the DELETE (IAM condition key route53:ChangeResourceRecordSetsActions; "Using IAM policy conditions for
// fine-grained access control", developer guide). Then a batch without deletes is sent again with an UPSERT for each update,
// once the names have been read and hold what Before says; this is the one write that isn't conditional, and two requests wide
// is the gap in which another writer could be overwritten. A batch with deletes is Rejected with Guardrail, its Keys the deletes.
func (p *Provider) Apply(ctx context.Context, z zone.Zone, b change.Batch) (provider.Receipt, error) {
	doing := fmt.Sprintf("change %s of zone %s", spelling.Count(len(b.Changes()), "record set"), z.Name)
	if err := ctx.Err(); err != nil {
		return "", &provider.Error{Class: provider.Unavailable, Err: fmt.Errorf("%s: %w", doing, err)}
	}
	receipt, err := p.send(ctx, z, b, conditional(b, z.ID))
	if accessDenied(err) {
		receipt, err = p.withoutDelete(ctx, z, b, err)
	}
	if err != nil {
		return "", provider.Doing(refused(err, b), actionChange, doing)
	}
	return receipt, nil
}

func (p *Provider) send(ctx context.Context, z zone.Zone, b change.Batch, changes []types.Change) (provider.Receipt, error) {
	if len(changes) == 0 {
		return "", &provider.Error{Class: provider.Rejected, Err: errors.New("the batch is empty")}
	}
	out, err := p.of(z.ID).ChangeResourceRecordSets(ctx, &route53.ChangeResourceRecordSetsInput{
		HostedZoneId: aws.String(z.ID),
		ChangeBatch:  &types.ChangeBatch{Changes: changes},
	})
	if err != nil {
		return "", err
	}
	if out.ChangeInfo == nil {
		return "", nil
	}
	return provider.Receipt(bareID(aws.ToString(out.ChangeInfo.Id))), nil
}

// conditional makes the changes of a batch: deletes first, and aliases last, for an alias needs its target to be there.
func conditional(b change.Batch, zoneID string) []types.Change {
	var deletes, creates, aliases []types.Change
	for _, c := range b.Changes() {
		if c.Before != nil {
			deletes = append(deletes, types.Change{Action: types.ChangeActionDelete, ResourceRecordSet: write(*c.Before, zoneID)})
		}
		switch {
		case c.After == nil:
		case c.After.Alias != nil:
			aliases = append(aliases, types.Change{Action: types.ChangeActionCreate, ResourceRecordSet: write(*c.After, zoneID)})
		default:
			creates = append(creates, types.Change{Action: types.ChangeActionCreate, ResourceRecordSet: write(*c.After, zoneID)})
		}
	}
	return slices.Concat(deletes, creates, aliases)
}

// accessDenied reports whether a policy refused the call, rather than the credentials being bad.
func accessDenied(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && (api.ErrorCode() == "AccessDenied" || api.ErrorCode() == "AccessDeniedException")
}

// withoutDelete does what it can of a batch that was denied, in case only its DELETEs are.
func (p *Provider) withoutDelete(ctx context.Context, z zone.Zone, b change.Batch, denied error) (provider.Receipt, error) {
	var updates, deletes []record.Key
	for _, c := range b.Changes() {
		switch c.Action() {
		case change.Update:
			updates = append(updates, c.Key())
		case change.Delete:
			deletes = append(deletes, c.Key())
		}
	}
	if len(deletes) > 0 {
		return "", &provider.Error{
			Class: provider.Rejected, Keys: sorted(deletes), Action: actionChange, Guardrail: true,
			Err: fmt.Errorf("a policy may forbid to delete, or to change at all: allow DELETE to the role: %w", plainError(denied)),
		}
	}
	if len(updates) == 0 {
		return "", denied
	}
	if err := p.unchanged(ctx, z, b); err != nil {
		return "", err
	}
	return p.send(ctx, z, b, upserts(b, z.ID))
}

// plainError keeps of an SDK error what may be shown.
func plainError(err error) error {
	if e, ok := errors.AsType[*provider.Error](awsconf.ClassifyWrite(err)); ok {
		return e.Err
	}
	return err
}

// unchanged reads the names that a batch updates and returns a Stale error for those that aren't what Before says.
func (p *Provider) unchanged(ctx context.Context, z zone.Zone, b change.Batch) error {
	var names []dnsname.Name
	for _, c := range b.Changes() {
		if c.Before != nil {
			names = append(names, c.Before.Name)
		}
	}
	sets, err := p.Names(ctx, z, names)
	if err != nil {
		return err
	}
	now := make(map[record.Key]record.Set, len(sets))
	for _, s := range sets {
		now[s.Key] = s
	}
	var stale []record.Key
	for _, c := range b.Changes() {
		if c.Before == nil {
			continue
		}
		if s, ok := now[c.Before.Key]; !ok || !s.Equal(*c.Before) {
			stale = append(stale, c.Before.Key)
		}
	}
	if len(stale) > 0 {
		return &provider.Error{Class: provider.Stale, Keys: sorted(stale), Err: fmt.Errorf("%v isn't what was last read", sorted(stale))}
	}
	return nil
}

func upserts(b change.Batch, zoneID string) []types.Change {
	var out []types.Change
	for _, c := range b.Changes() {
		action := types.ChangeActionCreate
		if c.Before != nil {
			action = types.ChangeActionUpsert
		}
		out = append(out, types.Change{Action: action, ResourceRecordSet: write(*c.After, zoneID)})
	}
	return out
}

// InSync implements provider.Confirmer.
func (p *Provider) InSync(ctx context.Context, r provider.Receipt) (bool, error) {
	out, err := p.client.GetChange(ctx, &route53.GetChangeInput{Id: aws.String(string(r))})
	if err != nil {
		return false, provider.Doing(awsconf.Classify(err), actionGetChange, "ask whether a change is in sync")
	}
	return out.ChangeInfo != nil && out.ChangeInfo.Status == types.ChangeStatusInsync, nil
}
