#!/usr/bin/env bash
# Opens the pull request for the commit in BUNDLE, which promote.sh wrote, once. Runs nothing of a release, because it has
# the token; and trusts the bundle no further than one commit that changes the pin's file of stage TO.
set -euo pipefail

printf '%s' "$BUNDLE" | base64 --decode >promotion.bundle
branch=$(git bundle list-heads promotion.bundle | cut -d ' ' -f 2)
if [[ ! $branch =~ ^refs/heads/promote/$TO-v[0-9A-Za-z.-]+$ ]]; then
  echo "::error::the bundle has ${branch:-no branch}, expected one branch refs/heads/promote/$TO-vX.Y.Z" >&2
  exit 1
fi
git fetch --quiet promotion.bundle "$branch:refs/promotion/$TO"
commit=$(git rev-parse "refs/promotion/$TO")
commits=$(git rev-list --count "origin/main..$commit")
changed=$(git diff --name-only --no-renames "origin/main...$commit")
if [ "$commits" != 1 ] || [ "$changed" != "Pulumi.$TO.yaml" ]; then
  echo "::error::${branch#refs/heads/} has $commits commits that change: $changed; expected one that changes Pulumi.$TO.yaml" >&2
  exit 1
fi

name=${branch#refs/heads/}
# A pull request that was closed without a merge is not opened again: a maintainer has decided.
known=$(gh pr list --head "$name" --state all --json number --jq length)
if [ "$known" -gt 0 ]; then
  echo "$name already has a pull request"
  exit 0
fi
gh auth setup-git
git push --quiet "https://github.com/$GH_REPO.git" "$commit:$branch"
git log -1 --format=%b "$commit" >body.md
gh pr create --base main --head "$name" --title "$(git log -1 --format=%s "$commit")" --body-file body.md
