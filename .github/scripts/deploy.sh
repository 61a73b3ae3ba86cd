#!/usr/bin/env bash
# Deploys STACK as HEAD_SHA, a commit of main, pins and configures it. The command itself sees whether main has moved on.
set -euo pipefail

# exec: a cancellation must reach pulumi, which then ends in good order what it has begun.
exec npm run --silent deploy -- --stack "$STACK" --at "$HEAD_SHA" --main origin/main
