#!/usr/bin/env bash
# Publishes to npm the file that fetch-package.sh checked; does not build it again. npm gets no token of GitHub.
set -euo pipefail

distribution=latest
case $TAG in *-*) distribution=next ;; esac
npm publish "./release/ci-runners-${TAG#v}.tgz" --ignore-scripts --provenance --access public --tag "$distribution"
