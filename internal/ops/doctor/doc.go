// SPDX-License-Identifier: Apache-2.0

// Package doctor finds out what keeps an installation from working, by checks that run side by side.
//
// Each check asks something and judges what it was told; asking and judging are functions of their own. Nothing outside is
// changed. The one call that writes asks Route 53 to delete a record set with a value that was drawn at random for this call
// (see permissions.go): the service looks at the permission first, and then finds nothing to delete. Every check ends within its
// time, whatever the others do. What people are shown has no secret and no request id.
package doctor
