#!/usr/bin/env bash
# Puts BODY_FILE into the one comment that PULL_REQUEST has for STACK: makes it, or updates it in place.
set -euo pipefail

if [ ! -s "$BODY_FILE" ]; then
  echo "nothing to say: $BODY_FILE was not written"
  exit 0
fi
marker="<!-- preview of stack $STACK -->"
{
  echo "$marker"
  cat "$BODY_FILE"
} >comment.md

# By the bot alone, and only at the very beginning: a preview or a person may quote the marker.
MARKER=$marker gh api --paginate "repos/$GH_REPO/issues/$PULL_REQUEST/comments?per_page=100" \
  --jq '.[] | select(.user.login == "github-actions[bot]" and (.body | startswith(env.MARKER))) | .id' >comments.txt
existing=$(head -n 1 comments.txt)
if [ -n "$existing" ]; then
  gh api --silent --method PATCH "repos/$GH_REPO/issues/comments/$existing" --field body=@comment.md
else
  gh api --silent --method POST "repos/$GH_REPO/issues/$PULL_REQUEST/comments" --field body=@comment.md
fi
