#!/usr/bin/env bash
# Publishes the file of TAG's release to npm after checking its checksum. Does not build it again.
set -euo pipefail

mkdir -p release
gh release download "$TAG" --dir release
(cd release && sha256sum --check --strict SHA256SUMS)
distribution=latest
case $TAG in *-*) distribution=next ;; esac
npm publish "./release/ci-runners-${TAG#v}.tgz" --provenance --access public --tag "$distribution"
