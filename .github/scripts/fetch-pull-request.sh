#!/usr/bin/env bash
# Fetches the head of a pull request, which is in no branch if it comes from a fork. A private repository asks for the token,
# which is used for this fetch only: nothing stores it, and the step that evaluates the pins does not have it.
set -euo pipefail

git -c credential.helper= -c 'credential.helper=!gh auth git-credential' fetch --quiet origin "refs/pull/$PULL_REQUEST/head"
