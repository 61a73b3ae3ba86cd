#!/bin/bash
# Puts the official runner and a private Node in place, then lets the agent install the rest. Run as root by the user
# data, with RUNNER_HOME, RUNNER_USER, RUNNER_ARCHIVE_URL and RUNNER_ARCHIVE_SHA256 in the environment (no URL: the
# runner is on the image already). Safe to repeat. Any failure ends it with the reason on standard error.
set -Eeuo pipefail
umask 022
PATH=$PATH:/usr/sbin:/sbin
: "${RUNNER_HOME:?}" "${RUNNER_USER:?}" "${RUNNER_ARCHIVE_URL=}" "${RUNNER_ARCHIVE_SHA256=}"
home=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
archive=$home/runner.tar.gz
trap 'rm -f "$archive"' EXIT

fail() {
  echo "$*" >&2
  exit 1
}

# GitHub's release host may be slow or away for a moment: 5 tries, each at most 10 minutes and giving up below 1 KB/s.
download() {
  local try
  for try in 1 2 3 4 5; do
    curl -fsSL --connect-timeout 10 --max-time 600 --speed-limit 1024 --speed-time 30 -o "$archive" "$1" && return
    sleep $((try * 2))
  done
  return 1
}

if ! id -u "$RUNNER_USER" >/dev/null 2>&1; then
  useradd --create-home --shell /bin/bash "$RUNNER_USER" || fail "user $RUNNER_USER could not be created"
fi

if [ -n "$RUNNER_ARCHIVE_URL" ] && [ ! -e "$RUNNER_HOME/.archive-$RUNNER_ARCHIVE_SHA256" ]; then
  download "$RUNNER_ARCHIVE_URL" || fail "$RUNNER_ARCHIVE_URL could not be downloaded to $archive"
  echo "$RUNNER_ARCHIVE_SHA256  $archive" | sha256sum --check --status ||
    fail "$RUNNER_ARCHIVE_URL has the wrong SHA-256, expected $RUNNER_ARCHIVE_SHA256"
  mkdir -p "$RUNNER_HOME"
  tar -xzf "$archive" -C "$RUNNER_HOME" --no-same-owner || fail "$archive could not be unpacked to $RUNNER_HOME"
  rm -f "$archive"
  touch "$RUNNER_HOME/.archive-$RUNNER_ARCHIVE_SHA256"
fi
[ -e "$RUNNER_HOME/bin/runsvc.sh" ] || fail "$RUNNER_HOME holds no runner: give its version and SHA-256, or an image that has it"

# The agent runs on a copy of the runner's own Node, taken before any job could touch it; the runner's may change later.
if [ ! -x "$home/node" ]; then
  for node in "$RUNNER_HOME"/externals/node24/bin/node "$RUNNER_HOME"/externals/node20/bin/node; do
    [ -e "$node" ] || continue
    cp -L "$node" "$home/node.new"
    chmod 0755 "$home/node.new"
    "$home/node.new" --version >/dev/null 2>&1 || continue
    mv "$home/node.new" "$home/node"
    break
  done
fi
rm -f "$home/node.new"
[ -x "$home/node" ] || fail "$RUNNER_HOME/externals holds no Node that runs on this machine"

# .NET needs ICU; server images of Ubuntu have it, smaller ones may not. The runner's own script does not know Amazon
# Linux. No -q: it would end ldconfig by a broken pipe, which looks like a library that is not there.
if ! ldconfig -p | grep libicuuc >/dev/null; then
  if grep -qE '^ID="?amzn"?$' /etc/os-release 2>/dev/null; then
    dnf install -y libicu >&2 || fail "libicu could not be installed"
  elif [ -x "$RUNNER_HOME/bin/installdependencies.sh" ]; then
    "$RUNNER_HOME/bin/installdependencies.sh" >&2 || fail "the runner's dependencies could not be installed"
  fi
fi

chown -R "$RUNNER_USER": "$RUNNER_HOME"
chown -R root:root "$home"
"$home/node" "$home/agent.cjs" install
