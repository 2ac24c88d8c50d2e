// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Options says which API server to watch, and how hard.
type Options struct {
	Kubeconfig     string        `name:"kubeconfig" help:"Path of a kubeconfig. Without it the files that KUBECONFIG names are used, else the one in the home folder, else the service account of the pod."`
	Server         string        `name:"server" help:"URL of the Kubernetes API server, instead of the kubeconfig's."`
	RequestTimeout time.Duration `name:"kube-api-request-timeout" default:"30s" help:"Longest time for one list request; 0 is none. Watches aren't cut."`
	QPS            float32       `name:"kube-api-qps" default:"5" help:"Requests a second to the Kubernetes API server."`
	Burst          int           `name:"kube-api-burst" default:"10" help:"Requests to the Kubernetes API server that may go at once."`
	Events         bool          `name:"warning-events" negatable:"" default:"true" help:"Write Warning Events on objects whose names can't be published as asked for."`

	Version string       `kong:"-"` // ours, for the user agent
	Log     *slog.Logger `kong:"-"` // client-go's lines go here at debug; nil discards them
}

// Check tells every mistake in the options at once.
func (o Options) Check() error {
	var errs []error
	if o.QPS <= 0 {
		errs = append(errs, fmt.Errorf("--kube-api-qps=%v: must be more than 0", o.QPS))
	}
	if o.Burst <= 0 {
		errs = append(errs, fmt.Errorf("--kube-api-burst=%d: must be more than 0", o.Burst))
	}
	if o.RequestTimeout < 0 {
		errs = append(errs, fmt.Errorf("--kube-api-request-timeout=%v: must be 0 or more", o.RequestTimeout))
	}
	return errors.Join(errs...)
}

// Config finds the API server that the options name, for those who ask it for other things than a feed. Nothing is sent. A request
// has the options' user agent and rate, and no longer than their timeout.
func (o Options) Config() (*rest.Config, error) {
	cfg, err := o.config()
	if err != nil {
		return nil, err
	}
	cfg.UserAgent, cfg.Timeout, cfg.QPS, cfg.Burst = o.userAgent(), o.RequestTimeout, o.QPS, o.Burst
	return cfg, nil
}

// config finds the API server in ExternalDNS's order: the flag, the home folder's file, the pod's service account. Where there is
// no flag, KUBECONFIG names the files, as it does for kubectl.
// A given --server overrides the address of whichever file is read, and needs none.
func (o Options) config() (*rest.Config, error) {
	path := o.Kubeconfig
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	if path == "" && os.Getenv(clientcmd.RecommendedConfigPathEnvVar) != "" {
		return o.load(rules, os.Getenv(clientcmd.RecommendedConfigPathEnvVar))
	}
	if path == "" {
		path = homeKubeconfig()
	}
	if path == "" && o.Server == "" {
		cfg, err := rest.InClusterConfig()
		if err != nil {
			return nil, fmt.Errorf("read the pod's service account: %w; outside a cluster pass --kubeconfig", err)
		}
		return cfg, nil
	}
	rules.ExplicitPath = path
	return o.load(rules, path)
}

func (o Options) load(rules *clientcmd.ClientConfigLoadingRules, path string) (*rest.Config, error) {
	over := &clientcmd.ConfigOverrides{}
	over.ClusterInfo.Server = o.Server
	cfg, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, over).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("read kubeconfig %q: %w; correct --kubeconfig", path, err)
	}
	return cfg, nil
}

func homeKubeconfig() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	path := filepath.Join(home, ".kube", "config")
	if info, err := os.Stat(path); err != nil || info.IsDir() {
		return ""
	}
	return path
}

func (o Options) userAgent() string {
	if o.Version == "" {
		return "nafuda/unknown"
	}
	return "nafuda/" + o.Version
}

func (o Options) log() *slog.Logger {
	if o.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return o.Log
}
