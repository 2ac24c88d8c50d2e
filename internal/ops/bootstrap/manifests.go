// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

const (
	managedBy    = "app.kubernetes.io/managed-by"
	manager      = "nafuda-bootstrap"
	nobody       = int64(65534)
	keyID        = "AWS_ACCESS_KEY_ID"
	keySecret    = "AWS_SECRET_ACCESS_KEY"
	regionVar    = "AWS_DEFAULT_REGION"
	irsaNote     = "eks.amazonaws.com/role-arn"
	statusPort   = 7979
	statusPortID = "http"
)

func (o Options) meta(name, namespace string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: namespace, Labels: map[string]string{"app": o.Name, managedBy: manager}}
}

// objects are all that goes into the cluster, keys apart, in the order in which it is made.
func (o Options) objects() []any {
	account := &corev1.ServiceAccount{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"}, ObjectMeta: o.meta(o.Name, o.Namespace)}
	if o.Auth == authIRSA {
		account.Annotations = map[string]string{irsaNote: o.roleARN()}
	}
	return append(append([]any{account}, o.rbac()...), o.deployment())
}

// deployment runs one replica; Recreate, because two wouldn't be quicker: one of them only waits.
func (o Options) deployment() *appsv1.Deployment {
	labels := map[string]string{"app": o.Name}
	d := &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: o.meta(o.Name, o.Namespace),
		Spec: appsv1.DeploymentSpec{
			Replicas: ptr.To[int32](1),
			Strategy: appsv1.DeploymentStrategy{Type: appsv1.RecreateDeploymentStrategyType},
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{
					ServiceAccountName: o.Name,
					SecurityContext: &corev1.PodSecurityContext{
						FSGroup: ptr.To(nobody), SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
					},
					Containers: []corev1.Container{o.container()},
				},
			},
		},
	}
	o.placeAtHome(&d.Spec.Template.Spec)
	return d
}

func (o Options) container() corev1.Container {
	quantities := func(cpu, memory string) corev1.ResourceList {
		out := corev1.ResourceList{corev1.ResourceMemory: resource.MustParse(memory)}
		if cpu != "" {
			out[corev1.ResourceCPU] = resource.MustParse(cpu)
		}
		return out
	}
	probe := func(path string) *corev1.Probe {
		return &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: path, Port: intstr.FromString(statusPortID)}}}
	}
	return corev1.Container{
		Name: o.Name, Image: o.Image, ImagePullPolicy: corev1.PullIfNotPresent, Args: o.args(), Env: o.env(),
		Ports:         []corev1.ContainerPort{{Name: statusPortID, ContainerPort: statusPort}},
		LivenessProbe: probe("/healthz"), ReadinessProbe: probe("/readyz"),
		Resources: corev1.ResourceRequirements{Requests: quantities("10m", "64Mi"), Limits: quantities("", "256Mi")},
		SecurityContext: &corev1.SecurityContext{
			RunAsNonRoot: ptr.To(true), ReadOnlyRootFilesystem: ptr.To(true), AllowPrivilegeEscalation: ptr.To(false),
			Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		},
	}
}

// args are the program's arguments. The usual set-up's are those that ExternalDNS takes too, so that the image can be swapped.
func (o Options) args() []string {
	domain, zone, owner := o.Domain, o.zoneID(), o.owner()
	if o.usual() {
		domain, zone = "$(DOMAIN)", "$(HOSTED_ZONE_ID)" // the kubelet puts the variables in
		if o.Owner == "" {
			owner = zone
		}
	}
	var out []string
	for _, s := range o.sources() {
		out = append(out, "--source="+s)
	}
	out = append(out, o.gatewayArgs()...)
	out = append(out, o.homeArgs()...)
	out = append(out, "--domain-filter="+domain)
	out = append(out, o.whereArgs(zone, owner)...)
	if !slices.Equal(o.published(), usualTypes()) {
		for _, t := range o.published() {
			out = append(out, "--managed-record-types="+string(t))
		}
	}
	if o.Assume != "" {
		out = append(out, "--aws-assume-role="+o.Assume)
	}
	if o.External != "" {
		out = append(out, "--aws-assume-role-external-id="+o.External)
	}
	if o.usual() {
		return append(out, "--log-level=debug")
	}
	return append(out, "--lease-name="+o.Name, "--log-level=info")
}

// whereArgs say where is published, and whose it is.
func (o Options) whereArgs(zone, owner string) []string {
	if o.cloudMap() {
		return []string{"--provider=aws-sd", "--policy=" + o.Policy, "--aws-zone-type=" + o.ZoneType, "--registry=aws-sd", "--txt-owner-id=" + owner}
	}
	var out []string
	if !o.usual() {
		out = append(out, "--zone-id-filter="+zone)
	}
	out = append(out, "--provider=aws", "--policy="+o.Policy, "--aws-zone-type="+o.ZoneType)
	if o.Registry == registryTable {
		out = append(out, "--registry=dynamodb", "--txt-owner-id="+owner, "--dynamodb-table="+o.Table, "--dynamodb-region="+o.Region)
	} else {
		out = append(out, "--registry=txt", "--txt-owner-id="+owner, "--txt-prefix="+o.Prefix)
	}
	if o.domain() != o.zone() {
		out = append(out, "--aws-zone-match-parent")
	}
	return out
}

func (o Options) env() []corev1.EnvVar {
	var out []corev1.EnvVar
	if o.usual() {
		out = append(out, corev1.EnvVar{Name: "DOMAIN", Value: o.Domain}, corev1.EnvVar{Name: "HOSTED_ZONE_ID", Value: o.zoneID()})
	}
	out = append(out, corev1.EnvVar{Name: regionVar, Value: o.Region})
	if o.Auth != authUser {
		return out
	}
	for _, key := range []string{keyID, keySecret} {
		out = append(out, corev1.EnvVar{Name: key, ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
			LocalObjectReference: corev1.LocalObjectReference{Name: o.secretName()}, Key: key,
		}}})
	}
	return out
}

// Arguments are the arguments of the Deployment as the program gets them.
func (o Options) Arguments() []string {
	values := strings.NewReplacer("$(DOMAIN)", o.Domain, "$(HOSTED_ZONE_ID)", o.zoneID())
	out := o.args()
	for i := range out {
		out[i] = values.Replace(out[i])
	}
	return out
}
