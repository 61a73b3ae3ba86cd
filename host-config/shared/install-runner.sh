#!/bin/bash
# Functions of the installers: each puts one thing in place that a runner's machine needs, or ends the installer with the reason.
#
# Sourced by: install.sh of a component's bundle, as root. It uses home (the folder of the installed programs), archive (where the
# runner's archive may be stored), RUNNER_HOME, RUNNER_USER, RUNNER_ARCHIVE_URL, RUNNER_ARCHIVE_SHA256 and RUNNER_AUTHORITIES.
#
# Bounds: the archive gets 5 tries of at most 10 minutes each, with pauses of 2 to 10 s. A try gives up after 10 s
# without a connection, or after 30 s below 1 KB/s. Nothing else has a timeout.
# shellcheck disable=SC2154

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

# Whether certificates of an earlier installation are in the system's store.
trusts_former_authorities() {
  compgen -G '/usr/local/share/ca-certificates/ci-runners-*' >/dev/null || compgen -G '/etc/pki/ca-trust/source/anchors/ci-runners-*' >/dev/null
}

create_user() {
  id -u "$RUNNER_USER" >/dev/null 2>&1 && return
  useradd --create-home --shell /bin/bash "$RUNNER_USER" || fail "user $RUNNER_USER could not be created"
}

# The pinned archive, as $archive.
fetch_runner() {
  download "$RUNNER_ARCHIVE_URL" || fail "$RUNNER_ARCHIVE_URL could not be downloaded to $archive: $said"
  echo "$RUNNER_ARCHIVE_SHA256  $archive" | sha256sum --check --status ||
    fail "$RUNNER_ARCHIVE_URL has the wrong SHA-256, expected $RUNNER_ARCHIVE_SHA256"
}

# FOLDER: the pinned archive, unpacked as root's.
unpack_runner() {
  fetch_runner
  mkdir -p "$1"
  tar -xzf "$archive" -C "$1" --no-same-owner || fail "$archive could not be unpacked to $1"
  rm -f "$archive"
}

# FOLDER: the agent runs on a copy of the runner's Node.js, taken before any job can touch it. The runner may replace its own.
copy_node() {
  local node
  for node in "$1"/externals/node24/bin/node "$1"/externals/node20/bin/node; do
    [ -e "$node" ] || continue
    cp -L "$node" "$home/node.new"
    chmod 0755 "$home/node.new"
    "$home/node.new" --version >/dev/null 2>&1 || continue
    mv "$home/node.new" "$home/node"
    break
  done
  rm -f "$home/node.new"
  [ -x "$home/node" ] || fail "$1/externals contains no Node.js that runs on this machine"
}

# FOLDER: .NET needs ICU. Ubuntu's server images contain it, smaller images may not. The runner's own script does not support
# Amazon Linux. No grep -q: it would end ldconfig with a broken pipe, which looks like a missing library.
install_icu() {
  if ldconfig -p | grep libicuuc >/dev/null; then return; fi
  if grep -qE '^ID="?amzn"?$' /etc/os-release 2>/dev/null; then
    dnf install -y libicu >&2 || fail "libicu could not be installed"
  elif [ -x "$1/bin/installdependencies.sh" ]; then
    "$1/bin/installdependencies.sh" >&2 || fail "the runner's dependencies could not be installed"
  fi
}
