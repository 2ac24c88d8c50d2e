// SPDX-License-Identifier: Apache-2.0

package reason

import (
	"cmp"
	"maps"
	"slices"
)

// What an object asks for that can't be had.
const (
	BadName    Code = "BadName"
	BadTTL     Code = "BadTTL"
	BadTarget  Code = "BadTarget"
	BadValue   Code = "BadValue"
	BadObject  Code = "BadObject"
	NoZone     Code = "NoZone"
	NoTarget   Code = "AliasTargetMissing"
	Crash      Code = "ProgramError"
	TypeCantDo Code = "TypeNotSupported"
)

// Why there is nothing to look at.
const (
	NobodyAsks Code = "NobodyAsks"
	NoObject   Code = "NoSuchObject"
	NoHost     Code = "NoHostName"
)

// Why a record set is changed.
const (
	Asked    Code = "AskedFor"
	Differs  Code = "Differs"
	NotAsked Code = "NotAskedFor"
	Replaced Code = "TypeChanged"
	Marks    Code = "Marks"
)

// Why a name waits.
const (
	NoAddressYet  Code = "NoAddressYet"
	HostNotFound  Code = "HostNotFound"
	HostUnknown   Code = "HostNotResolved"
	FactPending   Code = "FactPending"
	NotAttached   Code = "RouteNotAttached"
	KindUnknown   Code = "KindNotRead"
	KindForbidden Code = "KindForbidden"
	SourceUnknown Code = "SourceNotWatched"
	NotSynced     Code = "NotSynced"
	ZoneVanished  Code = "ZoneVanished"
	PolicyKeeps   Code = "PolicyKeeps"
	WANUnknown    Code = "WANNotKnown"
	WANAbsent     Code = "WANNotThere"
	WANDisagree   Code = "WANMethodsDisagree"
	WANPrivate    Code = "WANPrivate"
	WANShared     Code = "WANShared"
)

// What the guard keeps from going.
const (
	GracePeriod  Code = "GracePeriod"
	HoldExpired  Code = "HoldExpired"
	BrakeDeletes Code = "BrakeDeletes"
	BrakeUpdates Code = "BrakeUpdates"
	Fight        Code = "Fight"
	Undone       Code = "Undone"
	ChangedSince Code = "ChangedSince"
	NewNameFirst Code = "NewNameFirst"
	NotKept      Code = "NotKept"
	NotRecorded  Code = "NotRecorded"
)

// Who gets a name.
const (
	OlderObjectWins Code = "OlderObjectWins"
	ClaimHolderWins Code = "ClaimHolderWins"
	AddressBeats    Code = "AddressBeatsCNAME"
	OneCNAME        Code = "OneCNAMETarget"
	RoutingDiffers  Code = "RoutingDiffers"
	Foreign         Code = "NotOurs"
	OtherOwner      Code = "OtherOwner"
	OtherView       Code = "OtherView"
	MarkerTaken     Code = "MarkerNameTaken"
	MarkerCNAME     Code = "MarkerMeetsCNAME"
	MarkerTooLong   Code = "MarkerNameTooLong"
	MarkerOutside   Code = "MarkerOutsideZone"
	Ambiguous       Code = "AmbiguousMarker"
	ClaimsUnread    Code = "OwnershipNotRead"
)

// Why something was left out.
const (
	Filtered       Code = "Filtered"
	OtherControl   Code = "OtherController"
	TypeNotManaged Code = "TypeNotManaged"
	ZoneNotChosen  Code = "ZoneNotChosen"
	NoReverse      Code = "NoReverseRecord"
	PrivateTarget  Code = "PrivateTarget"
	LeftBehind     Code = "LeftBehind"
)

// What was put in the place of an object's own addresses, and that nothing was.
const (
	TargetReplaced   Code = "TargetReplaced"
	PrivatePublished Code = "PrivatePublished"
)

// What the provider said.
const (
	Rejected  Code = "Rejected"
	Denied    Code = "Denied"
	TooLarge  Code = "TooLarge"
	ZoneFull  Code = "ZoneFull"
	Unreached Code = "Unavailable"
	Guardrail Code = "Guardrail"
	Stale     Code = "StaleMirror"
	// Half is a change of several calls of which the last have to wait.
	Half Code = "HalfDone"
)

