#!/bin/bash
# Saves the current PATH for the service in `.path`, and environment variables that jobs need in `.env`.

echo "$PATH" >.path
touch .env
for name in LANG JAVA_HOME ANT_HOME M2_HOME ANDROID_HOME; do
  if [ -n "${!name}" ] && ! grep -q "^$name=" .env; then
    echo "$name=${!name}" >>.env
  fi
done
