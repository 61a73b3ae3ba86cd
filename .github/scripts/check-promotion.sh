#!/usr/bin/env bash
# Evaluates the pins that a pull request changes with the gates of the checkout, which is the base branch.
set -euo pipefail

npm run --silent promote -- --check --base HEAD --head "$HEAD_SHA" --main HEAD
