#!/bin/sh
# Installs what the real-systemd parts of the rehearsal and the tests need: machines (systemd-nspawn), their image
# (mmdebstrap), their networks (iproute2), the linter for shell scripts (shellcheck), the virtual environment of the AWS CLI
# (python3-venv) and the rights of users (sudo). For Debian and Ubuntu, as root.
# Does nothing, and uses no network, if everything is already installed.
set -eu

say() { printf 'install-system-packages: %s\n' "$*"; }

# "command:package". mmdebstrap needs gpg to find the right key, and the keyring below, because Ubuntu has no Debian keys.
wanted='systemd-nspawn:systemd-container mmdebstrap:mmdebstrap shellcheck:shellcheck ip:iproute2 curl:curl
  sudo:sudo nsenter:util-linux flock:util-linux setpriv:util-linux journalctl:systemd gpg:gpg openssl:openssl'
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
missing=''
for pair in $wanted; do
  command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair#*:}"
done
# Debian's Python can import venv, but without this package it cannot install pip into the environment.
python3 -c 'import venv, ensurepip' >/dev/null 2>&1 || missing="$missing python3-venv"
[ -e "$keyring" ] || missing="$missing debian-archive-keyring"

if [ -z "$missing" ]; then
  say 'nothing to do'
  exit 0
fi
# shellcheck disable=SC2086 # a list of package names
missing=$(printf '%s\n' $missing | sort -u | tr '\n' ' ')

if [ "$(id -u)" -ne 0 ]; then
  say "missing: $missing- run this script as root, or rehearse with --hosts simulated" >&2
  exit 1
fi
if ! command -v apt-get >/dev/null 2>&1; then
  say "missing: $missing- there is no apt-get; install them manually, or rehearse with --hosts simulated" >&2
  exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
quietly() {
  # 120 s: another apt may hold the lock, as in the first minutes of a cloud machine.
  if ! DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 "$@" >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    return 1
  fi
}
say "installing: $missing"
# An unreachable source must not block the others; if it is needed, the installation fails.
quietly update || say 'apt-get update failed; continuing with the existing package lists' >&2
# shellcheck disable=SC2086 # a list of package names
quietly install -y --no-install-recommends $missing
say 'done'
