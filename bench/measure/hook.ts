import { PATHS, type HostConfig } from "../../contract/actions-runner-pool/host";
import type { LivePool } from "../../rehearsal/scenarios/actions-runner-pool/live-pool";
import type { Samples } from "../results";

/** What the comparison needs in the machines besides the usual packages. */
export const CLI_PACKAGES = ["awscli"] as const;

/**
 * The usual way, at its best: nothing has to be found out, and `exec` spares a process. The variables say where AWS is
 * and whom to trust, which a real instance has in its configuration.
 */
const cliHook = ({ region, group }: HostConfig, instance: string) => `#!/bin/bash
export AWS_DEFAULT_REGION=${region} AWS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt
exec aws autoscaling set-instance-protection --auto-scaling-group-name '${group}' --instance-ids ${instance} --protected-from-scale-in
`;

/** Both by turns in one shell; prints a pair of microseconds a line. */
const comparison = (user: string, pairs: number) => `set -eu
as() { setpriv --reuid="$1" --regid="$1" --init-groups bash -e "$2"; }
ours() { as '${user}' ${PATHS.jobStartedHook}; }
cli() { as root /root/cli-hook.sh; }
ours; cli # Once for the caches of files and names.
for _ in $(seq ${pairs}); do
  sleep 0.3 # What our hook has left to the background, or a tick of the agent, shall not meet the other's time.
  a=$EPOCHREALTIME; ours; b=$EPOCHREALTIME
  sleep 0.3
  c=$EPOCHREALTIME; cli; d=$EPOCHREALTIME
  echo "$((\${b/./} - \${a/./})) $((\${d/./} - \${c/./}))"
done
`;

/** Our hook against the same act done the usual way, in one machine of the pool. */
export async function measureHook(pool: LivePool, instance: string, pairs: number): Promise<Samples> {
  const config = JSON.parse(await pool.sh(instance, `cat ${PATHS.config}`)) as HostConfig;
  await put(pool, instance, "/root/cli-hook.sh", cliHook(config, instance));
  await put(pool, instance, "/root/compare.sh", comparison(config.runnerUser, pairs));
  const lines = (await pool.sh(instance, "bash /root/compare.sh")).split("\n").map((line) => line.split(" ").map(Number));
  const succeeded = pool.events.filter(
    (event) =>
      event.kind === "api-call" &&
      event.action === "autoscaling:SetInstanceProtection" &&
      event.instance === instance &&
      event.outcome === "ok",
  );
  // A hook that fails fast would look like a good one; bash's `set -e` covers the exit code, this what it was for.
  if (succeeded.length < pairs) throw new Error(`the AWS CLI set protection ${succeeded.length} times in ${pairs} rounds`);
  return { "hook.ours": lines.map(([ours]) => ours! / 1000), "hook.cli": lines.map(([, cli]) => cli! / 1000) };
}

/** What real jobs had of it, off the timeline: their hook's duration, and when the agent's call had protected them. */
export function hookOfJobs(pool: LivePool): Samples {
  const jobs = pool.environment.github.jobs();
  const protectedAfter = jobs.flatMap(({ runnerName, acquiredAt }) => {
    const call = pool.events.find((event) => {
      return (
        event.kind === "api-call" &&
        event.action === "autoscaling:SetInstanceProtection" &&
        event.outcome === "ok" &&
        event.instance === runnerName &&
        event.at >= acquiredAt!
      );
    });
    return call && acquiredAt !== undefined ? [call.at - acquiredAt] : [];
  });
  return { "hook.job": jobs.flatMap(({ hooks }) => hooks.started ?? []), "hook.protected": protectedAfter };
}

async function put(pool: LivePool, instance: string, path: string, text: string): Promise<void> {
  await pool.sh(instance, `cat >${path} <<'END-OF-FILE'\n${text}END-OF-FILE`);
}
