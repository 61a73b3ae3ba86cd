#!/usr/bin/env bash
# Evaluates the promotion of the due release FROM one stage TO the next. If all gates are open, writes the output TO: the
# branch with its one commit, as a git bundle in base64. Has no token, because the rehearsal runs a release's own code.
# A closed gate is not a failure.
set -euo pipefail

arguments=(--from "$FROM" --to "$TO" --main origin/main --json promotion.json)
if [ -n "${RELEASE:-}" ]; then
  arguments+=(--release "$RELEASE")
fi
status=0
npm run --silent promote -- "${arguments[@]}" >promotion.txt || status=$?
{
  echo "### $FROM to $TO"
  sed 's/^/    /' promotion.txt
} >>"$GITHUB_STEP_SUMMARY"
cat promotion.txt
case $status in
  0) ;;
  1) exit 0 ;;
  *) exit "$status" ;;
esac
if [ "$(jq --raw-output .outcome promotion.json)" != open ]; then
  exit 0
fi

branch=$(jq --raw-output .branch.name promotion.json)
git bundle create --quiet promotion.bundle "refs/heads/$branch" --not origin/main
echo "$TO=$(base64 --wrap=0 promotion.bundle)" >>"$GITHUB_OUTPUT"
