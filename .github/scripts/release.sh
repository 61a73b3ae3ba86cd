#!/usr/bin/env bash
# Creates the release of TAG: the package, its checksum, and notes from the changelog. Refuses a tag that does not match.
# Writes the output `sha256`, so that the job that publishes the package need not trust the release's own files.
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

mkdir -p first second
# Packing runs the build and its packages, none of which may see the token that creates releases.
env -u GH_TOKEN npm pack --silent --pack-destination first
env -u GH_TOKEN npm pack --silent --pack-destination second
package="ci-runners-$version.tgz"
if ! cmp "first/$package" "second/$package"; then
  echo "::error::two builds differ: the package is not reproducible" >&2
  exit 1
fi
(cd first && sha256sum "$package" >SHA256SUMS)
echo "sha256=$(cut -d ' ' -f 1 first/SHA256SUMS)" >>"$GITHUB_OUTPUT"

options=(--verify-tag --title "$TAG" --notes-file notes.md)
case $version in *-*) options+=(--prerelease) ;; esac
gh release create "$TAG" "first/$package" first/SHA256SUMS "${options[@]}"
