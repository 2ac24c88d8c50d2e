// SPDX-License-Identifier: Apache-2.0

package bootstrap_test

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/ops/bootstrap"
	"nafuda.io/nafuda/internal/serve/iamemu"
	"nafuda.io/nafuda/test/golden"
)

// podIdentity makes the association, changes its role, leaves one that others have made, and adopts it.
func podIdentity(w *world) {
	o := known(func(o *bootstrap.Options) { o.Auth, o.Cluster = "pod-identity", "home" })
	if _, _, err := bootstrap.Open(w.Context(), known(func(o *bootstrap.Options) { o.Auth = "pod-identity" }), w.access); err == nil || !strings.Contains(err.Error(), "--cluster") {
		w.Errorf("without a cluster: %v", err)
	}
	if err := w.open(o).Apply(w.Context(), &strings.Builder{}); err == nil || !strings.Contains(err.Error(), "No cluster found for name: home") || !strings.Contains(err.Error(), "nothing was made") {
		w.Errorf("a cluster that isn't there: %v", err)
	}
	w.iam.AddCluster("home")
	const what = "EKS pod identity association of kube-system/nafuda in home"
	if out := w.apply(o); !strings.Contains(out, "now        "+what+": make it, for the IAM role nafuda\nnow        Deployment") {
		w.Errorf("want it made before the pods start:\n%s", out)
	}
	if again := w.apply(o); strings.Contains(again, "now ") {
		w.Errorf("the second run found something to do:\n%s", again)
	}
	o.Role = "another"
	if out := w.apply(o); !strings.Contains(out, what+": give it the role arn:aws:iam::"+iamemu.Account+":role/another instead of") {
		w.Errorf("the role stayed:\n%s", out)
	}
	o.Role = ""
	w.apply(o)
	w.call("DetachRolePolicy", "RoleName", "another", "PolicyArn", "arn:aws:iam::"+iamemu.Account+":policy/nafuda-policy")
	w.call("DeleteRole", "RoleName", "another")
	w.cleanUp(o)
	if left := w.iam.Left(); len(left) > 0 {
		w.Errorf("left: %s", left)
	}
}

// foreignAssociation leaves an association that somebody else has made, until it may be adopted.
func foreignAssociation(w *world) {
	o := known(func(o *bootstrap.Options) { o.Auth, o.Cluster = "pod-identity", "home" })
	w.iam.AddCluster("home")
	w.call("CreateRole", "RoleName", "theirs", "AssumeRolePolicyDocument", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}`)
	body := `{"namespace":"kube-system","serviceAccount":"nafuda","roleArn":"arn:aws:iam::` + iamemu.Account + `:role/theirs"}`
	req, err := http.NewRequestWithContext(w.Context(), http.MethodPost, w.access.EKSEndpoint+"/clusters/home/pod-identity-associations", strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+iamemu.AdminKey+"/20260101/us-east-1/eks/aws4_request, SignedHeaders=host, Signature=00")
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		w.Fatalf("%v, %v", resp, err)
	}
	resp.Body.Close()
	const what = "EKS pod identity association of kube-system/nafuda in home"
	var out strings.Builder
	if err := w.open(o).Apply(w.Context(), &out); err == nil || !strings.Contains(out.String(), "found      "+what+": it isn't ours") {
		w.Errorf("invariant foreign: %v\n%s", err, out.String())
	}
	if out := w.told(func(b *strings.Builder) error { return w.open(o).Delete(w.Context(), b) }); !strings.Contains(out, "left       "+what) {
		w.Errorf("invariant foreign: want it left:\n%s", out)
	}
	w.access.Adopt = true
	w.apply(o)
	w.access.Adopt = false
	if again := w.apply(o); strings.Contains(again, "now ") {
		w.Errorf("after it was adopted something is to be done:\n%s", again)
	}
	w.cleanUp(o)
	if diff := cmp.Diff([]string{"role theirs"}, w.iam.Left()); diff != "" {
		w.Error(diff)
	}
}

func foreign(w *world) {
	o := known(nil)
	w.call("CreatePolicy", "PolicyName", "nafuda-policy", "PolicyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`)
	w.call("CreateUser", "UserName", "nafuda")
	w.call("CreateAccessKey", "UserName", "nafuda")
	w.cluster.Apply(w, "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: nafuda, namespace: kube-system}\n")
	var out strings.Builder
	err := w.open(o).Apply(w.Context(), &out)
	if err == nil || !strings.Contains(err.Error(), "nothing was made") || strings.Count(out.String(), "found      ") != 3 || strings.Contains(out.String(), "now        ") {
		w.Errorf("invariant foreign: want three things found and nothing made: %v\n%s", err, out.String())
	}
	for action, n := range w.iam.Calls() {
		if !strings.HasPrefix(action, "Get") && !strings.HasPrefix(action, "List") && n > 1 {
			w.Errorf("invariant foreign: %s was called %d times", action, n)
		}
	}
	told := w.told(func(b *strings.Builder) error { return w.open(o).Delete(w.Context(), b) })
	for _, left := range []string{"IAM user nafuda", "IAM policy nafuda-policy", "ServiceAccount kube-system/nafuda"} {
		if !strings.Contains(told, "left       "+left) {
			w.Errorf("invariant foreign: want %s left:\n%s", left, told)
		}
	}
	if diff := cmp.Diff([]string{"policy nafuda-policy", "user nafuda"}, w.iam.Left()); diff != "" {
		w.Error(diff)
	}
	w.cluster.Delete(w, "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: nafuda, namespace: kube-system}\n")
}

