// SPDX-License-Identifier: Apache-2.0

package route53

import (
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
)

// The services whose names are in one hosted zone, wherever they run (AliasTarget in the Route 53 API reference).
const (
	cloudFrontZone        = "Z2FDTNDATAQYW2"
	globalAcceleratorZone = "Z2BJ6XQ5FK7U4H"
)

// serviceZone returns the id of the hosted zone in which an AWS service keeps a name, where an alias can point at it without
// being told the zone.
func serviceZone(n dnsname.Name) (id string, ok bool) {
	switch {
	case n.In("cloudfront.net"):
		return cloudFrontZone, true
	case n.In("awsglobalaccelerator.com"):
		return globalAcceleratorZone, true
	}
	rest, china := strings.CutSuffix(string(n), ".amazonaws.com.cn")
	if !china {
		if rest, ok = strings.CutSuffix(string(n), ".amazonaws.com"); !ok {
			return "", false
		}
	}
	labels := strings.Split(rest, ".")
	if len(labels) < 2 {
		return "", false
	}
	region, byRegion := regional(labels[len(labels)-2], labels[len(labels)-1])
	if strings.HasPrefix(region, "cn-") != china {
		return "", false
	}
	id, ok = byRegion[region]
	return id, ok
}

// regional tells the region and the table of zones from the two labels before amazonaws.com.
func regional(first, second string) (region string, zones map[string]string) {
	switch {
	case second == "elb":
		return first, loadBalancers
	case first == "elb":
		return second, networkLoadBalancers
	case second == "vpce":
		return first, interfaceEndpoints
	case first == "execute-api":
		return second, regionalAPIs
	default:
		return "", nil
	}
}
