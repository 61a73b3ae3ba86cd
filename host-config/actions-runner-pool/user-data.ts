/**
 * The user data of an instance: a bash script that writes the host's configuration, downloads the host bundle, checks
 * its digest and runs its installer. It contains no secret.
 *
 * Started by: cloud-init as root, once per instance, at the first boot. It is no unit of ours; on later boots systemd
 * starts the units that the installer enabled. An instance of a warm pool therefore installs when it enters the pool.
 * cloud-init can be made to run it again (`cloud-init clean`, scripts-user "always"). It then does nothing: a job may be
 * running, and it must complete no lifecycle action of an instance whose agent is in charge.
 *
 * Life cycle: runs while the launch waits for its lifecycle hook.
 *   1. Read the instance's id, and end here if this machine was installed as that instance (PATHS.installedOn).
 *   2. Write HostConfig to PATHS.config, and private authorities to PATHS.authorities. From here on curl trusts them, besides
 *      those of the image: also the download of the bundle may pass a proxy that inspects TLS.
 *   3. Download the bundle from S3, with a request signed by the instance profile. By the proxy, if there is one, only with
 *      awsByProxy; the metadata never.
 *   4. Compare its SHA-256 with the one in this script; only then unpack it to PATHS.home. Likewise the setup script, if the
 *      pool has one, to HOST_PATHS.setupScript.
 *   5. Run install.sh, with its standard error in INSTALL_LOG. It starts runner-agent.service. The agent registers the runner and continues the launch.
 *
 * Failure: every failed step ends in `fail`. It writes `ci-runners: bootstrap failed: REASON` to the console, completes
 * the launch hook with ABANDON and the terminate hook of the termination that follows with CONTINUE, because no agent
 * is there to do so. An instance that cannot drain must never take a job.
 *
 * Killed, or the machine stops: nothing reports it. The launch hook times out after launchTimeout, and its default
 * result, ABANDON, ends the instance.
 *
 * Metadata or AWS does not answer: a metadata request may take 2 s, a signed request 60 s (5 s to connect). The
 * download and both completions are tried 8 times with pauses of 2, 4, 6 and four times 15 s. A launch that cannot be
 * abandoned is ended by its hook's timeout.
 *
 * Bounds: 16,384 bytes (USER_DATA_LIMIT_BYTES), comments in the script included. The script as a whole has no timeout.
 *
 * Gotchas:
 *   - A change of the rendered text is a new version of the launch template, which starts an instance refresh.
 *   - Every value goes through shellQuote. The configuration is a quoted here-document: nothing in it is expanded.
 *   - Credentials go to curl on its standard input, because any local user can read the arguments of a process.
 *   - It needs bash, curl, coreutils, sed and tar. The signature is computed in bash: no curl before 7.87 makes one that S3 accepts.
 *   - docs/operations.md lists each reason passed to `fail`; test/docs/operations.test.ts compares the two.
 *   - The tests run this script against a loopback server and replace addresses and folders in it by their exact text.
 */
import { PATHS, type HostConfig } from "../../contract/actions-runner-pool/host";
import { HOST_PATHS } from "../../contract/shared/host-paths";
import { shellQuote as quote } from "../shared/shell-quote";
import {
  FETCH,
  METADATA,
  RETRY,
  SAY,
  SIGNED,
  type BundleLocation,
  encode,
  exportProxy,
  s3Url,
  serviceUrl,
  writeAuthorities,
} from "../shared/user-data";

/** Not on the disk: one that the setup has filled must not hide the reason. */
export const INSTALL_LOG = "/run/ci-runners-install.log";

/**
 * Renders the script. The same input gives the same bytes. Check the length against USER_DATA_LIMIT_BYTES.
 *
 * @param authorities PEM text, or empty; with `config.privateAuthorities`
 */
