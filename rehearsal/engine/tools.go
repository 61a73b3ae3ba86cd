//go:build tools

// Package engine pins the Pulumi engine that the rehearsal builds where no `pulumi` is installed. The import keeps
// `go mod tidy` from dropping the requirement; the tag keeps it out of every build.
package engine

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
