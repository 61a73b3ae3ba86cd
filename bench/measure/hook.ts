import { PATHS, type HostConfig } from "../../contract/actions-runner-pool/host";
import type { LivePool } from "../../rehearsal/scenarios/actions-runner-pool/live-pool";
import type { Samples } from "../results";

/** The comparison needs this on the machines besides the usual packages. */
export const CLI_PACKAGES = ["awscli"] as const;

/**
 * The common solution, at its best: nothing has to be looked up, and `exec` saves a process. The variables select the
 * Region and the CA, which a real instance has in its configuration.
 */
const cliHook = ({ region, group }: HostConfig, instance: string) => `#!/bin/bash
export AWS_DEFAULT_REGION=${region} AWS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt
exec aws autoscaling set-instance-protection --auto-scaling-group-name '${group}' --instance-ids ${instance} --protected-from-scale-in
`;

/** Alternates both in one shell; prints a pair of durations in microseconds per line. */
const comparison = (user: string, pairs: number) => `set -eu
as() { setpriv --reuid="$1" --regid="$1" --init-groups bash -e "$2"; }
ours() { as '${user}' ${PATHS.jobStartedHook}; }
cli() { as root /root/cli-hook.sh; }
ours; cli # Once, to fill the caches of files and names.
for _ in $(seq ${pairs}); do
  sleep 0.3 # So that the background work of our hook, or a tick of the agent, does not overlap with the other measurement.
  a=$EPOCHREALTIME; ours; b=$EPOCHREALTIME
  sleep 0.3
  c=$EPOCHREALTIME; cli; d=$EPOCHREALTIME
  echo "$((\${b/./} - \${a/./})) $((\${d/./} - \${c/./}))"
done
`;

/** Our hook and the common solution, on one machine of the pool. */
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
  // A hook that fails fast would look good: bash's `set -e` checks the exit code, this checks the effect.
  if (succeeded.length < pairs) throw new Error(`the AWS CLI set protection ${succeeded.length} times in ${pairs} rounds`);
  return { "hook.ours": lines.map(([ours]) => ours! / 1000), "hook.cli": lines.map(([, cli]) => cli! / 1000) };
}

/** From real jobs on the timeline: their hook's duration, and the time until the agent's call had protected them. */
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
