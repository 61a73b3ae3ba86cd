#!/bin/bash
# The installer: puts the official runner and a private copy of Node.js in place. The agent does everything else.
#
# Started by: the boot script, as root, at each boot, with the path of the machine's configuration. It unpacks the runner at each of
# them.
#
# Failure: the first failed step ends it with a non-zero exit code and the reason on standard error. The boot script shows the last three
# lines on the console, and the machine goes off.
#
# Killed: the machine goes off. A second run is safe at any point: the jobs' work folder is in the runner's folder, or waits beside it for
# the new one.
#
# AWS and the instance metadata: not used here. It downloads the runner's archive, and libicu where that is missing.
#
# Bounds: those of install-runner.sh. Nothing else has a timeout; firstBootTimeout and maxSession are the last resort.
#
# Gotchas:
# - Once a job has run, everything in the runner's folder may be a job's, and the next one may be of another repository. So root neither runs
#   nor writes anything there, but replaces the folder as a whole at each boot, from an archive in this folder, which is root's.
# - The old runner goes before the new one comes, because jobs may have filled the disk.
# - Of the old runner only _work is kept: workspaces with what earlier runs have built there, which is what the machine is kept for.
set -Eeuo pipefail
umask 022
PATH=$PATH:/usr/sbin:/sbin
home=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
archive=$home/runner.tar.gz
trap 'rm -f "$archive"' EXIT
kept=$home/runner-kept.tar.gz

# shellcheck source=host-config/shared/install-runner.sh
source "$home/install-runner.sh"

# NAME JSON: as in the boot script.
object() {
  grep -oE '"'"$1"'" *: *\{[^{}]*\}' <<<"$2" | sed -E '1!d; s/^[^{]*\{(.*)\}$/\1/' || true
}
text() {
  grep -oE '"'"$1"'" *: *"([^"\]|\\.)*"' <<<"$2" | sed -E '1!d; s/^"[^"]*" *: *"(.*)"$/\1/; s/\\(["\/])/\1/g' || true
}

# Without the variables of jobs, whose names may be those of keys.
config=$(sed -E 's/"jobEnvironment" *: *\{("([^"\]|\\.)*"|[^{}"])*\}//' "$1")
pinned=$(object runnerArchive "$config")
RUNNER_HOME=${RUNNER_HOME:-/opt/actions-runner}
RUNNER_USER=$(text runnerUser "$config")
RUNNER_ARCHIVE_URL=$(text url "$pinned")
RUNNER_ARCHIVE_SHA256=$(text sha256 "$pinned")
RUNNER_AUTHORITIES=${RUNNER_AUTHORITIES:-/etc/ci-runners/authorities.pem}
mark=$home/runner-archive
work=$RUNNER_HOME.work

# Before this script's downloads, which may come from a host that only they certify. Their line feeds are escaped.
authorities=$(mktemp -p /run ci-runners-authorities.XXXXXX)
printf '%b' "$(text authorities "$config")" >"$authorities"
if ! cmp -s "$authorities" "$home/authorities"; then
  cp "$authorities" "$RUNNER_AUTHORITIES"
  # Without any, those of before are removed from the store.
  if [ -s "$RUNNER_AUTHORITIES" ] || trusts_former_authorities; then
    trust_authorities || fail "the private authorities could not be added to the system's store"
  fi
  cp "$RUNNER_AUTHORITIES" "$home/authorities"
fi
rm -f "$authorities"

create_user

# What the archive is of, and its digest.
known() {
  read -r of digest <"$mark" && [ "$of" = "$1" ] && echo "$digest  $kept" | sha256sum --check --status
} 2>/dev/null

# OF: keeps the archive for later boots. The mark must not outlive it if the power is cut.
keep_archive() {
  mv "$archive" "$kept"
  sync -f "$kept" || fail "$kept: disk full or not writable"
  echo "$1 $(sha256sum "$kept" | cut -d ' ' -f 1)" >"$mark.new"
  mv "$mark.new" "$mark"
}

get_archive() {
  rm -f "$mark"
  fetch_runner
  keep_archive "$RUNNER_ARCHIVE_SHA256"
}

# The image's own runner, before any job.
take_archive() {
  if [ -e "$mark" ] || [ -e "$kept" ]; then fail "$RUNNER_HOME is no longer the image's runner: set runner.version and runner.sha256"; fi
  [ -e "$RUNNER_HOME/run.sh" ] ||
    fail "$RUNNER_HOME contains no runner: set runner.version and runner.sha256, or use an image that contains it"
  tar -cf - -C "$RUNNER_HOME" --exclude=./_work --exclude=./_diag . | gzip -1 >"$archive" || fail "$archive: disk full or not writable"
  keep_archive image
}

# Its path is root's up to the runner's own folder, and renaming follows no link in that. A link in its place is a job's.
save_work() {
  if [ -d "$RUNNER_HOME/_work" ] && [ ! -L "$RUNNER_HOME/_work" ] && [ ! -e "$work" ]; then
    mv -T "$RUNNER_HOME/_work" "$work" || fail "$RUNNER_HOME/_work could not be kept"
  fi
}

replace_runner() {
  save_work
  rm -rf --one-file-system "$RUNNER_HOME.new" "$RUNNER_HOME"
  mkdir -p "$RUNNER_HOME.new"
  tar -xzf "$kept" -C "$RUNNER_HOME.new" --no-same-owner || fail "$kept could not be unpacked to $RUNNER_HOME.new"
  [ -e "$RUNNER_HOME.new/run.sh" ] || fail "$RUNNER_ARCHIVE_URL contains no runner"
  copy_node "$RUNNER_HOME.new"
  install_icu "$RUNNER_HOME.new"
  chown -R "$RUNNER_USER": "$RUNNER_HOME.new"
  # Until the work folder is in it, no one but root puts anything in its place.
  chown root: "$RUNNER_HOME.new"
  mv -T "$RUNNER_HOME.new" "$RUNNER_HOME"
  if [ -e "$work" ]; then
    # Of another user, if runner.user has changed.
    [ "$(stat -c %U "$work")" = "$RUNNER_USER" ] || chown -hR "$RUNNER_USER": "$work"
    mv -T "$work" "$RUNNER_HOME/_work" || fail "$RUNNER_HOME/_work could not be kept"
  fi
  chown "$RUNNER_USER": "$RUNNER_HOME"
}

if [ -n "$RUNNER_ARCHIVE_SHA256" ]; then
  known "$RUNNER_ARCHIVE_SHA256" || get_archive
else
  known image || take_archive
fi
replace_runner
