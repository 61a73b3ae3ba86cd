#!/usr/bin/env bash
# Writes BODY_FILE to the one comment that PULL_REQUEST has for STACK: creates the comment, or updates it in place.
set -euo pipefail

if [ ! -s "$BODY_FILE" ]; then
  echo "no comment: $BODY_FILE was not written"
  exit 0
fi
marker="<!-- preview of stack $STACK -->"
{
  echo "$marker"
  cat "$BODY_FILE"
} >comment.md

# Only the bot's comments, and only with the marker at the very beginning: a preview or a person may quote it.
MARKER=$marker gh api --paginate "repos/$GH_REPO/issues/$PULL_REQUEST/comments?per_page=100" \
  --jq '.[] | select(.user.login == "github-actions[bot]" and (.body | startswith(env.MARKER))) | .id' >comments.txt
existing=$(head -n 1 comments.txt)
if [ -n "$existing" ]; then
  gh api --silent --method PATCH "repos/$GH_REPO/issues/comments/$existing" --field body=@comment.md
else
  gh api --silent --method POST "repos/$GH_REPO/issues/$PULL_REQUEST/comments" --field body=@comment.md
fi
