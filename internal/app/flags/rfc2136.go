// SPDX-License-Identifier: Apache-2.0

package flags

// rfc2136 returns the flags of the provider rfc2136.
func rfc2136() []Flag {
	const transfer = "zones are always read by zone transfer, signed where there is a TSIG key"
	const kerberos = "GSS-TSIG isn't there: give the server a TSIG key and name it with --rfc2136-tsig-keyname"
	return []Flag{
		honoured("rfc2136-host", List, ""),
		honoured("rfc2136-port", Value, "0"),
		honoured("rfc2136-zone", List, ""),
		honoured("rfc2136-insecure", Switch, "false"),
		honoured("rfc2136-tsig-keyname", Value, ""),
		secret(honoured("rfc2136-tsig-secret", Value, "")),
		honoured("rfc2136-tsig-secret-alg", Value, ""),
		superseded("rfc2136-axfr", Switch, "false", transfer),
		superseded("rfc2136-tsig-axfr", Switch, "false", transfer),
		honoured("rfc2136-min-ttl", Value, "0s"),
		refused("rfc2136-gss-tsig", Switch, "false", kerberos),
		refused("rfc2136-kerberos-realm", Value, "", kerberos),
		refused("rfc2136-kerberos-username", Value, "", kerberos),
		secret(refused("rfc2136-kerberos-password", Value, "", kerberos)),
		honoured("rfc2136-batch-change-size", Value, "50"),
		honoured("rfc2136-use-tls", Switch, "false"),
		honoured("rfc2136-skip-tls-verify", Switch, "false"),
		honoured("rfc2136-load-balancing-strategy", Value, "disabled"),
	}
}
