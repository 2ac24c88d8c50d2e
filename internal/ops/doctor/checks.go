// SPDX-License-Identifier: Apache-2.0

package doctor

import "context"

// Check is one check, and what the documentation says about it. OK, Warn and Fail say when it finds what.
type Check struct {
	Name           string
	OK, Warn, Fail string

	run func(context.Context, *exam) []Finding
}

// Checks lists the checks in the order in which they are shown: what others depend on comes first.
func Checks() []Check {
	return []Check{
		{
			"kubeconfig", "the API server answers and takes our credentials; its version, and who we are to it",
			"its certificate isn't checked, or we have no credentials", "no API server is known, it doesn't answer, or refuses us", checkKubeconfig,
		},
		{
			"rbac", "we may list and watch every kind that the sources need, write Events, and take the Lease",
			"a kind that only some objects need, Events or an optional Lease are forbidden, or it couldn't be asked",
			"a kind that a source reads may not be listed or watched, or a Lease that must be taken is forbidden", checkRBAC,
		},
		{
			"kinds", "the API server serves every kind that the sources need", "one that only some objects need isn't served, or it couldn't be asked",
			"one that a source reads isn't served: its custom resource definition is missing", checkKinds,
		},
		{
			"staticpods", "kubelet's folder of static pods has nothing but Pods, or isn't here",
			"something else lies there, or can't be read", "a Deployment of Nafuda or ExternalDNS lies there, which kubelet never starts", checkStaticPods,
		},
		{
			"identity", "AWS tells whose credentials each account has", "they are a root user's", "AWS doesn't take them, or can't be asked", checkIdentity,
		},
		{
			"region", "the region that files and environment name exists, or none is named",
			"it doesn't, which only other programs notice", "it doesn't, and a role is to be assumed there", checkRegion,
		},
		{
			"clock", "our clock is that of AWS and of the API server", "it is off by a minute or more, or they don't tell",
			"it is off by five minutes or more from AWS, which refuses such requests", checkClock,
		},
		{
			"permissions", "each permission was used by a call that changes nothing", "an optional one is denied, or it couldn't be found out",
			"a needed one is denied", checkPermissions,
		},
		{
			"zones", "the hosted zones that are used, and those left out with the filter that does it",
			"a domain of `--domain-filter` has no zone, or two public zones have one name", "no zone is used, or they can't be listed", checkZones,
		},
		{
			"listen", "every address of `--dns-listen` is free, or our zones are answered there; only `--provider=local` has such",
			"all of them are loopback: nobody else can ask", "one can't be opened: something else is there, the machine hasn't that address, or we may not", checkListen,
		},
		{
			"delegation", "the parent of each public zone names the zone's own servers",
			"it names only some of them or others too, or it couldn't be asked; or none of them, and the zone is on a name server of `--provider=rfc2136`, which may be there for a LAN", "it names none of them: nobody finds the zone's names", checkDelegation,
		},
		{
			"quota", "each zone has room", "a zone is four fifths full, or its quota isn't known", "a zone is full", checkQuota,
		},
		{
			"owners", "how many names in each zone are ours, and how many have no marker", "another owner has names there, or the zone couldn't be read",
			"two owners have marked the same record set, or the table of our ownership can't be read", checkOwners,
		},
		{
			"markers", "in which forms the markers are written", "some of ours stand at the name of no record set, or the zone couldn't be read",
			"all of ours do: the prefix or suffix is another one", checkMarkers,
		},
		{
			"taken", "no name that an object asks for is somebody else's", "not everything could be read", "an object asks for a name that somebody else has", checkTaken,
		},
		{
			"addresses", "every object that asks for a name has an address", "one has none any more, and what is published stays, or it couldn't be found out",
			"one has none, and nothing is published at its name: MetalLB, or whatever should give it one, doesn't", checkAddresses,
		},
	}
}
