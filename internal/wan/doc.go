// SPDX-License-Identifier: Apache-2.0

// Package wan finds out under which address the world sees us, and follows it. It brings fact.OfWAN, IPv4 and IPv6 each on its own.
//
// Methods ask: the router (NAT-PMP, RFC 6886; PCP, RFC 6887; UPnP-IGD), STUN servers (RFC 8489), names of DNS whose answer is who
// asks (over UDP, TLS or HTTPS), pages over HTTPS that echo the caller's address, our own interfaces, Nodes where that is asked for, and what the options say. An answer
// counts where its address is one that the whole Internet can reach: see classify.
//
// An address is believed where --wan-quorum independent answers give it. Two answers are independent where both the method and whoever
// operates the server differ, so that neither one operator nor one way through the network decides alone. Answers for IPv6 agree where
// their /64 does; which address of it is ours then is said by our interface, or by --wan-ipv6-host. What the options say needs nobody
// else. All else is unknown, with its reason, and what is unknown takes nothing away:
//
//   - WANPrivate: the router's own address is a private one: there is another NAT behind it, such as a provider's (CGNAT, RFC 6598);
//   - WANDisagree: several addresses are given, and none of them alone by enough, or the router has another one than the world sees;
//   - WANShared: the address is shared with other lines, each of which has some of its ports (MAP-E, DS-Lite, CGNAT): see shared;
//   - WANUnknown: too few answer.
//
// A round asks the router and the interfaces at once, and strangers as few as needed: the first of them together, one more every 250 ms
// or as soon as one fails or nobody is left to answer. It ends once the quorum is there and no answer of the router is awaited, and
// after 6 s at the latest; each question has 3 s. There is a round every 5 minutes, and sooner after one that couldn't tell. In between,
// every 8 s, the router and the interfaces are asked, and one stranger (every minute only where somebody local says what is believed), of
// those that agreed with what was found, and of another kind and operator than the one before; whoever says something new calls for a
// round. While nothing is believed two strangers are asked each time, whoever they are; that one is silent is nothing new then, and the first that
// answers again calls for a round, which it does more and more seldom where that tells nothing. While a new address waits to be believed there is a round every second or so; it is believed after 5 s; the next change within 10
// minutes takes 20 s, then 80 s, up to 5 minutes. So a change is noticed within 30 s, whichever one operator or one way through the network lies or
// hangs: test/home lives through that. An address that can't be confirmed any more is believed for 60 s longer.
//
// Nobody is asked for as long as nobody reads the fact.
package wan
