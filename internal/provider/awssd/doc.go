// SPDX-License-Identifier: Apache-2.0

// Package awssd publishes to the namespaces of AWS Cloud Map, which puts the records into hosted zones of its own.
//
// A DNS namespace is a zone; a service in it is a name, and each instance of the service one value: an address as the attribute
// AWS_INSTANCE_IPV4 or AWS_INSTANCE_IPV6 of a service with A or AAAA records, another name as AWS_INSTANCE_CNAME of one with a CNAME
// record, the name of an elastic load balancer as AWS_ALIAS_DNS_NAME of one with A records. Addresses have the routing policy
// MULTIVALUE, names WEIGHTED. An instance's id is its value, or the SHA-256 of it where the value can't be an id. All of this is as
// ExternalDNS has it, so that either program can go on with what the other has made.
//
// The description of a service is shown as a record set of the type record.Note, so that the registry aws-sd finds its claims in the
// mirror. A service without a description that has instances has no Note; one without either has an empty Note, for the name is taken.
//
// Cloud Map has no batches, so several requests make one change (the invariant together): the service with its description comes
// first and is created on the condition that there is none; instances follow; they go before the description changes hands or the
// service goes. Each change of what is there reads the service and its instances first, two requests, and stops with Stale where
// they aren't what the change expects. Requests that have no effect any more are left out, so a batch that was cut off is mended by
// planning its names again.
//
// Registering and deregistering go on after the answer: InSync asks for these operations. A service can't be deleted, nor get
// another record type, which is the same, before its last instance is gone: such a change ends with Partial, and goes on where the
// name is planned again.
//
// What it can't do: names of several types, or at the namespace itself, wildcards, service names of more than 127 characters, set
// identifiers, other types than A, AAAA and CNAME. A service with SRV records, with A and AAAA records together, or with instances of
// several kinds is left alone, and so is a namespace of another account and of the type HTTP. Quotas: 1,000 instances a service, 2,000
// a namespace ("Cloud Map quotas", developer guide); clients get at most eight values in an answer (API_DnsConfig).
//
// The service is regional: its region is that of files and environment (AWS_REGION), us-east-1 where they name none. Permissions: see
// Describe; RegisterInstance and DeregisterInstance also need route53:ChangeResourceRecordSets and route53:GetHostedZone for the namespace's hosted zone,
// and UpdateService and CreateService need what "AWS Cloud Map API permissions reference" lists beside them.
package awssd
