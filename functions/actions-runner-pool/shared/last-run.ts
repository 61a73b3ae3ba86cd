/** The run whose job an instance had last, as its hooks claimed it: for the log line of a job that is lost. */
import { LOG } from "../../../contract/actions-runner-pool/host";
import type { Clock } from "../../shared/lambda/clock";
import { type Fields, type Observer, reasonOf } from "../../shared/lambda/observer";
import { within } from "../../shared/lambda/timeout";
import type { HostLogPorts } from "./host-logs";

const BOUND_MS = 10_000;

/** Fields of a log line; none without the hosts' logs, and none if they cannot be read, which must not hide the loss itself. */
export async function lastRun(
  instanceId: string,
  { hostLogs, clock }: { hostLogs: HostLogPorts | undefined; clock: Clock },
  { log }: Observer,
): Promise<Fields> {
  if (hostLogs === undefined) return {};
  try {
    return await within(clock, "reading the instance's log", BOUND_MS, async (signal) => {
      // The diagnostics of a long job follow its start, and fill pages of their own.
      for await (const texts of hostLogs.pagesBackward(instanceId)) {
        const run = runIn(texts);
        if (run !== undefined) return run;
        signal.throwIfAborted();
      }
      return {};
    });
  } catch (error) {
    log.warn("the last job of an instance cannot be read from its log", { instanceId, reason: reasonOf(error) });
    return {};
  }
}

/** Of the last line of an agent about the start of a job. A job's own lines have no field `log`. Undefined without such a line. */
export function runIn(texts: readonly string[]): Fields | undefined {
  for (const text of [...texts].reverse()) {
    if (!text.includes(LOG.jobStarted)) continue;
    const { log } = parse(text);
    if (log?.["message"] !== LOG.jobStarted) continue;
    const { repository, run, job, url, time } = log;
    // A host that was killed at once has not delivered its last job's start: by the time a reader tells that it is an earlier one.
    return { repository: shown(repository), run: shown(run), job: shown(job), url: shown(url), startedAt: shown(time), claimed: true };
  }
  return undefined;
}

function parse(text: string): { log?: Record<string, unknown> } {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** Root on a host of the pool may have written anything. */
function shown(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value).slice(0, 300) : undefined;
}
