// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"nafuda.io/nafuda/internal/provider/awsconf"
)

// iam asks the query API of IAM (IAM API Reference, version 2010-05-08) with the SDK's signatures. The SDK's own client of it has 160
// operations and would make the program a fifth larger; we need two dozen of them, and retry none.
type iam struct {
	config   aws.Config
	endpoint string
}

const iamVersion = "2010-05-08"

// newIAM makes the client for an account. An empty endpoint is the partition's own.
func newIAM(config aws.Config, endpoint string) *iam {
	own := "https://iam.amazonaws.com/"
	switch {
	case strings.HasPrefix(config.Region, "cn-"):
		own = "https://iam.cn-north-1.amazonaws.com.cn/"
	case strings.HasPrefix(config.Region, "us-gov-"):
		own = "https://iam.us-gov.amazonaws.com/"
	}
	return &iam{config, cmp.Or(endpoint, aws.ToString(config.BaseEndpoint), own)}
}

// refusal is an error that IAM answered with.
type refusal struct{ action, code, message string }

// Error has no request id, and no secret: IAM's messages name entities only.
func (r *refusal) Error() string {
	return fmt.Sprintf("iam:%s: %s: %s", r.action, r.code, r.message)
}

func is(err error, code string) bool {
	r, ok := errors.AsType[*refusal](err)
	return ok && r.code == code
}

// The codes that we go by.
const (
	noSuchEntity  = "NoSuchEntity"
	alreadyExists = "EntityAlreadyExists"
)

// call asks for one action. The parameters are pairs of name and value; out may be nil.
func (c *iam) call(ctx context.Context, out any, action string, parameters ...string) error {
	form := url.Values{"Action": {action}, "Version": {iamVersion}}
	for i := 0; i+1 < len(parameters); i += 2 {
		form.Set(parameters[i], parameters[i+1])
	}
	head := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	answer, status, err := send(ctx, c.config, signed{"iam", c.config.Region, action, http.MethodPost, c.endpoint, head, []byte(form.Encode())})
	if err != nil {
		return err
	}
	return decode(answer, status, out, action)
}

func decode(answer []byte, status int, out any, action string) error {
	if status != http.StatusOK {
		var e struct {
			Error struct{ Code, Message string }
		}
		if err := xml.Unmarshal(answer, &e); err != nil || e.Error.Code == "" {
			return fmt.Errorf("iam:%s: status %d, and no error of IAM's: is the endpoint right?", action, status)
		}
		return &refusal{action, e.Error.Code, awsconf.Scrub(e.Error.Message)}
	}
	if out == nil {
		return nil
	}
	if err := xml.NewDecoder(bytes.NewReader(answer)).Decode(out); err != nil {
		return fmt.Errorf("read the answer of iam:%s: %w", action, err)
	}
	return nil
}

// tags are IAM's list of them.
type tags struct {
	Member []struct{ Key, Value string } `xml:"member"`
}

func (t tags) ours() bool {
	for _, tag := range t.Member {
		if tag.Key == tagKey {
			return true
		}
	}
	return false
}

// policyFacts is what there is of a policy.
type policyFacts struct {
	Default string `xml:"GetPolicyResult>Policy>DefaultVersionId"`
	Holders int    `xml:"GetPolicyResult>Policy>AttachmentCount"`
	Tags    tags   `xml:"GetPolicyResult>Policy>Tags"`
}

type versionList struct {
	Member []struct {
		VersionID string `xml:"VersionId"`
		IsDefault bool   `xml:"IsDefaultVersion"`
	} `xml:"ListPolicyVersionsResult>Versions>member"`
}

type attachedList struct {
	User []string `xml:"ListAttachedUserPoliciesResult>AttachedPolicies>member>PolicyArn"`
	Role []string `xml:"ListAttachedRolePoliciesResult>AttachedPolicies>member>PolicyArn"`
}

// accessKey is a key of a user. Its secret must not be printed.
type accessKey struct {
	ID     string `xml:"AccessKeyId"`
	Secret string `xml:"SecretAccessKey"`
}

// keys lists the ids of a user's keys.
func (c *iam) keys(ctx context.Context, user string) ([]string, error) {
	var out struct {
		IDs []string `xml:"ListAccessKeysResult>AccessKeyMetadata>member>AccessKeyId"`
	}
	err := c.call(ctx, &out, "ListAccessKeys", "UserName", user)
	return out.IDs, err
}

func (c *iam) createKey(ctx context.Context, user string) (accessKey, error) {
	var out struct {
		Key accessKey `xml:"CreateAccessKeyResult>AccessKey"`
	}
	err := c.call(ctx, &out, "CreateAccessKey", "UserName", user)
	if err == nil && (out.Key.ID == "" || out.Key.Secret == "") {
		err = errors.New("iam:CreateAccessKey: the answer has no key")
	}
	return out.Key, err
}

func (c *iam) deleteKey(ctx context.Context, user, id string) error {
	err := c.call(ctx, nil, "DeleteAccessKey", "UserName", user, "AccessKeyId", id)
	if is(err, noSuchEntity) {
		return nil
	}
	return err
}
