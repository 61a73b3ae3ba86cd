//go:build tools

// Package engine pins the Pulumi engine that the rehearsal builds when no `pulumi` is installed. The import keeps
// `go mod tidy` from dropping the requirement; the build tag keeps this file out of every build.
package engine

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
