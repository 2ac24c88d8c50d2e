// SPDX-License-Identifier: Apache-2.0

package awssd

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
)

type instanceSummary = types.InstanceSummary

// is reports whether an instance is the one for a value of a record set.
func (s shape) is(i instanceSummary, set record.Set, value string) bool {
	t, have := s.value(i)
	canonical, err := record.Canonical(t, []string{have})
	return t == set.Type && err == nil && len(canonical) == 1 && canonical[0] == value
}

func (w *work) doing(what string) string {
	return fmt.Sprintf("%s service %s of namespace %s", what, serviceName(w.at, w.zone), w.zone.Name)
}

// createService makes the service of the name with the description that the group gives it. existing is the id of the one that is
// there already.
func (w *work) createService(ctx context.Context) (s *service, existing string, err error) {
	description := ""
	if w.note != nil {
		description = noteText(w.note.After)
	}
	return w.createServiceWith(ctx, description)
}

func (w *work) createServiceWith(ctx context.Context, description string) (s *service, existing string, err error) {
	sh, name := shapeFor(*w.after), serviceName(w.at, w.zone)
	out, err := w.client.CreateService(ctx, &servicediscovery.CreateServiceInput{
		NamespaceId: aws.String(w.zone.ID), Name: aws.String(name), Description: aws.String(description), Tags: w.tags,
		DnsConfig: &types.DnsConfig{
			RoutingPolicy: sh.policy, DnsRecords: []types.DnsRecord{{Type: sh.typ, TTL: aws.Int64(int64(sh.ttl))}},
		},
	})
	if there, ok := errors.AsType[*types.ServiceAlreadyExists](err); ok {
		existing = aws.ToString(there.ServiceId)
	}
	if err != nil {
		return nil, existing, provider.Doing(classify(err, awsconf.ClassifyWrite), actionCreate, w.doing("create"))
	}
	w.wrote = true
	s = detailed(out.Service)
	w.known.set(w.zone.ID, name, s.id)
	return s, "", nil
}

// updateService changes the description as the group says and, where set, the TTL. What an update leaves out is deleted, so all of it
// is sent (API_UpdateService).
func (w *work) updateService(ctx context.Context, s *service, ttl uint32, set bool) error {
	in := &servicediscovery.UpdateServiceInput{Id: aws.String(s.id), Service: &types.ServiceChange{
		Description: aws.String(w.described(s)), HealthCheckConfig: s.health, DnsConfig: &types.DnsConfigChange{},
	}}
	for _, r := range recordsOf(s.dns) {
		if set {
			r.TTL = aws.Int64(int64(ttl))
		}
		in.Service.DnsConfig.DnsRecords = append(in.Service.DnsConfig.DnsRecords, r)
	}
	out, err := w.client.UpdateService(ctx, in)
	if err != nil {
		return provider.Doing(classify(err, awsconf.ClassifyWrite), actionUpdate, w.doing("update"))
	}
	w.began(out.OperationId)
	return nil
}

func (w *work) deleteService(ctx context.Context, s *service) error {
	_, err := w.client.DeleteService(ctx, &servicediscovery.DeleteServiceInput{Id: aws.String(s.id)})
	if err = classify(err, awsconf.ClassifyWrite); err != nil && !gone(err) {
		return provider.Doing(err, actionDelete, w.doing("delete"))
	}
	w.wrote = true
	w.known.set(w.zone.ID, serviceName(w.at, w.zone), "")
	return nil
}

// registerInstance adds the instance of a value. One that is being registered already is as good.
func (w *work) registerInstance(ctx context.Context, s *service, value string) error {
	out, err := w.client.RegisterInstance(ctx, &servicediscovery.RegisterInstanceInput{
		ServiceId: aws.String(s.id), InstanceId: aws.String(instanceID(value)), Attributes: attributes(w.after.Type, value),
	})
	if under, ok := errors.AsType[*types.DuplicateRequest](err); ok {
		w.began(under.DuplicateOperationId)
		return nil
	}
	if err != nil {
		return provider.Doing(classify(err, awsconf.ClassifyWrite), actionRegister, w.doing("register an instance of"))
	}
	w.began(out.OperationId)
	return nil
}

// deregisterInstance takes an instance away. One that is going already, or is gone, is as good.
func (w *work) deregisterInstance(ctx context.Context, s *service, i instanceSummary) error {
	out, err := w.client.DeregisterInstance(ctx, &servicediscovery.DeregisterInstanceInput{ServiceId: aws.String(s.id), InstanceId: i.Id})
	if under, ok := errors.AsType[*types.DuplicateRequest](err); ok {
		w.began(under.DuplicateOperationId)
		return nil
	}
	if _, ok := errors.AsType[*types.InstanceNotFound](err); ok {
		return nil
	}
	if err != nil {
		return provider.Doing(classify(err, awsconf.ClassifyWrite), actionDeregister, w.doing("deregister an instance of"))
	}
	w.began(out.OperationId)
	return nil
}

func (w *work) began(operation *string) {
	w.wrote = true
	if id := aws.ToString(operation); id != "" {
		w.operations = append(w.operations, id)
	}
}
