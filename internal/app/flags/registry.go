// SPDX-License-Identifier: Apache-2.0

package flags

// registry returns the flags of ownership.
func registry() []Flag {
	return []Flag{
		honoured("registry", Value, "txt"),
		honoured("txt-owner-id", Value, "default"),
		honoured("txt-prefix", Value, ""),
		honoured("txt-suffix", Value, ""),
		honoured("txt-wildcard-replacement", Value, ""),
		refused("txt-encrypt-enabled", Switch, "false", "markers aren't encrypted yet"),
		secret(refused("txt-encrypt-aes-key", Value, "", "markers aren't encrypted yet")),
		superseded("txt-cache-interval", Value, "0s",
			"what a zone holds is always kept in memory and read again bit by bit; see --resync-interval"),
		refused("migrate-from-txt-owner", Value, "",
			"an owner id can't be migrated yet; let ExternalDNS do it first, or keep the id with --txt-owner-id"),
		refused("crd-registry-namespace", Value, "",
			"the custom resource registry isn't there yet; use --registry=txt"),
		honoured("dynamodb-region", Value, ""),
		honoured("dynamodb-table", Value, "external-dns"),
	}
}
