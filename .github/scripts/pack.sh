#!/usr/bin/env bash
# Packs the release twice and compares the bytes. Has no token, because it runs the build and the code of other packages.
# Writes the output `sha256`, which the jobs that create and publish the release compare their file with.
set -euo pipefail

mkdir -p first second
npm pack --silent --pack-destination first
npm pack --silent --pack-destination second
package="ci-runners-$(jq --raw-output .version package.json).tgz"
if ! cmp "first/$package" "second/$package"; then
  echo "::error::two builds differ: the package is not reproducible" >&2
  exit 1
fi
sha256=$(sha256sum "first/$package" | cut -d ' ' -f 1)
echo "sha256=$sha256" >>"$GITHUB_OUTPUT"
