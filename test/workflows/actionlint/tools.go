//go:build tools

// Package tools pins the linter of workflow files, with all that it is built from.
package tools

import _ "github.com/rhysd/actionlint/cmd/actionlint"
