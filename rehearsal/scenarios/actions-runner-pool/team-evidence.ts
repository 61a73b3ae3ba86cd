import type { RehearsalEnvironment } from "../../environment/rehearsal-environment";
import { DockerMode } from "../../../components/shared/host-args/docker";
import { watchContainers } from "./job-containers";
import { poolConfiguration } from "./pool-configuration";
import { hostLogFigures, proxyFigures, type TeamFigures } from "./team-figures";

/** Watches what a run shows of a team's options. Call the result at the end. Simulated hosts have none of what would be watched. */
export function teamEvidence(environment: RehearsalEnvironment): () => Promise<TeamFigures> {
  const { context, hosts, stack, proxy, hostLogs } = environment;
  if (hosts === "simulated") return async () => ({});
  const pool = poolConfiguration(stack);
  const containers = pool.docker === DockerMode.Rootless ? watchContainers(environment) : undefined;
  return async () => ({
    ...(pool.hostLogs ? { hostLogs: hostLogFigures(context.timeline.events, hostLogs?.() ?? new Map()) } : {}),
    ...(pool.proxyHost === undefined
      ? {}
      : {
          proxied: proxyFigures(
            (proxy?.requests ?? []).map(({ target }) => target),
            pool.awsByProxy,
          ),
        }),
    ...(containers ? { containers: await containers() } : {}),
  });
}
