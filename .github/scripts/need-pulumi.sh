#!/usr/bin/env bash
# GitHub's images have a Pulumi CLI. Checks that its version is one that this project supports.
set -euo pipefail
oldest=3.200.0

version=$(pulumi version) || { echo "::error::pulumi is not on PATH: install $oldest or newer before this step" >&2; exit 1; }
if [ "$(printf '%s\n' "$oldest" "${version#v}" | sort --version-sort | head -n 1)" != "$oldest" ]; then
  echo "::error::pulumi is $version, $oldest or newer is needed" >&2
  exit 1
fi
echo "pulumi $version"
