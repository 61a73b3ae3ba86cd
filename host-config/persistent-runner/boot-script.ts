/**
 * The boot script: fetches what the machine is started for, and what it then runs, and hands over to the agent. It is all that a machine
 * keeps for the next version of itself, so it does as little as possible.
 *
 * Unit: ci-runners-boot.service, as root, at each boot. Written by the user data on the first day, and by each installation anew.
 *
 * Life cycle:
 *   1. On a machine that was never prepared, arm firstBootTimeout; the session's limit is a unit of its own.
 *   2. Poll the secret with the order (`ci-runners-order/NAME`), and delete it: it has the runner's credentials.
 *      Only this instance can open it, by its tag. Without an order within orderTimeout the machine stays up for the idle stop, so that an operator
 *      can log in; one that was never prepared goes on until firstBootTimeout.
 *   3. Fetch bundle, configuration and setup script by digest. The user data is that of the machine's first day, so the order says which, and the
 *      configuration says by when a preparation has to be done, and by which proxy the rest is fetched.
 *   4. Run install.sh, which puts the runner in place, then `agent.cjs boot`, which does the rest.
 *
 * Failure: the reason is on the console, and in the lease if the agent is there. The unit fails, which switches the machine off.
 *
 * Killed: the same. AWS or the metadata does not answer: a request to the metadata may take 2 s, one to AWS 60 s (5 s to connect). The
 * order is asked for every 2 s; a download is tried 8 times within about 70 s. A proxy, or authorities, of before that lead nowhere any more:
 * each try without success is followed by one without them.
 *
 * Gotchas:
 *   - JSON is read by patterns: nothing but bash and coreutils is certain on the first day. Text in text has its quotes escaped, so no value can
 *     look like a key. Variables of jobs can have a key's name, so they are left out.
 *   - Nothing is written to a disk unless it has changed: one that a job has filled must not keep the agent from making room.
 *   - Credentials go to curl on its standard input, because any local user can read the arguments of a process.
 *   - test/docs compares the reasons passed to `fail` with the operating guide.
 */
import { FORCE_OFF_AFTER, type PersistentHostConfig, PERSISTENT_PATHS, PERSISTENT_UNITS } from "../../contract/persistent-runner/host";
import { persistentRunnerNames } from "../../contract/persistent-runner/names";
import { PERSISTENT_TIMING } from "../../contract/persistent-runner/timing";
import { partitionOf } from "../../contract/aws/partitions";
import { HOST_PATHS } from "../../contract/shared/host-paths";
import { shellQuote as quote } from "../shared/shell-quote";
import { exportProxy, FETCH, METADATA, RETRY, serviceUrl, SIGNED_JSON, TRUST_IN_CURL } from "../shared/user-data";

/** What of the configuration is written into the script. */
export type BootFacts = Pick<PersistentHostConfig, "name" | "region" | "firstBootTimeout" | "idleStopTimeout" | "proxy">;

const ORDER_INTERVAL = 2;
/** Not on the disk: one that is full must not hide the reason. */
export const INSTALL_LOG = "/run/ci-runners-install.log";

/**
 * Switches the machine off after firstBootTimeout, whatever hangs, first in order and a minute later at once. Needs none of our files:
 * it is also the first command of the user data. Each reload of systemd begins the time anew.
 */
export function limitFirstBoot(): string {
  const unit = PERSISTENT_UNITS.firstBoot.replace(/\.timer$/, "");
  // Without semicolons and quotes: after a reload systemd 252 has a backslash before each semicolon, so that all of it would be one echo.
  const commands = [
    "echo ci-runners: not prepared within firstBootTimeout: switching off",
    "systemctl --no-block --job-mode=replace-irreversibly start poweroff.target",
    `sleep ${FORCE_OFF_AFTER}`,
    "systemctl poweroff -ff",
  ];
  return `# SECONDS
limit_first_boot() {
  systemctl --quiet is-active ${PERSISTENT_UNITS.firstBoot} && return
  systemd-run --quiet --unit=${unit} --on-active="$1" --timer-property=AccuracySec=1s \\
    --timer-property=DefaultDependencies=no --property=DefaultDependencies=no --property=StandardOutput=journal+console \\
    /bin/sh -c "${commands.join(" || true && ")}"
}
`;
}

