// SPDX-License-Identifier: Apache-2.0

package awsconf

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"nafuda.io/nafuda/internal/provider"
)

// classes of the error codes that have one of their own. Codes: Route 53 API reference, "Common Errors" and each action's errors.
var classes = map[string]provider.Class{
	"Throttling":               provider.Throttled,
	"ThrottlingException":      provider.Throttled,
	"ThrottledException":       provider.Throttled,
	"RequestThrottled":         provider.Throttled,
	"RequestLimitExceeded":     provider.Throttled,
	"TooManyRequestsException": provider.Throttled,
	"PriorRequestNotComplete":  provider.Throttled,

	"ProvisionedThroughputExceededException": provider.Throttled, // of a DynamoDB table

	"AccessDenied":                provider.Denied,
	"AccessDeniedException":       provider.Denied,
	"NotAuthorizedException":      provider.Denied,
	"UnauthorizedOperation":       provider.Denied,
	"AuthFailure":                 provider.Denied,
	"ExpiredToken":                provider.Denied,
	"ExpiredTokenException":       provider.Denied,
	"IncompleteSignature":         provider.Denied,
	"InvalidClientTokenId":        provider.Denied,
	"InvalidIdentityToken":        provider.Denied,
	"InvalidSignatureException":   provider.Denied,
	"MissingAuthenticationToken":  provider.Denied,
	"OptInRequired":               provider.Denied,
	"RequestExpired":              provider.Denied,
	"SignatureDoesNotMatch":       provider.Denied,
	"UnrecognizedClientException": provider.Denied,

	"InvalidChangeBatch":             provider.Rejected,
	"InvalidInput":                   provider.Rejected,
	"InvalidArgument":                provider.Rejected,
	"InvalidDomainName":              provider.Rejected,
	"InvalidParameterValue":          provider.Rejected,
	"LimitsExceeded":                 provider.Rejected,
	"MalformedInput":                 provider.Rejected,
	"NoSuchCidrCollectionException":  provider.Rejected,
	"NoSuchCidrLocationException":    provider.Rejected,
	"NoSuchGeoLocation":              provider.Rejected,
	"NoSuchHealthCheck":              provider.Rejected,
	"RequestEntityTooLargeException": provider.Rejected,
	"ValidationError":                provider.Rejected,
	"ValidationException":            provider.Rejected,
}

// Classify turns an error of a call that only reads into a *provider.Error. A nil error stays nil, one that has a class is
// returned as it is. The text has the operation, the service's code and its message, scrubbed; of the SDK's error nothing
// else is kept, so that no logger finds more. context.Canceled and DeadlineExceeded can still be matched.
func Classify(err error) error { return classify(err, false) }

// ClassifyWrite is Classify for a call that changes something: where it may have been carried out though no answer came, the
// class is Uncertain.
func ClassifyWrite(err error) error { return classify(err, true) }

func classify(err error, write bool) error {
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*provider.Error](err); ok {
		return known
	}
	out := &provider.Error{Class: classOf(err), Err: describe(err)}
	if out.Class == provider.Denied {
		out.Action = deniedAction(err)
	}
	if write && out.Class == provider.Unavailable && maybeDone(err) {
		out.Class = provider.Uncertain
	}
	return out
}

func classOf(err error) provider.Class {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		if c, ok := classes[api.ErrorCode()]; ok {
			return c
		}
	}
	switch status(err) {
	case http.StatusTooManyRequests:
		return provider.Throttled
	case http.StatusForbidden, http.StatusUnauthorized:
		return provider.Denied
	case http.StatusRequestEntityTooLarge:
		return provider.Rejected
	}
	return provider.Unavailable
}

func status(err error) int {
	if resp, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && resp.Response != nil {
		return resp.HTTPStatusCode()
	}
	return 0
}

// maybeDone reports whether the service may have carried out a call that failed: the request may have left, and the answer
// wasn't one that says no.
func maybeDone(err error) bool {
	if beforeSending(err) {
		return false
	}
	if code := status(err); code != 0 {
		return code >= 500 || code < 300
	}
	_, sending := errors.AsType[*smithyhttp.RequestSendError](err)
	_, reading := errors.AsType[*smithy.DeserializationError](err)
	_, cancelled := errors.AsType[*smithy.CanceledError](err)
	_, stopped := errors.AsType[*aws.RequestCanceledError](err)
	return sending || reading || cancelled || stopped
}

// beforeSending reports whether a call failed on its way to the connection: in getting credentials, which are calls of their
// own inside the call, in resolving, dialling or the TLS handshake.
func beforeSending(err error) bool {
	if outer, ok := errors.AsType[*smithy.OperationError](err); ok {
		if _, nested := errors.AsType[*smithy.OperationError](outer.Err); nested {
			return true
		}
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return true
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return true
	}
	_, cert := errors.AsType[*tls.CertificateVerificationError](err)
	_, noTLS := errors.AsType[tls.RecordHeaderError](err)
	return cert || noTLS
}

// describe makes an error of what the service said. Messages about signatures quote the request with its headers, so only
// the code is taken.
func describe(err error) error {
	doing := "call AWS"
	if op, ok := errors.AsType[*smithy.OperationError](err); ok {
		doing = fmt.Sprintf("call %s of %s", op.Operation(), op.Service())
	}
	text := err.Error()
	if op, ok := errors.AsType[*smithy.OperationError](err); ok && op.Err != nil {
		text = op.Err.Error()
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		text = api.ErrorCode() + ": " + api.ErrorMessage()
		if api.ErrorCode() == "SignatureDoesNotMatch" || api.ErrorCode() == "IncompleteSignature" {
			text = api.ErrorCode() + ": check the secret access key and the clock"
		}
	}
	text = Scrub(text)
	for _, cause := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, cause) {
			return fmt.Errorf("%s: %w", doing, cause)
		}
	}
	return fmt.Errorf("%s: %s", doing, text)
}

// notAuthorised finds the permission in a message of IAM ("Troubleshoot access denied error messages", IAM User Guide).
var notAuthorised = regexp.MustCompile(`not authorized to perform: ([a-z0-9-]+:[A-Za-z0-9]+)`)

func deniedAction(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		if m := notAuthorised.FindStringSubmatch(api.ErrorMessage()); m != nil {
			return m[1]
		}
	}
	return ""
}
