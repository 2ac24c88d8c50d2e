// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"nafuda.io/nafuda/internal/feed/kube"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/provider/awsconf"
)

// Target is an account and a cluster in which a plan is carried out. Its methods are for one goroutine.
type Target struct {
	o       Options
	plan    Plan
	iam     *iam
	cluster *cluster
	eks     *eks
	config  aws.Config
	adopt   bool

	pause, patience time.Duration // between two questions while something settles; how long at most
}

// Access says where the account and the cluster are, and who we are there.
type Access struct {
	AWS         awsconf.Options
	IAMEndpoint string // empty: the partition's own
	EKSEndpoint string // empty: the region's own
	Kube        kube.Options
	Adopt       bool          // whether Apply may take over what has our names and isn't ours
	Pause       time.Duration // between two questions while something settles; 0: two seconds
	Patience    time.Duration // how long at most; 0: as long as each usually takes
}

// Open asks the account and the cluster for what a plan depends on, and makes it. It changes nothing. Its error tells everything that
// is wrong at once: an account that isn't the one named, a zone or a namespace that isn't there.
func Open(ctx context.Context, o Options, a Access) (*Target, Plan, error) {
	accounts, err := awsconf.Load(ctx, a.AWS)
	if err != nil {
		return nil, Plan{}, err
	}
	config, err := a.Kube.Config()
	if err != nil {
		return nil, Plan{}, err
	}
	t := &Target{config: accounts[0].Config, adopt: a.Adopt, pause: a.Pause, patience: a.Patience}
	if t.pause <= 0 {
		t.pause = 2 * time.Second
	}
	if t.patience <= 0 {
		t.patience = time.Hour
	}
	t.iam = newIAM(t.config, a.IAMEndpoint)
	t.eks = newEKS(t.config, o.Region, a.EKSEndpoint, o.Cluster)
	if t.cluster, err = newCluster(config); err != nil {
		return nil, Plan{}, err
	}
	account, err1 := t.account(ctx, o)
	o, err2 := t.zoneOf(ctx, o)
	if err := errors.Join(err1, err2, t.namespace(ctx, o), named(o)); err != nil {
		return nil, Plan{}, fmt.Errorf("nothing was made: %w", err)
	}
	o.Account = account
	t.o = o
	if t.plan, err = MakePlan(o); err != nil {
		return nil, Plan{}, err
	}
	return t, t.plan, nil
}

// Options are the options with what was asked for filled in.
func (t *Target) Options() Options { return t.o }

// Apply sets everything up. Each step is written to out before it is done. Where something has our name and isn't ours nothing is made,
// and out has what was found and what would become of it, unless it may be adopted.
func (t *Target) Apply(ctx context.Context, out io.Writer) error {
	steps := append(t.makingIAM(), t.makingObjects()...)
	if t.o.Auth == authPodIdentity { // before the pods start: they get their role only then
		steps = slices.Insert(steps, len(steps)-1, t.associating())
	}
	if err := survey(ctx, out, steps); err != nil {
		return err
	}
	if err := run(ctx, out, steps); err != nil {
		return err
	}
	if t.o.Assume != "" {
		fmt.Fprint(out, t.o.assumedNote())
	}
	return nil
}

// named fails where the cluster at EKS isn't named: files can leave that open, we can't.
func named(o Options) error {
	if o.Auth == authPodIdentity && o.Cluster == "" {
		return errors.New("--cluster: name the EKS cluster; aws eks list-clusters shows it")
	}
	return nil
}

// account is whose credentials we have.
func (t *Target) account(ctx context.Context, o Options) (string, error) {
	out, err := sts.NewFromConfig(t.config).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", fmt.Errorf("ask AWS whose credentials these are: %s: set AWS_PROFILE, or pass --aws-profile", awsconf.Scrub(err.Error()))
	}
	id := aws.ToString(out.Account)
	if o.Account != "" && o.Account != id {
		return "", fmt.Errorf("--account-id=%s: the credentials are of account %s: choose another AWS profile", o.Account, id)
	}
	return id, nil
}