export function renderUserData(config: HostConfig, bundle: BundleLocation, authorities = ""): string {
  const archive = config.runnerArchive;
  return `#!/bin/bash
# Installs the runner's host configuration and hands over to runner-agent.service. Fails closed.
set -Eeuo pipefail
umask 022
imds=http://169.254.169.254/latest
bundle_url=${quote(s3Url(config.region, bundle))}
bundle_sha256=${quote(bundle.sha256)}
autoscaling_url=${quote(serviceUrl("autoscaling", config.region))}
region=${quote(config.region)}
# Encoded for a form.
group=${quote(encode(config.group))}
launch_hook=${quote(encode(config.launchHook))}
terminate_hook=${quote(encode(config.terminateHook))}
home=${quote(PATHS.home)}
config=${quote(PATHS.config)}
export RUNNER_HOME=${quote(PATHS.runner)} RUNNER_USER=${quote(config.runnerUser)}
export RUNNER_ARCHIVE_URL=${quote(archive?.url ?? "")} RUNNER_ARCHIVE_SHA256=${quote(archive?.sha256 ?? "")}
${exportProxy(config.proxy, [s3Url(config.region, bundle), serviceUrl("autoscaling", config.region)])}
${SAY}
${METADATA}
${SIGNED}
${RETRY}
# INSTANCE: whether the installation of this machine has finished, so that its agent is in charge.
installed() {
  [ "$(cat "$home${PATHS.installedOn.slice(PATHS.home.length)}" 2>/dev/null)" = "$1" ]
}

# HOOK RESULT
complete() {
  local instance form='Action=CompleteLifecycleAction&Version=2011-01-01'
  instance=$(metadata instance-id) || return
  installed "$instance" && return
  form+="&AutoScalingGroupName=$group&LifecycleHookName=$1&InstanceId=$instance&LifecycleActionResult=$2"
  signed autoscaling "$autoscaling_url" "$form" -f -o /dev/null
}

fail() {
  trap - ERR
  set +e
  say "bootstrap failed: $1"
  rm -f "$home.tar"
  retry complete "$launch_hook" ABANDON || say "the launch could not be abandoned; its hook times out instead"
  # No agent is installed, so nothing else would complete the termination that follows.
  retry complete "$terminate_hook" CONTINUE
  exit 1
}
trap 'fail "step at line $LINENO"' ERR

${FETCH}
instance=$(retry metadata instance-id) || fail "the instance's id could not be read from the metadata"
if installed "$instance"; then
  say "already installed, nothing to do"
  exit 0
fi
export RUNNER_INSTANCE=$instance
mkdir -p "$(dirname "$config")" "$home" || fail "$config: disk full or not writable"
cat >"$config" <<'CONFIG' || fail "$config: disk full or not writable"
${JSON.stringify(config)}
CONFIG
${authorities === "" ? "" : writeAuthorities(PATHS.authorities, authorities)}fetch "$bundle_url" "$bundle_sha256" "$home.tar"
tar -xf "$home.tar" -C "$home" --no-same-owner || fail "$home.tar could not be unpacked"
rm -f "$home.tar"
${config.script === undefined ? "" : fetchScript(config, { ...config.script, bucket: bundle.bucket })}if ! bash "$home/install.sh" >&2 2>${INSTALL_LOG}; then
  cat ${INSTALL_LOG} >&2
  fail "install.sh: $(tail -n 3 ${INSTALL_LOG} | tr '\\n' ' ')"
fi
say "installed; runner-agent.service takes over"
`;
}

/** Root's alone: a script may name what a job must not know. */
function fetchScript({ region }: HostConfig, script: BundleLocation): string {
  return `script=$home${HOST_PATHS.setupScript.slice(PATHS.home.length)}
install -d -m 0700 "$(dirname "$script")" || fail "$script: disk full or not writable"
fetch ${quote(s3Url(region, script))} ${quote(script.sha256)} "$script"
chmod 0700 "$script"
`;
}
