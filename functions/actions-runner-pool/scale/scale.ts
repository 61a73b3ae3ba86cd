/**
 * Scale function: makes the pool follow its queue, and records why each waiting job waits.
 *
 * ## Triggers
 *
 * - The rule `<pool>-demand`: the source of demand says that the queue has changed. The pass waits 1.2 s first, so that one pass
 *   reads what came within that second.
 * - The rule `<pool>-scale` every 60 s, or a manual invocation: whatever a lost event has left.
 * - The stack's invocation resource: writes, and with its deletion removes, the pool's registration at its source
 *   (register-pool.ts). trigger.ts recognizes it by its key `tf`.
 *
 * ## A pass
 *
 * 1. Takes the lease of the pool (lease.ts). If another invocation holds it, that one repeats its pass.
 * 2. Reads the queue (workflow-jobs-source.ts) and the group; the group's history only if an instance is missing, or has entered
 *    service and its boot is to be measured (launches.ts).
 * 3. Decides. policy/ is pure, and the simulation runs the same code.
 * 4. Acts (act.ts): raises the desired capacity; terminates idle instances, each with a decrement, through the terminate hook.
 * 5. Explains (explain.ts): a cause for each waiting job, in its row of the ledger and in a log line, when it changes.
 * 6. Measures (measure.ts), and leaves its memory to the next pass (memory.ts).
 *
 * ## Fallbacks
 *
 * - The queue cannot be read: the policy gets an empty one with a problem, so it holds what there is; floors still count. No metric
 *   of the queue is published.
 * - The history cannot be read: failed launches and boots are counted by a later pass.
 * - A call that changes something fails: logged, counted as `ScalerErrors`, and decided again by the next pass.
 * - The lease or the group cannot be read: the invocation fails, and nothing was changed. The next is due within 60 s.
 * - An operator has suspended Launch or Terminate: nothing is raised, or terminated. The log says so once.
 * - The process dies: its lease ends after 60 s. All that it changed was complete in itself.
 *
 * ## Bounds
 *
 * - 40 s an invocation from its start, in which passes repeat while they are asked for; the last one has 12 s more, and the function 60 s.
 * - A pass: 20 terminations, after which it asks for another one; 250 rows with a new cause within 10 s, and until 3 s before its end; 5 pages of 100 activities.
 *
 * ## Gotchas
 *
 * - Never lower the desired capacity by itself: Auto Scaling then chooses the instances, and knows nothing of jobs.
 * - An index of DynamoDB is eventually consistent, so a row may be missing in the pass that its signal caused.
 * - A running job that starts and ends between two passes leaves the list unseen: its wait is not measured. Passes follow each
 *   change within about two seconds, so these are jobs of a few seconds.
 * - Instances of the warm pool are not in the group: raising the desired capacity takes them before it launches others.
 */
import { TIMING } from "../../../contract/actions-runner-pool/timing";
import { type Observer, reasonOf } from "../../shared/lambda/observer";
import { MAX_TERMINATIONS, raise, terminateIdle } from "./act";
import { attempt } from "./attempt";
import { explain } from "./explain";
import { type FleetView, fleetView } from "./fleet";
import { launchNews } from "./launches";
import { measure } from "./measure";
import type { ScalerMemory } from "./memory";
import type { Group, PassBound, ScalePorts, ScaleSettings } from "./ports";
import { withoutRequest } from "./policy/substitute";
import { allowed } from "./suspended";

/**
 * Launches that failed earlier are no news: the history is read only while an instance is missing, and Auto Scaling has long replaced
 * what failed before. Two passes of the schedule.
 */
const LOOK_BACK_MS = 2 * TIMING.scaleInterval * 1000;

/** @returns the memory for the next pass. */
export async function scale(
  ports: ScalePorts,
  settings: ScaleSettings,
  memory: ScalerMemory,
  observer: Observer,
  bound: PassBound,
): Promise<ScalerMemory> {
  const { log } = observer;
  const { signal } = bound;
  const group = await ports.group(settings.group);
  if (!group) {
    log.warn("scale: the group does not exist; nothing to do", { group: settings.group });
    return memory;
  }
  let problem = "";
  const demand = await attempt("reading the queue", {}, observer, () =>
    ports.source.read(signal).catch((error: unknown) => {
      problem = `the queue could not be read: ${reasonOf(error)}`;
      throw error;
    }),
  );
  const known = demand ?? { waiting: [], running: [], completeAt: memory.completeAt ?? 0, problem };
  // After the reads, so that no age is negative.
  const now = ports.clock.now();
  const fleet = fleetView(group.members, known.running, memory, now);
  const failuresUpTo = Math.max(memory.failuresUpTo ?? 0, now - LOOK_BACK_MS);
  const launches = isNewsExpected(group, fleet)
    ? await attempt("reading the group's history", {}, observer, () => launchNews(ports, settings.group, fleet.unmeasured, failuresUpTo))
    : undefined;

  const decided = ports.decide(
    {
      demand: known,
      fleet: {
        desired: group.desired,
        minSize: group.minSize,
        maxSize: group.maxSize,
        instances: fleet.instances,
        failedLaunches: launches?.failed ?? 0,
        ...(launches?.lastFailure === undefined ? {} : { lastFailure: launches.lastFailure }),
      },
      scheduledFloor: settings.scheduledFloor(now),
      memory: memory.policy,
    },
    settings.scaling,
    now,
  );
  const decision = allowed(decided, group.suspended, known.waiting, fleet.instances);
  const { desired, terminate, held } = decision;
  if (held !== undefined && withoutNumbers(held) !== memory.held) log.warn("scale: holds", { reason: held });

  signal.throwIfAborted();
  const raised = desired !== undefined && (await raise(ports, settings.group, desired, observer));
  const terminated = await terminateIdle(ports, settings.group, terminate, fleet.instances, observer, signal);
  // More may idle, and in a quiet hour the next pass would come in a minute. If some calls failed, it had better.
  if (terminated === MAX_TERMINATIONS) {
    await attempt("asking for another pass", {}, observer, () => ports.ask(ports.clock.now()));
  }
  await explain(ports, known.waiting, decision.causes, now, observer, bound);
  const measured = measure({ now, memory, demand, fleet, launches, decision }, observer);
  return {
    policy: decided.desired === undefined || raised ? decided.memory : withoutRequest(decided.memory, memory.policy),
    instances: sightingsAfter(fleet, launches?.boots),
    measured,
    passedAt: now,
    failuresUpTo: launches?.failuresUpTo ?? failuresUpTo,
    completeAt: known.completeAt,
    ...(held === undefined ? {} : { held: withoutNumbers(held) }),
  };
}

/** A reason with an age in it stays the same reason. */
const withoutNumbers = (reason: string) => reason.replace(/\d+/g, "#");

/** An instance is missing, one that booted is gone, or a boot is to be measured. */
function isNewsExpected({ desired }: Group, { instances, lostBoot, unmeasured }: FleetView): boolean {
  return lostBoot || unmeasured.length > 0 || instances.filter(({ phase }) => phase !== "leaving").length < desired;
}

function sightingsAfter({ sightings }: FleetView, boots: ReadonlyMap<string, number> | undefined): ScalerMemory["instances"] {
  return Object.fromEntries(
    Object.entries(sightings).map(([id, { phase, since, unmeasured }]) => [
      id,
      { phase, since, ...(unmeasured && !boots?.has(id) ? { unmeasured } : {}) },
    ]),
  );
}
