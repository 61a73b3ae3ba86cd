#!/usr/bin/env bash
# Downloads the file of TAG's release, and compares it with the SHA256 of the job that built it: whoever can replace the
# release's file can replace its SHA256SUMS as well.
set -euo pipefail

package="ci-runners-${TAG#v}.tgz"
if [[ ! $SHA256 =~ ^[0-9a-f]{64}$ ]]; then
  echo "::error::SHA256 is \"$SHA256\": the job that built $package reported no checksum, so the release's file cannot be trusted" >&2
  exit 1
fi
mkdir -p release
gh release download "$TAG" --dir release --pattern "$package" --clobber
(cd release && echo "$SHA256  $package" | sha256sum --check --strict)
