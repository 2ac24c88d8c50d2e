// SPDX-License-Identifier: Apache-2.0

// Package resolver brings the addresses of host names as facts. It asks the system's resolver, again and again for as long as
// somebody reads the fact.
//
// A host name is asked for both families, each on its own, every 30 to 60 s; while neither is known, after 5 s and then after
// pauses that double up to 5 min. All pauses vary at random. A family is
//
//   - known with addresses, where the resolver gives some: see window for those that come and go;
//   - known without addresses, where it says that there are none and the other family has some;
//   - unknown in all other cases: HostNotFound where the resolver says that there is no such name or no address of either family
//     (NXDOMAIN and an empty answer look alike to a program), HostUnknown where it fails, is late, or gives more than 100 addresses.
//
// Nothing of this outlives the process. After a restart a family that can't be resolved is unknown, so that what is published stays; one that
// can be begins with the first answer, so a name that gives another part of its addresses each time may lose some for a few minutes.
//
// What is read is bounded: 5 s an attempt, 16 names at a time, 5,000 names, 100 addresses a family. Names are asked for with their
// final dot, so that no search domain of /etc/resolv.conf comes in; /etc/hosts counts, as for every program.
package resolver
