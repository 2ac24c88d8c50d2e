// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// spareUsers is how many users a cluster can give out: the server reads its tokens only when it starts.
const spareUsers = 16

// User is someone the API server knows by a token.
type User struct {
	Name       string
	Token      string
	Kubeconfig string // path
}

// CreateUser gives a user who has the given cluster roles and nothing else. The roles must have been applied.
func (c *Cluster) CreateUser(t testing.TB, clusterRoles ...string) User {
	t.Helper()
	if len(c.spare) == 0 {
		t.Fatalf("create a user: a cluster has %d; raise spareUsers", spareUsers)
	}
	u := c.spare[0]
	c.spare = c.spare[1:]
	for _, role := range clusterRoles {
		c.Apply(t, fmt.Sprintf(`
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: %s-%s}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: %s}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: %s}]
`, u.Name, role, role, u.Name))
	}
	var err error
	if u.Kubeconfig, err = c.writeKubeconfig(u); err != nil {
		t.Fatal(err)
	}
	return u
}

// prepare writes what the API server reads at its start: users and the key of its service accounts.
func (c *Cluster) prepare() error {
	c.admin = User{Name: "admin", Token: rand.Text()}
	tokens := fmt.Sprintf("%s,admin,admin,\"system:masters\"\n", c.admin.Token)
	for i := range spareUsers {
		u := User{Name: fmt.Sprintf("user-%d", i), Token: rand.Text()}
		tokens += fmt.Sprintf("%s,%s,%s\n", u.Token, u.Name, u.Name)
		c.spare = append(c.spare, u)
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	if err := os.WriteFile(filepath.Join(c.Dir, "sa.key"), pem.EncodeToMemory(block), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(c.Dir, "tokens.csv"), []byte(tokens), 0o600)
}

func (c *Cluster) writeKubeconfig(u User) (string, error) {
	path := filepath.Join(c.Dir, u.Name+".kubeconfig")
	text := strings.NewReplacer("SERVER", c.Server, "CA", c.ca, "TOKEN", u.Token).Replace(`apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: "SERVER", certificate-authority: "CA"}}]
users: [{name: test, user: {token: "TOKEN"}}]
contexts: [{name: test, context: {cluster: test, user: test}}]
current-context: test
`)
	return path, os.WriteFile(path, []byte(text), 0o600)
}

// trusting gives a client that trusts the certificate the API server has made for itself, or nil while there is none.
func trusting(ca string) *http.Client {
	cert, err := os.ReadFile(ca)
	if err != nil {
		return nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(cert) {
		return nil
	}
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
}
