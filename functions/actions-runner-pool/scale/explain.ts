import type { WaitCause } from "../../../contract/workflow-jobs/ledger";
import type { WaitingJob } from "../../shared/demand/source";
import type { Observer } from "../../shared/lambda/observer";
import { attempt } from "./attempt";
import type { PassBound, ScalePorts } from "./ports";

/** Rows written a pass: 5,000 jobs that wait for the same reason are explained within 20 passes, the oldest first. */
const MAX_WRITES = 250;
/** Written at the same time. */
const BATCH = 10;
/** A batch takes some 10 ms. If the table is slow, what is left of the pass must still measure and save its memory. */
const TIME_MS = 10_000;
/** No batch begins in this time before the end of the pass: one that AWS throttles, and the saving of the memory, must end in it. */
const REST_MS = 3_000;

/** Records why each job waits, where that has changed, in its row and in one line of the log. */
export async function explain(
  ports: Pick<ScalePorts, "recordCause" | "clock">,
  waiting: readonly WaitingJob[],
  causes: Readonly<Record<string, WaitCause>>,
  now: number,
  observer: Observer,
  { signal, endsAt }: PassBound,
): Promise<void> {
  const changed = waiting.filter(({ id, cause }) => causes[id] !== cause).sort((a, b) => a.since - b.since);
  const until = Math.min(ports.clock.now() + TIME_MS, endsAt - REST_MS);
  const explainOne = async ({ id, since, repository, labels = [] }: WaitingJob): Promise<boolean> => {
    const cause = causes[id];
    const result = await attempt("recording why a job waits", { jobId: id }, observer, () => ports.recordCause(id, cause, now));
    // Logged only once recorded, or each pass would log it again.
    if (result !== "recorded" || cause === undefined) return result !== undefined;
    const waitedSeconds = Math.round((now - since) / 1000);
    observer.log.info("scale: a job waits", { jobId: id, repository, labels: labels.join(","), waitedSeconds, cause });
    return true;
  };
  for (let start = 0; start < Math.min(changed.length, MAX_WRITES); start += BATCH) {
    signal.throwIfAborted();
    if (ports.clock.now() >= until) break;
    const written = await Promise.all(changed.slice(start, start + BATCH).map(explainOne));
    // Throttled, most likely: the next pass goes on.
    if (written.includes(false)) break;
  }
}
