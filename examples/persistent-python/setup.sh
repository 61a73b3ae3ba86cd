#!/bin/bash
# Runs as root at the first boot, and again on the same disk after each change: so it must be idempotent.
set -euo pipefail
[ -x /usr/bin/make ] || apt-get install -y make
