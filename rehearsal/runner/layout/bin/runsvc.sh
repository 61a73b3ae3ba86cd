#!/bin/bash
# Started by the service unit: runs RunnerService.js as a child and forwards a stop request to it as SIGINT.
# Runs in the folder that the archive was unpacked into (the unit's WorkingDirectory).

if [ -f .path ]; then
  PATH=$(cat .path)
  export PATH
fi

service_pid=
forward() { kill -INT "$service_pid"; }
trap forward TERM INT

./externals/node20/bin/node ./bin/RunnerService.js &
service_pid=$!

# A trapped signal ends the first wait early; the second one waits until the child exits and keeps its exit code.
wait "$service_pid"
trap - TERM INT
wait "$service_pid"
