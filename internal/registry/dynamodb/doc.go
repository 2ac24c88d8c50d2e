// SPDX-License-Identifier: Apache-2.0

// Package dynamodb is the store of claims that is a table of Amazon DynamoDB, in the format of ExternalDNS, so that either program can
// take over from the other:
//
//	attribute   type   is
//	k           S      the hash key: name#TYPE#set-identifier
//	o           S      the owner's id
//	l           M      labels, strings to strings; package rows says which
//
// The table has no range key. Every write is a PutItem or a DeleteItem on the condition that the row is what was last read, the owner
// included, so that of two owners one gets a row; ExternalDNS's own statements honour the owner too, its updates of labels apart. Reads
// are consistent. The table is read in full with one Scan of 1 MB pages, which costs a read unit for each 4 KB (Amazon DynamoDB
// Developer Guide, "Scan"); it is never made or changed by us.
//
// A row costs one write unit each time: a new record set needs two writes, one before it is made and one after that, and so does one
// that is deleted. A changed one needs a read of its row.
package dynamodb
