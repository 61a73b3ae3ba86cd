#!/usr/bin/env bash
# Previews STACK at HEAD_SHA and writes BODY_FILE, the comment. Pulumi's output is untrusted text, so it is put inside a
# fence that is longer than any that it contains, and cut to fit GitHub's 65,536 characters.
set -euo pipefail
limit=60000

status=0
npm run --silent deploy -- --stack "$STACK" --preview --at "$HEAD_SHA" >preview.out 2>preview.err || status=$?

{
  cat preview.out
  # Without a failure it is only progress output.
  [ "$status" -eq 0 ] || cat preview.err
} | sed 's/\x1b\[[0-9;]*[A-Za-z]//g' | tr -d '\000-\010\013-\037' >preview.txt
total=$(wc -c <preview.txt)
head -c "$limit" preview.txt | iconv -c -f UTF-8 -t UTF-8 >preview.cut || true
longest=$( (grep -oE '`+' preview.cut || true) | awk '{ if (length($0) > n) n = length($0) } END { print n + 0 }')
fence=$(printf '`%.0s' $(seq 1 $((longest > 2 ? longest + 1 : 3))))

{
  echo "### Preview of \`$STACK\`"
  echo
  if [ "$status" -ne 0 ]; then
    echo "**The preview failed** (exit code $status)."
    echo
  fi
  echo "$fence"
  cat preview.cut
  echo
  echo "$fence"
  if [ "$total" -gt "$limit" ]; then
    echo "The first $limit of $total bytes; the job's log has the full output."
  fi
} >"$BODY_FILE"
cat preview.txt
exit "$status"
