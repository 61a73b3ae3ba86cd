#!/usr/bin/env bash
# Publishes the very file of TAG's release, after its checksum, to npm. Not a second build.
set -euo pipefail

mkdir -p release
gh release download "$TAG" --dir release
(cd release && sha256sum --check --strict SHA256SUMS)
distribution=latest
case $TAG in *-*) distribution=next ;; esac
npm publish "./release/ci-runners-${TAG#v}.tgz" --provenance --access public --tag "$distribution"
