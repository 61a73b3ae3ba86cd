#!/bin/bash
# The official script installs what .NET needs (libicu, krb5, zlib, openssl, lttng-ust). These programs run on Node,
# so there is nothing to install; like the official script, this one requires root.

if [ "$(id -u)" -ne 0 ]; then
  echo "Need to run with sudo privilege"
  exit 1
fi
echo "Finish Install Dependencies"
