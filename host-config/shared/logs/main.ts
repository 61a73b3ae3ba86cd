/**
 * The shipper: delivers the logs of the host to its stream in CloudWatch Logs, where they outlive it. Nothing of the pool depends on
 * it: jobs, drain and termination go on without.
 *
 * Unit: runner-logs.service. Restart=on-failure after 1 s, without a limit.
 *
 * Life cycle: every 5 s a pass over the sources, most important first, 2 MiB at most: the journal of root's programs, the listener's log,
 * the rest of the journal (what jobs write in these units), the runner's diagnostic logs. A position moves after acceptance.
 * A POST to its socket delivers everything up to then (the completion asks for it, LAST_FLUSH_MS at most), and so does SIGTERM. While a return to
 * the warm pool is marked no reader of diagnostics starts.
 *
 * Killed: the next one goes on at the saved positions. What the host logged since the last pass, 5 s at most, is lost only if the
 * host itself is killed. Some lines may be delivered twice.
 *
 * CloudWatch Logs does not answer, or refuses: again after 1 to 30 s, without a limit. Journal and files are the buffer, as long as they keep what
 * was not delivered. After 5 min it is logged and counted, and every 5 min. A missing stream is made, a missing group is not: it is the stack's.
 *
 * Gotchas:
 *   - It logs into the journal that it delivers: a line for each pass would never end.
 *   - Nothing of a job's is read as root, but what journald and systemd have written down.
 *   - Its standard error belongs to root in the journal: pass it on to no process of the job's user.
 */
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { HOST_PATHS } from "../../../contract/shared/host-paths";
import type { HostLogging, HostProxy } from "../../../contract/shared/host-setup";
import { HOST_UNITS } from "../../../contract/shared/host-units";
import { monotonicClock } from "../clock";
import type { Log } from "../ports/log";
import { proxyAgent } from "../proxy/agent";
import { hostClient } from "../sdk-client";
import { LAST_FLUSH_MS } from "./bounds";
import { DiagnosticsSource, readerCommand } from "./diagnostics-source";
import { flushServer, listenOn } from "./flush-server";
import { journalSource } from "./journal";
import { listenerSource } from "./listener-file";
import { Shipper } from "./shipper";
import { stateFile } from "./state";
import { logStream } from "./stream";

/** Of the user data's output, with all that the preparation of the machine has written. From cloud-init 24.3 on one process runs all its stages. */
const BOOTSTRAP = ["cloud-final.service", "cloud-init-main.service"];

export interface ShipperHost {
  logs: HostLogging;
  region: string;
  /** Of the pool's own calls. */
  proxy?: HostProxy;
  instanceId: string;
  /** Units of the component whose journal is delivered. */
  units: readonly string[];
  /** Standard output of the listener, root's; absent: it is in the journal of its unit. */
  listenerLog?: string;
  /** The job's user, as whom its runner's diagnostic logs are read. */
  user: string;
  /** False while no process of that user may start. */
  mayRead(): boolean;
  /** Command line of the agent, without its command. */
  agent: readonly string[];
  log: Log;
  /** Counts a failure to deliver. */
  count(): Promise<void>;
}

/** Whose journal is delivered, of root's programs and of others. */
function journalUnits(ofComponent: readonly string[]): string[] {
  return [...ofComponent, ...Object.values(HOST_UNITS), ...BOOTSTRAP];
}

/** The command of runner-logs.service. Runs until SIGTERM. */
export async function shipLogs(host: ShipperHost): Promise<void> {
  const { logs, log, instanceId, mayRead } = host;
  const { now } = Date;
  const state = stateFile(HOST_PATHS.logState, instanceId, log);
  const units = journalUnits(host.units);
  const diagnostics = new DiagnosticsSource({ command: readerCommand(host.user, host.agent), positions: state, now, mayRead });
  const sources = [
    journalSource({ writers: "root", units, positions: state }),
    ...(host.listenerLog === undefined ? [] : [listenerSource({ path: host.listenerLog, positions: state, now })]),
    journalSource({ writers: "others", units, positions: state }),
    ...(logs.diagnostics ? [diagnostics] : []),
  ];
  const client = hostClient(CloudWatchLogsClient, host.region, {}, proxyAgent(host.proxy));
  const stream = logStream({ client, group: logs.group, stream: instanceId, log, now });
  const shipper = new Shipper({ sources, stream, state, clock: monotonicClock(), log, count: host.count });
  const server = flushServer((signal) => shipper.flush(signal));
  await listenOn(server, HOST_PATHS.logSocket);
  if (logs.diagnostics) diagnostics.start();
  log.info("delivering the host's logs", { group: logs.group });
  await untilTerminated(() => shipper.tick());
  // Removes its socket: a caller from now on need not wait for an answer.
  server.close();
  await shipper.flush(AbortSignal.timeout(LAST_FLUSH_MS));
  diagnostics.stop();
}

async function untilTerminated(tick: () => Promise<number>): Promise<void> {
  let wake = () => {};
  let terminated = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => ((terminated = true), wake()));
  while (!terminated) {
    const pause = await Promise.race([tick(), new Promise<number>((resolve) => (wake = () => resolve(0)))]);
    if (!terminated && pause > 0) await new Promise<void>((resolve) => ((wake = resolve), setTimeout(resolve, pause)));
  }
}