// Why it isn't known, or not yet, that the zone's servers answer as planned. None of them keeps anything from being published.
const (
	Unconfirmed     Code = "NotConfirmed"
	NotVerified     Code = "NotVerified"
	PrivateZone     Code = "PrivateZone"
	RoutingPolicy   Code = "RoutingPolicy"
	Delegated       Code = "Delegated"
	WildcardAnswers Code = "WildcardAnswers"
	NoServers       Code = "ZoneServersUnknown"
	DNSUnreachable  Code = "DNSUnreachable"
	AnswersDiffer   Code = "AnswersDiffer"
)

// Why somebody gets another answer than the zone has, or none. They are what verify finds; nothing is decided by them.
const (
	Intercepted   Code = "Port53Intercepted"
	NotDelegated  Code = "ZoneNotDelegated"
	NotForwarded  Code = "ZoneNotForwarded"
	OtherZone     Code = "OtherZoneAnswers"
	PrivateUnseen Code = "PrivateZoneUnseen"
	Rebinding     Code = "RebindingProtection"
	AbsenceCached Code = "AbsenceCached"
	StaleCache    Code = "StaleCache"
	LocalAnswer   Code = "ResolverAnswersItself"
	LongerTTL     Code = "LongerTTL"
	ResolverFails Code = "ResolverFails"
	NoResolver    Code = "NoResolver"
	TargetAbsent  Code = "TargetHasNoAddress"
	NoConnection  Code = "NoConnection"
	NoHairpin     Code = "NoHairpin"
)

// Doc documents one code.
type Doc struct {
	Code    Code
	Meaning string
	Fix     string
}

// All returns every documented code, sorted.
func All() []Doc {
	return slices.SortedFunc(maps.Values(docs), func(a, b Doc) int { return cmp.Compare(a.Code, b.Code) })
}

