import type { WaitingJob } from "../../../shared/demand/source";
import type { FleetInstance, Memory } from "./types";

/** Milliseconds until a job may cause another substitute: as long as it has waited, within these limits. */
const SHORTEST_PAUSE = 15 * 60_000;
const LONGEST_PAUSE = 60 * 60_000;
/** Milliseconds without a substitute for any job, after one that took none. */
const FRUITLESS_PAUSE = 15 * 60_000;

type Substitutes = Pick<Memory, "substituteDue" | "substitutedAt">;

export interface Substitute {
  /** Whether one is needed now. */
  needed: boolean;
  /** For the memory, once it has been requested. */
  requested: Substitutes;
  /** For the memory, if it was not. */
  before: Substitutes;
}

/**
 * One launch for a runner that idles and takes no job. Without it such a runner would count as the one that the job waits for, until
 * someone looks. When the substitute has taken the job, the other has idled longest and leaves. Some jobs GitHub assigns to no runner
 * at all: for those it ignores the substitute, too, so that further ones come rarely, and for the first of many such jobs only. They
 * come one at a time, each for the oldest such job.
 *
 * @param ignored jobs that no idle runner takes.
 * @param hopeful whether an instance may yet take one: it boots, or has not idled for long.
 * @param waiting all jobs that wait.
 * @param busy instances with a job.
 */
export function substitute(
  ignored: readonly WaitingJob[],
  hopeful: boolean,
  waiting: readonly WaitingJob[],
  busy: readonly FleetInstance[],
  memory: Substitutes,
  now: number,
): Substitute {
  const { substituteDue = {}, substitutedAt = -Infinity } = memory;
  const due = Object.fromEntries(waiting.flatMap(({ id }) => (substituteDue[id] === undefined ? [] : [[id, substituteDue[id]]])));
  const fruitless = now - substitutedAt < FRUITLESS_PAUSE && !busy.some(({ since }) => since > substitutedAt);
  const before = remembered(due, fruitless ? substitutedAt : undefined);
  // The oldest gets the next runner.
  const job = ignored.find(({ id }) => now >= (due[id] ?? 0));
  if (hopeful || fruitless || job === undefined) return { needed: false, requested: before, before };
  const pause = Math.min(LONGEST_PAUSE, Math.max(SHORTEST_PAUSE, now - job.since));
  return { needed: true, requested: remembered({ ...due, [job.id]: now + pause }, now), before };
}

/** Small, and equal to a memory without any substitute if there was none. */
function remembered(substituteDue: Readonly<Record<string, number>>, substitutedAt: number | undefined): Substitutes {
  return {
    ...(Object.keys(substituteDue).length > 0 ? { substituteDue } : {}),
    ...(substitutedAt === undefined ? {} : { substitutedAt }),
  };
}

/**
 * The memory of a decision whose launch was not requested, because it failed or an operator has suspended it: a substitute that was
 * only decided must not count as one that took no job.
 */
export function withoutRequest(
  { substituteDue: _, substitutedAt: __, ...decided }: Memory,
  { substituteDue = {}, substitutedAt }: Memory,
): Memory {
  return { ...decided, ...remembered(substituteDue, substitutedAt) };
}
