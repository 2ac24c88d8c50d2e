// SPDX-License-Identifier: Apache-2.0

package r53emu

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"time"

	"nafuda.io/nafuda/internal/serve/zonedb"
)

const (
	namespace = "https://route53.amazonaws.com/doc/2013-04-01/"
	version   = "/2013-04-01/"

	// maxBody bounds a request: 1,000 changes of 32,000 characters of values, with their names and tags, take less.
	maxBody = 4 << 20
)

type wireError struct {
	XMLName   xml.Name `xml:"https://route53.amazonaws.com/doc/2013-04-01/ ErrorResponse"`
	Type      string   `xml:"Error>Type"`
	Code      string   `xml:"Error>Code"`
	Message   string   `xml:"Error>Message"`
	RequestId string
}

// body is a response of any action: XMLName gives the root element, and the value its content.
type body struct {
	XMLName xml.Name
	Content any
}

// response names the root element of an answer; its content's own root element is left out.
func response(name string, content any) body {
	return body{XMLName: xml.Name{Space: namespace, Local: name}, Content: content}
}

// MarshalXML writes the content's fields right below the root element.
func (b body) MarshalXML(e *xml.Encoder, _ xml.StartElement) error {
	return e.EncodeElement(b.Content, xml.StartElement{Name: b.XMLName})
}

type wireChangeInfo struct{ Id, Status, SubmittedAt string }

type wireZone struct {
	Id                     string
	Name                   string
	CallerReference        string
	Config                 wireConfig
	ResourceRecordSetCount int
}

type wireConfig struct {
	Comment     string `xml:",omitempty"`
	PrivateZone bool
}

type wireVPC struct{ VPCRegion, VPCId string }

type wireChangeBatch struct {
	XMLName xml.Name `xml:"ChangeResourceRecordSetsRequest"`
	Comment string   `xml:"ChangeBatch>Comment"`
	Changes []struct {
		Action            string
		ResourceRecordSet *wireSet
	} `xml:"ChangeBatch>Changes>Change"`
}

// decodeChanges reads the body of a ChangeResourceRecordSets request.
func decodeChanges(r io.Reader) ([]Change, error) {
	var in wireChangeBatch
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	out := make([]Change, 0, len(in.Changes))
	for i, c := range in.Changes {
		member := memberOf(i)
		if c.ResourceRecordSet == nil {
			return nil, constraint("null", member+"resourceRecordSet", "Member must not be null")
		}
		ch := Change{Action: Action(c.Action)}
		set, err := c.ResourceRecordSet.record(ch, member)
		if err != nil {
			return nil, err
		}
		ch.Set = set
		out = append(out, ch)
	}
	return out, nil
}

func decode(r io.Reader, into any) error {
	err := xml.NewDecoder(r).Decode(into)
	if err == nil {
		return nil
	}
	if _, big := errors.AsType[*http.MaxBytesError](err); big {
		return &Error{http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "The request body is too large."}
	}
	return &Error{http.StatusBadRequest, "MalformedInput", "The request body is not valid XML for this action."}
}

func describe(z *zonedb.Zone, m zoneMeta) wireZone {
	return wireZone{
		Id: "/hostedzone/" + z.ID, Name: wireName(z.Name), CallerReference: m.reference,
		Config: wireConfig{Comment: m.comment, PrivateZone: z.Private}, ResourceRecordSetCount: z.Len(),
	}
}

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