var docs = index([]Doc{
	{BadName, "A host name isn't one.", "correct the host name in the object"},
	{BadTTL, "A TTL isn't a number of seconds or a duration from 1 s to 2147483647 s. The name is published with the default TTL.", "write the TTL as seconds (300) or as a duration (5m)"},
	{BadTarget, "A target is neither an address nor a host name.", "correct the target annotation"},
	{BadValue, "A property or value is outside what the provider accepts.", "correct the annotation that the text names"},
	{BadObject, "An object or a file can't be read.", "correct the YAML or JSON that the field names"},
	{NoZone, "No hosted zone that we may use holds the name.", "create the zone, or widen --domain-filter, --zone-id-filter or --aws-zone-type"},
	{NoTarget, "The alias's target has no record set of the type in the zone; the alias follows when it has.", ""},
	{Crash, "The program made an error in working on the object; what is published for it stays, and other objects aren't concerned.", "report it with the log line that tells where; until it is mended, change what is unusual about the object"},
	{TypeCantDo, "The provider has no such record type.", "use another type or another provider"},
	{NobodyAsks, "No object that is watched asks for the name, and none that we know of did.", "put the name on an object, or correct its spelling there or here"},
	{NoObject, "The object isn't there.", "correct its kind, namespace or name, or create it"},
	{NoHost, "The object names no host.", "give it a host, or the annotation external-dns.kubernetes.io/hostname"},
	{Asked, "An object asks for the record set, which isn't there.", ""},
	{Differs, "The record set isn't as its object asks for it.", ""},
	{NotAsked, "No object asks for the record set any more.", ""},
	{Replaced, "The name's object asks for another record type now.", ""},
	{Marks, "The ownership marker goes with its record set.", ""},
	{NoAddressYet, "The object asks for the name but has no address yet; what is published stays.", "wait for the load balancer, the pod or the node, or set a target annotation"},
	{HostNotFound, "The resolver says that the host name of the load balancer doesn't exist, or has no address; what is published stays.", "look the host name up (dig NAME); a new load balancer's name takes some minutes, one that is gone leaves an old status on the Service"},
	{HostUnknown, "The host name of the load balancer can't be resolved at present: the resolver fails, or doesn't answer in time; what is published stays.", "check the resolver of the machine or the pod (/etc/resolv.conf, dnsPolicy), and the name servers of the host name"},
	{FactPending, "What the object needs to know from outside, such as the addresses of a host name, has been asked for and isn't known yet; what is published stays.", ""},
	{NotAttached, "A Route isn't attached to a Gateway: there is no such Gateway, no listener of it takes the Route or its host, or its controller doesn't accept the Route; until the controller has said so, what is published stays.", "look at status.parents of the Route, and at the listeners of its Gateway: hostname, port, protocol, allowedRoutes"},
	{WANAbsent, "This machine has no way to the IPv6 Internet, and nobody has ever given a public IPv6 address, so there is nothing to publish of that family; what is published stays.", "nothing, where the line has no IPv6; --no-wan-ipv6 says so for good. Where it has, give the pod a way out: hostNetwork, or a cluster with both families"},
	{WANUnknown, "Too few independent methods give the public address; what is published stays.", "look at what each says with nafuda wan; a firewall may keep questions in, and in a pod the router needs --wan-gateway; --wan-quorum sets how many have to agree; where the line has no such family, --no-wan-ipv4 or --no-wan-ipv6 says so"},
	{WANDisagree, "The methods give several public addresses, and it can't be told which is ours; what is published stays.", "look at what each says with nafuda wan: several uplinks, a VPN or a second router make this; choose with --wan-method or --wan-static"},
	{WANPrivate, "The router's own address is a private one: a provider's NAT (CGNAT, DS-Lite) or a second router is behind it, so that nobody outside reaches us over IPv4; what is published stays.", "ask the provider for a public address, make the outer router a bridge, or publish IPv6 only (--no-wan-ipv4); with a forwarded port, give the address with --wan-static"},
	{WANShared, "The public IPv4 address is shared with other lines, each of which has some of its ports (MAP-E, DS-Lite, CGNAT); what is published stays.", "publish IPv6 only (--no-wan-ipv4), or, where the ports that are ours lead to the service, pass --wan-allow-shared"},
	{KindUnknown, "The source needs a kind that hasn't been read yet; what is published stays.", ""},
	{KindForbidden, "The source needs a kind that the service account may not list or watch; what is published stays.", "grant get, list and watch on that kind to the service account"},
	{SourceUnknown, "The marker names an object of a kind or namespace that isn't watched, so nothing proves that it is gone.", "add the source or widen --namespace, or remove the record by hand"},
	{NotSynced, "Not every source has been read in full, so nothing proves that the object is gone.", ""},
	{ZoneVanished, "The hosted zone is no longer listed.", "check the zone and the permission route53:ListHostedZones"},
	{PolicyKeeps, "The policy doesn't allow this change; what is published stays.", "to remove what no object asks for any more: nafuda run --once --policy=sync, with the other arguments as they are"},
	{GracePeriod, "No object asks for the name any more; it goes after --delete-after unless one asks again.", ""},
	{HoldExpired, "The object has had no address for longer than --hold-for, so what is published isn't held any longer.", "give the object an address, or set a longer --hold-for; 0 holds as long as the object exists"},
	{BrakeDeletes, "More names of the zone would go within an hour than --max-deletes and --max-delete-percent allow, or all of them; every delete that waits is held.", "look at what is held, then release it with nafuda approve or bring the objects back"},
	{BrakeUpdates, "More names of the zone would get other targets within an hour than --max-update-percent allows; such updates are held.", "look at what is held, then release it with nafuda approve or correct the objects"},
	{Fight, "Someone else has changed our record set back three times within an hour, so we leave it alone for now.", "find who else writes it: another installation with the same --txt-owner-id, a person or a tool"},
	{Undone, "The name was undone by hand, so what was there before stays.", "change what the object asks for there, or undo the undo with nafuda undo"},
	{ChangedSince, "The record set isn't what the journal last knew: someone else has changed it since. The undo replaces what is there now.", "look at what is there before you go on"},
	{NewNameFirst, "The object asks for another name now, which isn't published yet; this one goes after that.", ""},
	{NotKept, "What the brake has spent can't be saved, so deletes wait: after a restart nobody would know of them.", "make room in --state-dir, or let the service account update the Lease; the log says what fails"},
	{NotRecorded, "The change can't be written into the journal, and what isn't there can't be undone, so nothing is sent.", "make room in --state-dir, or look after its disk; it goes on by itself within half a minute"},
	{OlderObjectWins, "Several objects ask for the name; the older one has it.", "remove the name from one of them, or pass --merge-across-namespaces"},
	{ClaimHolderWins, "Several objects ask for the name; the one that has it keeps it.", "remove the name from one of them, or pass --merge-across-namespaces"},
	{AddressBeats, "A name can't be a CNAME and have addresses; the addresses are published.", "remove either the host name or the address from the targets"},
	{OneCNAME, "A CNAME has one target; the first is published.", "leave one host name in the targets"},
	{RoutingDiffers, "Objects ask for different routing policies at one name; the one that is published, or the older object's, stays.", "give both objects the same routing policy, or one of them another name"},
	{Foreign, "The record set has no marker of ours, so it isn't touched.", "delete it by hand, or let its owner have the name"},
	{OtherView, "Two views ask for the name in one zone; the one that stands first in the file has it.", "narrow one of the views, by its namespaces, labels, domain-filter or zone-id-filter"},
	{OtherOwner, "The record set belongs to another owner.", "use that owner's id, or let it have the name"},
	{MarkerTaken, "The name of the marker holds a TXT record set that isn't ours.", "remove that record set, or use another --txt-prefix"},
	{MarkerCNAME, "The marker and a CNAME would share a name, which DNS forbids.", "use --txt-format=auto or typed, or set --txt-prefix"},
	{MarkerTooLong, "The marker's name would break the limits of DNS.", "use a shorter name or a shorter --txt-prefix"},
	{MarkerOutside, "The marker's name would be outside the zone.", "use a --txt-prefix such as %{record_type}-nafuda. with the dot at its end"},
	{Ambiguous, "A marker can be read as belonging to two record sets, so it claims neither.", "remove the marker, or one of the record sets, by hand"},
	{ClaimsUnread, "The table that says which record sets are ours hasn't been read, so that nothing is made or taken away.", "check the table of --dynamodb-table, its region and the credentials' permissions on it"},
	{Filtered, "A filter leaves the object or the name out.", "widen the filter that the text names"},
	{OtherControl, "The controller annotation names another controller.", "remove the annotation, or set it to dns-controller"},
	{TypeNotManaged, "The record type isn't managed.", "add it with --managed-record-types"},
	{PrivateTarget, "The object has no address that the zone's readers can reach, and --private-targets lets no private one through, so nothing is published for it.", "give the object a public address, publish yours with --private-targets=replace --target-from=wan or the annotation nafuda.io/target: wan, or leave private addresses in with --private-targets=publish"},
	{TargetReplaced, "Another target is published in the place of the object's own, because --private-targets or the annotation nafuda.io/target says so.", ""},
	{PrivatePublished, "A private address is published in a public zone: nobody outside reaches it, and everybody can read how the network inside is numbered.", "publish the public address with --private-targets=replace --target-from=wan, or leave such addresses out with --private-targets=drop"},
	{ZoneNotChosen, "The object pins another hosted zone.", "correct the aws-hosted-zone-id annotation"},
	{NoReverse, "An address gets no PTR record set here: no zone has its reverse name, or a filter leaves it out.", "if it is to have one, let a zone above its reverse name be used, and the domain filters pass it; else there is nothing to do"},
	{LeftBehind, "The views were replaced, and none has these names of ours any more; their record sets stay as they are.", "take them away by hand, or let a view with their owner have them again"},
	{Rejected, "The provider refused the change.", "see the provider's message; it is tried again with growing pauses"},
	{Denied, "The credentials don't allow the call.", "grant the action that the text names"},
	{TooLarge, "The record set is larger than one call can carry.", "use fewer or shorter targets"},
	{ZoneFull, "The zone has as many record sets as the service allows it. What adds some waits; updates and deletes go on.", "have the service raise the quota (Route 53: Service Quotas, records per hosted zone), or write fewer markers: --txt-format=shared --txt-migrate has one for all record sets of a name, --registry=dynamodb none in the zone"},
	{Unreached, "The provider can't be reached or answers with errors.", ""},
	{Guardrail, "A change guardrail or a record protection of the zone refuses the change.", "turn the guardrail off for the zone or delete the protection (aws route53 delete-resource-record-set-protections), or leave the record as it is; it is tried again with growing pauses"},
	{Stale, "The record sets at the provider aren't those we last read; they are read again.", ""},
	{Half, "The provider needs several calls for the change, and takes the last of them only when it has finished with the first; they follow by themselves.", ""},
	{Unconfirmed, "The provider hasn't said that all its servers have the change: it can't, we may not ask, or it took too long.", "grant route53:GetChange, so that it can be asked"},
	{NotVerified, "Nobody asks the zone's servers over DNS, because --no-verify says so or there is nobody to ask.", "leave --no-verify out"},
	{PrivateZone, "The zone is private: its servers answer within its networks only, so they aren't asked.", ""},
	{RoutingPolicy, "The record set has a routing policy: what the servers answer depends on who asks and when.", ""},
	{Delegated, "Other servers answer for the name: a record set of type NS above it in the zone delegates it.", "publish the name in the zone that it is delegated to, or remove the NS record set"},
	{WildcardAnswers, "The record sets are gone, and a wildcard of the zone answers in their place, so DNS can't tell.", ""},
	{NoServers, "The names or addresses of the zone's servers aren't known, so they can't be asked over DNS.", "check the NS record set of the zone and the resolver of the machine, or name servers with --verify-server"},
	{DNSUnreachable, "None of the zone's servers can be reached over DNS.", "let UDP and TCP to port 53 pass, name a server with --verify-server, or turn the question off with --no-verify"},
	{AnswersDiffer, "A server of the zone doesn't answer as planned.", "see what it answers; the zone may be delegated to other servers, or something else may have changed the name"},
	{Intercepted, "Somebody on the way answers in place of the zone's servers: a router or provider that catches everything to port 53.", "turn the interception off (routers call it DNS redirection or DNS filter), or run verify from another network; what others see isn't concerned"},
	{NotDelegated, "The parent of the zone names other servers than the zone's own, or none: what is published in the zone isn't what the world asks.", "set the servers of the zone at the registrar or in the parent zone (aws route53 get-hosted-zone lists them)"},
	{NotForwarded, "The resolver doesn't ask the servers of a zone that only those find who are told of them, such as one that we serve for the LAN.", "add a forward or stub entry for the zone to the resolver of the LAN, as docs/home.md has them for each resolver; one that the whole Internet is to find needs its servers in the parent zone"},
	{OtherZone, "Another zone answers here: with a public and a private one, or one of the LAN, where one stands decides which.", "publish the name in that zone too, or take one of a longer name for what only the LAN shall see"},
	{PrivateUnseen, "The name is in a private zone, and the resolver isn't in a network that the zone is associated with.", "ask from within the VPC, associate the VPC, or publish in a public zone (--aws-zone-type=public)"},
	{Rebinding, "A resolver leaves private addresses out of the answers of public names, as protection against DNS rebinding.", "make an exception for the zone in the resolver (dnsmasq: rebind-domain-ok, Unbound: private-domain, FRITZ!Box: exceptions of the DNS rebind protection), or use another resolver"},
	{AbsenceCached, "A resolver remembers from before that there is nothing; it may as long as the zone's SOA record says, which is 900 s with Route 53 as it comes.", "wait, or empty the caches of the resolver and of this machine; don't look a name up before it is published"},
	{StaleCache, "A resolver has an older answer in its cache.", "wait until the TTL is over, or empty the caches of the resolver and of this machine"},
	{LocalAnswer, "A resolver doesn't ask the zone's servers but has data of its own for the name, or blocks it.", "remove the entry, zone or block list from the resolver, or correct it"},
	{LongerTTL, "A resolver keeps answers for longer than the record set says, or still has one from when that said more.", ""},
	{ResolverFails, "A resolver doesn't answer, or answers with an error.", "look at the resolver; with SERVFAIL at its DNSSEC validation and at whether it reaches the zone's servers, or name another with --resolver"},
	{NoResolver, "The system names no resolver, so none is asked.", "name one with --resolver"},
	{TargetAbsent, "What the name points at has no address.", "see whether the load balancer or the target's own name is still there"},
	{NoConnection, "The name answers, but no connection to its address comes about from here.", "see whether something listens there, and which firewall is in between"},
	{NoHairpin, "The name answers with a public address, to which no connection comes about from within a private network: most often that is the network's own address, and its router doesn't lead back in (hairpin NAT).", "turn hairpin NAT (NAT loopback) on in the router, or let the resolver of the network answer with the inner address; see from outside whether it works there"},
})

func index(list []Doc) map[Code]Doc {
	m := make(map[Code]Doc, len(list))
	for _, d := range list {
		m[d.Code] = d
	}
	return m
}
