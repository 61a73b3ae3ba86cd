#!/usr/bin/env bash
# Deploys STACK with the pin and the configuration of HEAD_SHA, a commit of main. The command itself checks whether main has
# moved on.
set -euo pipefail

# exec: a cancellation must reach pulumi, which then finishes the started operations cleanly.
exec npm run --silent deploy -- --stack "$STACK" --at "$HEAD_SHA" --main origin/main
