#!/usr/bin/env bash
# Writes the output `stacks`, a JSON array of the stacks that a change redeploys; with ONLY, of that stack.
set -euo pipefail

if [ -n "${ONLY:-}" ]; then
  stacks=$(jq --null-input --compact-output '[env.ONLY]')
else
  npm run --silent deploy -- --changed --base "$BASE_SHA" --head "$HEAD_SHA" --json changed.json
  stacks=$(jq --compact-output '[.[].stack]' changed.json)
fi
echo "stacks=$stacks" >>"$GITHUB_OUTPUT"

if [ "${FORK:-false}" = true ] && [ "$stacks" != '[]' ]; then
  echo "No preview of $stacks: a pull request from a fork gets no credentials. A maintainer can push it to a branch of this repository." |
    tee -a "$GITHUB_STEP_SUMMARY"
fi
