#!/usr/bin/env bash
# Evaluates the pins that a pull request changes with the gates of the checkout, which is the base branch.
set -euo pipefail

git fetch --quiet origin "refs/pull/$PULL_REQUEST/head"
npm run --silent promote -- --check --base HEAD --head "$HEAD_SHA" --main HEAD
