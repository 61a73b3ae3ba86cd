#!/usr/bin/env bash
# Creates the release of TAG: the package that pack.sh built in another job, its checksum, and notes from the changelog.
# Refuses a tag that does not match. Runs no code of other packages, because it has the token that creates releases.
set -euo pipefail

version=$(jq --raw-output .version package.json)
if [ "$TAG" != "v$version" ]; then
  echo "::error::the tag is $TAG, but package.json says $version: tag the commit that sets the version" >&2
  exit 1
fi
if ! git merge-base --is-ancestor HEAD origin/main; then
  echo "::error::$TAG is not on main: merge first, then tag the commit on main" >&2
  exit 1
fi
awk -v heading="## [$version]" 'index($0, heading) == 1 { on = 1; next } /^## \[/ { on = 0 } on' CHANGELOG.md >notes.md
if ! grep -q '[^[:space:]]' notes.md; then
  echo "::error::CHANGELOG.md has no section [$version]: write it before you tag" >&2
  exit 1
fi

# Only this file: the job that packed it could have handed over more.
package="ci-runners-$version.tgz"
if [[ ! $SHA256 =~ ^[0-9a-f]{64}$ ]]; then
  echo "::error::SHA256 is \"$SHA256\": the job that packed $package reported no checksum; run it again" >&2
  exit 1
fi
(cd package && echo "$SHA256  $package" | sha256sum --check --strict && echo "$SHA256  $package" >SHA256SUMS)

options=(--verify-tag --title "$TAG" --notes-file notes.md)
case $version in *-*) options+=(--prerelease) ;; esac
gh release create "$TAG" "package/$package" package/SHA256SUMS "${options[@]}"
