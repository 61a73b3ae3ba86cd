/**
 * The user data of an instance: a short bash script that fetches the host bundle under its digest and runs its
 * installer. It holds no secret. Whatever fails, the launch is abandoned with the reason on the console: an instance
 * without its drain must never take a job.
 */
import { PATHS, type HostConfig } from "../../contract/actions-runner-pool/host";
import { shellQuote as quote } from "../shared/shell-quote";
import { METADATA, PATIENTLY, SAY, SIGNED, awsDomain, s3Url, type BundleLocation } from "../shared/user-data";

/** Renders the script. The same input gives the same bytes. Check the length against USER_DATA_LIMIT_BYTES. */
export function renderUserData(config: HostConfig, bundle: BundleLocation): string {
  const archive = config.runnerArchive;
  return `#!/bin/bash
# Installs the runner's host configuration and hands over to runner-agent.service. Fails closed.
set -Eeuo pipefail
umask 022
imds=http://169.254.169.254/latest
bundle_url=${quote(s3Url(config.region, bundle))}
bundle_sha256=${quote(bundle.sha256)}
autoscaling_url=${quote(`https://autoscaling.${config.region}.${awsDomain(config.region)}/`)}
region=${quote(config.region)}
launch_hook=${quote(config.launchHook)}
terminate_hook=${quote(config.terminateHook)}
home=${quote(PATHS.home)}
config=${quote(PATHS.config)}
export RUNNER_HOME=${quote(PATHS.runner)} RUNNER_USER=${quote(config.runnerUser)}
export RUNNER_ARCHIVE_URL=${quote(archive?.url ?? "")} RUNNER_ARCHIVE_SHA256=${quote(archive?.sha256 ?? "")}

${SAY}
${METADATA}
${SIGNED}
${PATIENTLY}
# HOOK RESULT
complete() {
  local instance
  instance=$(metadata instance-id) || return
  signed autoscaling "$autoscaling_url" -f -o /dev/null \\
    --data-urlencode Action=CompleteLifecycleAction --data-urlencode Version=2011-01-01 \\
    --data-urlencode ${quote(`AutoScalingGroupName=${config.group}`)} \\
    --data-urlencode "LifecycleHookName=$1" \\
    --data-urlencode "InstanceId=$instance" --data-urlencode "LifecycleActionResult=$2"
}

fail() {
  trap - ERR
  set +e
  say "bootstrap failed: $1"
  rm -f "$home.tar"
  patiently complete "$launch_hook" ABANDON || say "the launch could not be abandoned; its hook times out instead"
  # Nothing that could drain was installed, so nobody else would end the termination that follows.
  patiently complete "$terminate_hook" CONTINUE
  exit 1
}
trap 'fail "step at line $LINENO"' ERR

fetch() {
  signed s3 "$bundle_url" -f -o "$home.tar" \\
    -H 'x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
}

mkdir -p "$(dirname "$config")" "$home" || fail "$config: no room or not writable"
cat >"$config" <<'CONFIG' || fail "$config: no room or not writable"
${JSON.stringify(config)}
CONFIG
patiently fetch || fail "$bundle_url could not be downloaded to $home.tar"
echo "$bundle_sha256  $home.tar" | sha256sum --check --status || fail "$bundle_url has the wrong SHA-256, expected $bundle_sha256"
tar -xf "$home.tar" -C "$home" --no-same-owner || fail "$home.tar could not be unpacked"
rm -f "$home.tar"
if ! bash "$home/install.sh" >&2 2>"$home/install.log"; then
  cat "$home/install.log" >&2
  fail "install.sh: $(tail -n 3 "$home/install.log" | tr '\\n' ' ')"
fi
say "installed; runner-agent.service takes over"
`;
}
