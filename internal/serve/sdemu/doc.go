// SPDX-License-Identifier: Apache-2.0

// Package sdemu emulates AWS Cloud Map: the part of its JSON API (version 2017-03-14) that publishes names, over namespaces in
// memory, with its rules, its refusals by their own names, operations that end after a while, and faults on demand.
//
// Sources are the API reference and the constraints in the service's published model: patterns and lengths of names, which record
// types go with which routing policy, which attributes an instance needs. Where these leave a question open the emulator takes the
// stricter answer, so that what passes here passes there:
//
//   - a member that an action doesn't have is refused;
//   - only one operation at a time may be under way for an instance: the same one again is DuplicateRequest, another ResourceInUse;
//   - a service with an instance that is being registered or deregistered can't be deleted;
//   - a list doesn't show what an operation hasn't done yet, and services are listed in the order of their ids, which is none of names.
//
// Not emulated: making namespaces (AddNamespace does), health checks, namespaces of other accounts, tags after a service is made,
// signatures beyond their scope, and DNS itself: a service's records are never served.
package sdemu
