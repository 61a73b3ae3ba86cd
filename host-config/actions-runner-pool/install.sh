#!/bin/bash
# The installer: puts the official runner and a private copy of Node.js in place, then runs `agent.cjs prepare`, which prepares
# the machine as the stack asks, and `agent.cjs install`, which writes and starts the units.
#
# Started by: the user data, as root, once at the first boot. It is no systemd unit. Environment: RUNNER_HOME,
# RUNNER_USER, RUNNER_ARCHIVE_URL, RUNNER_ARCHIVE_SHA256, RUNNER_INSTANCE (the instance's id), RUNNER_AUTHORITIES (a PEM file
# of private authorities, or empty). Without a URL the runner must already be on the image. The variables of a proxy are for its downloads
# and those of the preparation.
#
# Failure: the first failed step ends it with a non-zero exit code and the reason on standard error. The user data shows
# the last three lines on the console and abandons the launch.
#
# Killed: the user data abandons the launch. A second run is safe. Before the last step it skips what is complete; after
# it a job may have run, so it only repeats that step and touches nothing in RUNNER_HOME. If that step ended half-way, the
# runner is taken for another machine's: it is installed anew, or refused.
#
# AWS and the instance metadata: not used here. It downloads the runner's archive, and libicu where that is missing.
#
# Bounds: the archive gets 5 tries of at most 10 minutes each, with pauses of 2 to 10 s. A try gives up after 10 s
# without a connection, or after 30 s below 1 KB/s. The preparation has setupTimeout. Nothing else has a timeout; the launch hook's is the last resort.
#
# Gotchas:
# - The archive is unpacked only if its SHA-256 matches. The file .archive-SHA256 marks a complete unpacking.
# - Everything in this folder belongs to root, everything in RUNNER_HOME to the job's user. This script runs files of
#   RUNNER_HOME as root and writes there as root, so only where no job can have run. The agent's install command records the
#   instance in installed-on (PATHS.installedOn) before the agent starts.
# - An image made from a machine of a pool carries that machine's record, unit and registration, its authorities, and files of its jobs.
#   The authorities are removed; the runner on it is replaced by the pinned one, or else refused. Releases up to 0.2.0 wrote no record, and a job can remove the
#   registration, but not the unit. A folder without any of them is the image's own: it may hold an .env for jobs.
# - docs/operations.md lists each reason passed to fail; test/docs/operations.test.ts compares the two.
set -Eeuo pipefail
umask 022
PATH=$PATH:/usr/sbin:/sbin
: "${RUNNER_HOME:?}" "${RUNNER_USER:?}" "${RUNNER_INSTANCE:?}" "${RUNNER_ARCHIVE_URL=}" "${RUNNER_ARCHIVE_SHA256=}" "${RUNNER_AUTHORITIES=}"
home=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
archive=$home/runner.tar.gz
trap 'rm -f "$archive"' EXIT

fail() {
  echo "$*" >&2
  exit 1
}

# GitHub's release host, or the proxy before it, may be slow or unavailable for a moment. Leaves curl's words in $said.
download() {
  local try
  for try in 1 2 3 4 5; do
    said=$(curl -fsSL --connect-timeout 10 --max-time 600 --speed-limit 1024 --speed-time 30 -o "$archive" "$1" 2>&1) && return
    # The lines below it are advice, for which the reason has no room.
    said=${said%%$'\n'*}
    sleep $((try * 2))
  done
  return 1
}

# FOLDER SUFFIX: one file per certificate, because Debian's tool skips a file with several.
split_authorities() {
  local line number=0
  rm -f "$1"/ci-runners-*"$2"
  while IFS= read -r line; do
    [ "$line" != '-----BEGIN CERTIFICATE-----' ] || number=$((number + 1))
    echo "$line" >>"$1/ci-runners-$number$2" || return
  done <"$RUNNER_AUTHORITIES"
}

# The system's store serves .NET, of which the runner is made, git, curl and the agent. Node.js of JavaScript actions has its
# own: the runner's unit names the file to it.
trust_authorities() {
  if command -v update-ca-certificates >/dev/null; then
    split_authorities /usr/local/share/ca-certificates .crt && update-ca-certificates >&2
  elif command -v update-ca-trust >/dev/null; then
    split_authorities /etc/pki/ca-trust/source/anchors .pem && update-ca-trust extract >&2
  else
    echo "neither update-ca-certificates nor update-ca-trust is on the image" >&2
    return 1
  fi
}

installed_on=
[ ! -e "$home/installed-on" ] || installed_on=$(cat "$home/installed-on")
if [ "$installed_on" = "$RUNNER_INSTANCE" ]; then
  "$home/node" "$home/agent.cjs" install
  exit
fi
if [ -n "$installed_on" ] || [ -e "$RUNNER_HOME/.runner" ] || [ -e /etc/systemd/system/actions-runner.service ]; then
  [ -n "$RUNNER_ARCHIVE_URL" ] ||
    fail "$RUNNER_HOME on this image was used by the runner of another machine: use an image that never was in a pool, or set runner.version and runner.sha256"
  rm -rf "$RUNNER_HOME" "$home/node"
  # What its pool trusted, this one need not trust.
  if compgen -G '/usr/local/share/ca-certificates/ci-runners-*' || compgen -G '/etc/pki/ca-trust/source/anchors/ci-runners-*'; then
    RUNNER_AUTHORITIES=${RUNNER_AUTHORITIES:-/dev/null}
  fi >/dev/null
fi

# Before this script's downloads, which may come from a host that only they certify.
[ -z "$RUNNER_AUTHORITIES" ] || trust_authorities || fail "the private authorities could not be added to the system's store"

if ! id -u "$RUNNER_USER" >/dev/null 2>&1; then
  useradd --create-home --shell /bin/bash "$RUNNER_USER" || fail "user $RUNNER_USER could not be created"
fi

if [ -n "$RUNNER_ARCHIVE_URL" ] && [ ! -e "$RUNNER_HOME/.archive-$RUNNER_ARCHIVE_SHA256" ]; then
  download "$RUNNER_ARCHIVE_URL" || fail "$RUNNER_ARCHIVE_URL could not be downloaded to $archive: $said"
  echo "$RUNNER_ARCHIVE_SHA256  $archive" | sha256sum --check --status ||
    fail "$RUNNER_ARCHIVE_URL has the wrong SHA-256, expected $RUNNER_ARCHIVE_SHA256"
  mkdir -p "$RUNNER_HOME"
  tar -xzf "$archive" -C "$RUNNER_HOME" --no-same-owner || fail "$archive could not be unpacked to $RUNNER_HOME"
  rm -f "$archive"
  touch "$RUNNER_HOME/.archive-$RUNNER_ARCHIVE_SHA256"
fi
[ -e "$RUNNER_HOME/bin/runsvc.sh" ] ||
  fail "$RUNNER_HOME contains no runner: set runner.version and runner.sha256, or use an image that contains it"

# The agent runs on a copy of the runner's Node.js, taken before any job can touch it. The runner may replace its own.
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
[ -x "$home/node" ] || fail "$RUNNER_HOME/externals contains no Node.js that runs on this machine"

# What the stack asks of the machine besides the runner. Standard output is its progress, standard error the reason.
"$home/node" "$home/agent.cjs" prepare

# .NET needs ICU. Ubuntu's server images contain it, smaller images may not. The runner's own script does not support
# Amazon Linux. No grep -q: it would end ldconfig with a broken pipe, which looks like a missing library.
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
