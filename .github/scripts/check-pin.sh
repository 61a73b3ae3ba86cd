#!/usr/bin/env bash
# Evaluates the pin of STACK on main, as of the commit that set it, with main's own gates: the check of the pull request ran
# files that the pull request could change.
set -euo pipefail

npm run --silent promote -- --check --stack "$STACK" --head "$HEAD_SHA"
