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
# Bounds: those of install-runner.sh; the preparation has setupTimeout. Nothing else has a timeout; the launch hook's is the last resort.
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

# shellcheck source=host-config/shared/install-runner.sh
source "$home/install-runner.sh"

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
  if trusts_former_authorities; then RUNNER_AUTHORITIES=${RUNNER_AUTHORITIES:-/dev/null}; fi
fi

# Before this script's downloads, which may come from a host that only they certify.
[ -z "$RUNNER_AUTHORITIES" ] || trust_authorities || fail "the private authorities could not be added to the system's store"

create_user
if [ -n "$RUNNER_ARCHIVE_URL" ] && [ ! -e "$RUNNER_HOME/.archive-$RUNNER_ARCHIVE_SHA256" ]; then
  unpack_runner "$RUNNER_HOME"
  touch "$RUNNER_HOME/.archive-$RUNNER_ARCHIVE_SHA256"
fi
[ -e "$RUNNER_HOME/bin/runsvc.sh" ] ||
  fail "$RUNNER_HOME contains no runner: set runner.version and runner.sha256, or use an image that contains it"

[ -x "$home/node" ] || copy_node "$RUNNER_HOME"

# What the stack asks of the machine besides the runner. Standard output is its progress, standard error the reason.
"$home/node" "$home/agent.cjs" prepare

install_icu "$RUNNER_HOME"
chown -R "$RUNNER_USER": "$RUNNER_HOME"
chown -R root:root "$home"
"$home/node" "$home/agent.cjs" install
