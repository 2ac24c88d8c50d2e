// SPDX-License-Identifier: Apache-2.0

package service

import (
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/kinds"
)

// silent tells why a Service asks for nothing.
func (o Options) silent(svc *kinds.Service, shared source.Options) reason.Reason {
	if !o.wants(svc.Type) {
		return reason.New(reason.Filtered, "the type %s of %s isn't among --service-type-filter", svc.Type, svc.Ref())
	}
	if why := shared.Elsewhere(svc.Ref(), svc.Annotations); !why.None() {
		return why
	}
	notes := shared.Read(svc.Ref(), svc.Annotations)
	switch {
	case len(notes.Hostnames)+len(notes.InternalHostnames) == 0:
		return shared.NoHost(svc.Ref(), svc.Annotations)
	case svc.Type == typeClusterIP && !svc.Headless() && !o.PublishInternal && len(notes.InternalHostnames) == 0:
		return reason.New(reason.Filtered, "%s has only the cluster's own address, which isn't published without --publish-internal-services or the annotation internal-hostname", svc.Ref())
	default:
		return reason.New(reason.NoAddressYet, "%s of the type %s has no address that its annotations let us publish", svc.Ref(), svc.Type)
	}
}