// identify asks with a key whose it is.
func (t *Target) identify(ctx context.Context, key accessKey) error {
	config := t.config.Copy()
	config.Credentials = credentials.NewStaticCredentialsProvider(key.ID, key.Secret, "")
	_, err := sts.NewFromConfig(config).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return errors.New(awsconf.Scrub(err.Error()))
	}
	return nil
}

func (t *Target) namespace(ctx context.Context, o Options) error {
	there, err := t.cluster.get(ctx, place("v1", "Namespace", "", o.Namespace))
	if err == nil && there == nil {
		err = fmt.Errorf("--namespace=%s: it isn't in the cluster: kubectl create namespace %s", o.Namespace, o.Namespace)
	}
	return err
}

// zoneOf finds the hosted zone: the one named, or the closest at or above the domain that is of the right type.
func (t *Target) zoneOf(ctx context.Context, o Options) (Options, error) {
	if o.Assume != "" || o.cloudMap() { // it is in another account, and named; or there is none of ours
		return o, nil
	}
	client := route53.NewFromConfig(t.config)
	if o.ZoneID != "" {
		name, err := zoneOfID(ctx, client, o)
		o.Zone = string(name)
		return o, err
	}
	for name := o.domain(); strings.Contains(string(name), "."); name = name.Parent() {
		if o.Zone != "" && name != o.zone() {
			continue
		}
		ids, err := zonesNamed(ctx, client, name, o.ZoneType == "private")
		if err != nil {
			return o, err
		}
		if len(ids) > 1 {
			return o, fmt.Errorf("there are %d %s zones named %s: choose one by --hosted-zone-id: %s", len(ids), o.ZoneType, name, strings.Join(ids, ", "))
		}
		if len(ids) == 1 {
			o.ZoneID, o.Zone = ids[0], string(name)
			return o, nil
		}
	}
	return o, fmt.Errorf("--domain=%s: the account has no %s hosted zone for it: create one, or choose another AWS profile", o.Domain, o.ZoneType)
}

// zoneOfID is the name of the zone that was named by its id, if the domain can be in it.
func zoneOfID(ctx context.Context, client *route53.Client, o Options) (dnsname.Name, error) {
	out, err := client.GetHostedZone(ctx, &route53.GetHostedZoneInput{Id: aws.String(o.zoneID())})
	if err != nil {
		return "", fmt.Errorf("--hosted-zone-id=%s: ask Route 53 for it: %s", o.ZoneID, awsconf.Scrub(err.Error()))
	}
	name, err := dnsname.Parse(aws.ToString(out.HostedZone.Name))
	switch {
	case err != nil || !o.domain().In(name):
		return "", fmt.Errorf("--hosted-zone-id=%s: it is the zone %q, and %s isn't in it", o.ZoneID, aws.ToString(out.HostedZone.Name), o.Domain)
	case out.HostedZone.Config != nil && out.HostedZone.Config.PrivateZone != (o.ZoneType == "private"):
		return "", fmt.Errorf("--hosted-zone-id=%s: it isn't a %s zone: pass --zone-type, or another zone", o.ZoneID, o.ZoneType)
	}
	return name, nil
}

// zonesNamed lists the ids of zones of one name; a listing by name begins there (Route 53 API Reference, ListHostedZonesByName).
func zonesNamed(ctx context.Context, client *route53.Client, name dnsname.Name, private bool) ([]string, error) {
	out, err := client.ListHostedZonesByName(ctx, &route53.ListHostedZonesByNameInput{DNSName: aws.String(name.FQDN()), MaxItems: aws.Int32(100)})
	if err != nil {
		return nil, fmt.Errorf("ask Route 53 for the zone %s: %s", name, awsconf.Scrub(err.Error()))
	}
	var ids []string
	for _, z := range out.HostedZones {
		if aws.ToString(z.Name) == name.FQDN() && (z.Config != nil && z.Config.PrivateZone) == private {
			ids = append(ids, strings.TrimPrefix(aws.ToString(z.Id), "/hostedzone/"))
		}
	}
	slices.Sort(ids)
	return ids, nil
}