/** Of JSON as AWS and this component write it. */
const JSON_FUNCTIONS = `# NAME JSON: an object without objects in it.
object() {
  grep -oE '"'"$1"'" *: *\\{[^{}]*\\}' <<<"$2" | sed -E '1!d; s/^[^{]*\\{(.*)\\}$/\\1/' || true
}

# NAME JSON: a text, of which quotes, slashes and backslashes may be escaped.
text() {
  grep -oE '"'"$1"'" *: *"([^"\\]|\\\\.)*"' <<<"$2" | sed -E '1!d; s/^"[^"]*" *: *"(.*)"$/\\1/; s/\\\\(["\\/])/\\1/g' || true
}

# NAME JSON
number() {
  grep -oE '"'"$1"'" *: *[0-9]+' <<<"$2" | sed -E '1!d; s/^.*: *//' || true
}
`;

export function bootScript(facts: BootFacts): string {
  const { region, name, idleStopTimeout } = facts;
  const { orderTimeout } = PERSISTENT_TIMING;
  const secrets = serviceUrl("secretsmanager", region);
  const dns = `s3.${region}.${partitionOf(region).dnsSuffix}`;
  return `#!/bin/bash
# Fetches what this machine is started for, and hands over to the agent. Fails closed: the machine goes off.
set -Eeuo pipefail
umask 022
imds=http://169.254.169.254/latest
region=${quote(region)}
secrets_url=${quote(secrets)}
secret=${quote(persistentRunnerNames(name).orderSecret)}
home=${quote(PERSISTENT_PATHS.home)}
config=${quote(PERSISTENT_PATHS.config)}
order=${quote(PERSISTENT_PATHS.order)}
prepared=${quote(PERSISTENT_PATHS.prepared)}
script=$home${HOST_PATHS.setupScript.slice(PERSISTENT_PATHS.home.length)}
problem=/run/ci-runners/order-problem
fetched=/run/ci-runners/config.json
export RUNNER_AUTHORITIES=${quote(PERSISTENT_PATHS.authorities)}
${exportProxy(facts.proxy, [secrets, `https://${dns}/`])}
# The unit has console and journal.
say() {
  echo "ci-runners: $*" >&2
}

fail() {
  trap - ERR
  set +e
  say "boot failed: $1"
  if [ -x "$home/node" ] && [ -e "$config" ] && [ -e "$order" ]; then "$home/node" "$home/agent.cjs" failed "$1"; fi
  exit 1
}
trap 'fail "step at line $LINENO"' ERR

${METADATA}
${SIGNED_JSON}
${RETRY}
${FETCH}
${JSON_FUNCTIONS}
# OBJECT
url() {
  echo "https://$(text bucket "$1").${dns}/$(text key "$1")"
}

# FILE: replaced at once, or not at all.
replace() {
  mv -f "$1.new" "$1" || fail "$1: disk full or not writable"
}

take_order() {
  local reply
  target=secretsmanager.GetSecretValue
  reply=$(signed secretsmanager "$secrets_url" "{\\"SecretId\\":\\"$secret\\"}" -f 2>"$problem") || return
  reply=$(text SecretString "$reply")
  [ -n "$reply" ] || return
  (umask 077 && printf '%s\\n' "$reply" >"$order.new") || return
  replace "$order"
}

# Best effort: the reaper deletes what is left of it, too.
delete_order() {
  local try
  target=secretsmanager.DeleteSecret
  for try in 1 2 3; do
    signed secretsmanager "$secrets_url" "{\\"SecretId\\":\\"$secret\\",\\"ForceDeleteWithoutRecovery\\":true}" -f -o /dev/null --max-time 5 && return
    sleep "$try"
  done
  say "the order could not be deleted"
}

# What the proxy and the authorities of the last preparation have set.
directly() {
  unset http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY CURL_CA_BUNDLE
}

# FILE SHA256
holds() {
  echo "$2  $1" | sha256sum --check --status 2>/dev/null
}

${limitFirstBoot()}
mkdir -p "$home" "$(dirname "$order")" "$(dirname "$config")" "$(dirname "$prepared")" || fail "$home: disk full or not writable"
rm -f "$order"
[ -e "$prepared" ] || limit_first_boot ${facts.firstBootTimeout} || fail "firstBootTimeout could not be armed"
if [ -s "$RUNNER_AUTHORITIES" ]; then
${TRUST_IN_CURL.replace(/^(?=.)/gm, "  ")}fi

until take_order; do
  if [ -n "\${http_proxy-}\${https_proxy-}\${CURL_CA_BUNDLE-}" ] && (directly && take_order); then
    say "the order was reached only without the proxy and the authorities of the last preparation"
    directly
    break
  fi
  if [ -e "$prepared" ] && [ "$SECONDS" -ge ${orderTimeout} ]; then
    say "no order within ${orderTimeout} s, staying for an operator until the idle stop after ${idleStopTimeout} s: $(tail -n 1 "$problem")"
    exit 0
  fi
  sleep ${ORDER_INTERVAL}
done
delete_order
reply=$(cat "$order")
bundle=$(object bundle "$reply")
bundle_sha256=$(text sha256 "$bundle")
configuration=$(object configuration "$reply")
bucket=$(text bucket "$configuration")

mark=$home/bundle
if [ "$(cat "$mark" 2>/dev/null || true)" != "$bundle_sha256" ]; then
  fetch "$(url "$bundle")" "$bundle_sha256" "$home.tar"
  # A machine whose power is cut from here on fetches it again.
  rm -f "$mark"
  tar -xf "$home.tar" -C "$home" --no-same-owner || fail "$home.tar could not be unpacked"
  rm -f "$home.tar"
  # The mark must not outlive what it vouches for if the power is cut.
  sync -f "$home"
  echo "$bundle_sha256" >"$mark" || fail "$mark: disk full or not writable"
fi
if ! holds "$config" "$(text sha256 "$configuration")"; then
  fetch "$(url "$configuration")" "$(text sha256 "$configuration")" "$fetched"
  cp "$fetched" "$config.new" || fail "$config: disk full or not writable"
  replace "$config"
fi
# Without the variables of jobs, whose names may be those of keys.
json=$(sed -E 's/"jobEnvironment" *: *\\{("([^"\\]|\\\\.)*"|[^{}"])*\\}//' "$config")
# Not what the machine began with: the configuration may have been corrected since.
limit=$(number firstBootTimeout "$json")
if [ ! -e "$prepared" ] || [ "$(text purpose "$reply")" != run ]; then
  systemctl stop ${PERSISTENT_UNITS.firstBoot} 2>/dev/null || true
  limit_first_boot "$limit" || fail "firstBootTimeout could not be armed"
fi
proxy=$(object proxy "$json")
for scheme in http https; do
  value=$(text "$scheme" "$proxy")
  unset "\${scheme}_proxy" "\${scheme^^}_PROXY"
  [ -z "$value" ] || export "\${scheme}_proxy=$value" "\${scheme^^}_PROXY=$value"
done
setup=$(object script "$json")
if [ -n "$setup" ] && ! holds "$script" "$(text sha256 "$setup")"; then
  install -d -m 0700 "$(dirname "$script")" || fail "$script: disk full or not writable"
  fetch "https://$bucket.${dns}/$(text key "$setup")" "$(text sha256 "$setup")" "$script.new"
  chmod 0700 "$script.new"
  replace "$script"
fi
if ! bash "$home/install.sh" "$config" >&2 2>${INSTALL_LOG}; then
  cat ${INSTALL_LOG} >&2
  fail "install.sh: $(tail -n 3 ${INSTALL_LOG} | tr '\\n' ' ')"
fi
# It writes its own reason.
trap - ERR
exec "$home/node" "$home/agent.cjs" boot
`;
}
