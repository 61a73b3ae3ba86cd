import { LOG } from "../../../contract/actions-runner-pool/host";
import type { TimelineEvent } from "../../timeline";
import type { JobContainers } from "./job-containers";

/** What a run shows of what a team puts on its machines; each only where the stack asks for it, and with real machines. */
export interface TeamFigures {
  hostLogs?: {
    /** Instances that delivered logs. */
    instances: number;
    /** Instances that were drained, and those of them whose logs reach to the end of their drain. */
    drained: number;
    complete: number;
  };
  proxied?: {
    /** Hosts that were reached by the proxy. */
    hosts: string[];
    /** Those that nothing may reach by it: AWS by the pool's own programs, and the instance's metadata. */
    astray: string[];
  };
  containers?: JobContainers;
}

/** @param streams lines by instance */
export function hostLogFigures(
  events: readonly TimelineEvent[],
  streams: ReadonlyMap<string, readonly string[]>,
): NonNullable<TeamFigures["hostLogs"]> {
  // A return to the warm pool also drains; its stream goes on, and has the line as well.
  const drained = new Set(
    events.flatMap((event) => (event.kind === "host-log" && event.message === LOG.drainEnded ? [event.instance] : [])),
  );
  const complete = [...drained].filter((instance) => streams.get(instance)?.some((line) => line.includes(`"${LOG.drainEnded}"`)));
  return { instances: streams.size, drained: drained.size, complete: complete.length };
}

/** @param targets `HOST:PORT` of each request that the proxy was asked for. */
export function proxyFigures(targets: readonly string[], awsByProxy: boolean): NonNullable<TeamFigures["proxied"]> {
  const hosts = [...new Set(targets.map((target) => target.replace(/:\d+$/, "")))].sort();
  const isMetadata = (host: string) => /^(169\.254\.|\[?fd00:ec2::)/i.test(host);
  return { hosts, astray: hosts.filter((host) => isMetadata(host) || (!awsByProxy && host.endsWith(".amazonaws.com"))) };
}

export function teamFailures({ hostLogs, proxied, containers }: TeamFigures): string[] {
  const failures: string[] = [];
  if (hostLogs && hostLogs.complete < hostLogs.drained) {
    failures.push(`the logs of ${hostLogs.drained - hostLogs.complete} of ${hostLogs.drained} drained instances end before their drain`);
  }
  if (hostLogs?.instances === 0) failures.push("no instance delivered its logs");
  if (proxied?.hosts.length === 0) failures.push("nothing went by the proxy");
  if (proxied && proxied.astray.length > 0) failures.push(`the proxy was asked for ${proxied.astray.join(", ")}`);
  if (containers?.checked === 0) failures.push("no machine could be asked for containers after a job");
  if (containers && containers.left.length > 0) failures.push(`containers outlived their jobs: ${containers.left.join(", ")}`);
  return failures;
}

/** Rows of the table. */
export function teamRows({ hostLogs, proxied, containers }: TeamFigures): [string, string][] {
  const rows: [string, string][] = [];
  if (containers) rows.push(["containers", `${containers.left.length} outlived their jobs, asked after ${containers.checked}`]);
  if (hostLogs) {
    const { instances, drained, complete } = hostLogs;
    rows.push(["host logs", `of ${instances} instances; complete for ${complete} of ${drained} that were drained`]);
  }
  if (proxied) rows.push(["by the proxy", proxied.hosts.join(", ")]);
  return rows;
}
