#!/usr/bin/env bash
# Opens the pull request that promotes the due release FROM one stage TO the next, once. A closed gate is not a failure.
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
commit=$(jq --raw-output .branch.commit promotion.json)
# A pull request that was closed without a merge is not opened again: a maintainer has decided.
known=$(gh pr list --head "$branch" --state all --json number --jq length)
if [ "$known" -gt 0 ]; then
  echo "$branch already has a pull request"
  exit 0
fi
gh auth setup-git
git push --quiet "https://github.com/$GH_REPO.git" "$commit:refs/heads/$branch"
jq --raw-output .body promotion.json >body.md
gh pr create --base main --head "$branch" --title "$(jq --raw-output .title promotion.json)" --body-file body.md