// byHand is the usual set-up as people have made it by hand: the keys are in the Deployment, and the role is wider than it need be.
const byHand = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: external-dns}
rules:
- {apiGroups: [""], resources: [services, endpoints, pods, nodes, secrets], verbs: [get, list, watch]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: external-dns, namespace: kube-system}
spec:
  strategy: {type: Recreate}
  selector: {matchLabels: {app: external-dns}}
  template:
    metadata: {labels: {app: external-dns}}
    spec:
      serviceAccountName: external-dns
      securityContext: {fsGroup: 65534}
      containers:
      - name: external-dns
        image: example.com/external-dns:v0.10
        args: [--source=service, --provider=aws, --txt-owner-id=$(HOSTED_ZONE_ID)]
        env:
        - {name: AWS_ACCESS_KEY_ID, value: AKIAEXAMPLE000000001}
        - {name: AWS_SECRET_ACCESS_KEY, value: by-hand}
        - {name: MINE, value: "1"}
`

// adopted takes over a set-up that was made by hand, and deletes it like one of our own.
func adopted(w *world) {
	o := known(func(o *bootstrap.Options) { o.Name = "external-dns" })
	w.call("CreatePolicy", "PolicyName", "k8s-external-dns-policy", "PolicyDocument", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["route53:ChangeResourceRecordSets"],"Resource":["arn:aws:route53:::hostedzone/*"]},
		{"Effect":"Allow","Action":["route53:ListHostedZones","route53:ListResourceRecordSets"],"Resource":["*"]}]}`)
	w.call("CreateUser", "UserName", "k8s-external-dns")
	w.call("CreateAccessKey", "UserName", "k8s-external-dns")
	w.call("AttachUserPolicy", "UserName", "k8s-external-dns", "PolicyArn", "arn:aws:iam::"+iamemu.Account+":policy/k8s-external-dns-policy")
	w.cluster.Apply(w, byHand)
	var found strings.Builder
	if err := w.open(o).Apply(w.Context(), &found); err == nil {
		w.Error("it was taken over without being asked")
	}
	w.access.Adopt = true
	took := w.apply(o)
	golden.File(w.T, filepath.Join("testdata", "adopt.txt"), strings.ReplaceAll(found.String()+took, w.zone, "Z0123456789ABCDEFGHIJ"))
	text, err := json.Marshal(w.get("/apis/apps/v1/namespaces/kube-system/deployments/external-dns")["spec"])
	if err != nil || strings.Contains(string(text), "by-hand") || strings.Contains(string(text), "MINE") || !strings.Contains(string(text), "secretKeyRef") {
		w.Errorf("the Deployment isn't what the manifest has: %s, %v", text, err)
	}
	w.access.Adopt = false
	if again := w.apply(o); strings.Contains(again, "now ") {
		w.Errorf("after it was adopted something is to be done:\n%s", again)
	}
	o.Policy = "sync"
	if changed := w.apply(o); strings.Count(changed, "now ") != 1 {
		w.Errorf("want the Deployment changed, as one of our own:\n%s", changed)
	}
	w.cleanUp(o)
	if left := w.iam.Left(); len(left) > 0 {
		w.Errorf("left: %s", left)
	}
}
