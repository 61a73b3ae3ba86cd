/**
 * One state for all that can never behave differently: what no one reads any more has one value, and what is only compared with its equals
 * has one name.
 */
import { bootFailure, type Lease } from "../../../../contract/persistent-runner/lease";
import type { Item } from "../../../../functions/shared/ledger/attributes";
import type { Behaviours } from "./behaviour";
import { changed } from "./changed";
import { RUNS } from "./parts";
import { renamedObject, type Renaming } from "./renaming";
import { type Host, type ModelState, NO_CAPACITY, type Process, type Run, type RunIndex, WANTED } from "./state";
import { OLD } from "./time";

/** The lease's generation is always this. Requests that are under way may remember earlier ones, and 0 has a meaning of its own. */
const BASE = 10;
/** Stands for every generation before the lease's, where it only matters that it is past. */
const PAST = 0;

export function canonical(state: ModelState, behaviours: Behaviours): ModelState {
  const w = withoutIdle(state, behaviours);
  const reduced = withoutUnread(w, behaviours);
  const generation = Number(w.item?.["generation"] ?? 0);
  const renaming: Renaming = { by: generation === 0 ? 0 : BASE - generation, flip: reduced.launchedAt % 2 === 1, swap: isSwapped(reduced) };
  const to = renaming.by === 0 && !renaming.flip && !renaming.swap ? reduced : renamed(reduced, renaming, behaviours);
  return changed(to, { processes: to.processes.map((process) => ({ ...process, answers: behaviours.first(process, process.answers) })) });
}

/** Of the requests only those that may still change something. */
function withoutIdle(w: ModelState, behaviours: Behaviours): ModelState {
  if (w.processes.length === 0) return w;
  const processes = w.processes.flatMap((process) => behaviours.reduced(processOf(process, w.runs), w.item) ?? []);
  return changed(w, { processes });
}

function withoutUnread(w: ModelState, behaviours: Behaviours): ModelState {
  const generation = Number(w.item?.["generation"] ?? 0);
  const host = w.host && hostOf(w.host, w.ec2, generation);
  const runs = [runOf(w.runs[0], w), runOf(w.runs[1], w)] as const;
  const runner = isRunnerRead(w, behaviours) ? w.runner : null;
  const isNamed = (of: number) => of === generation || host?.generation === of || runs.some(({ label }) => label === of);
  return changed(w, {
    item: w.item && itemOf(w.item, host?.phase === "connecting" || host?.phase === "serving", runner === null),
    host,
    runs,
    runner,
    order: w.order === null || w.order === generation ? w.order : PAST,
    processes: w.processes.map((process) => processOf(process, runs)),
    launchedAt: launchOf(w, behaviours),
    reason: reasonOf(w),
    limit: w.limit !== null && isNamed(w.limit) ? w.limit : null,
    taken: w.taken === generation ? generation : null,
    started: w.started === generation && isStartRead(w) ? generation : PAST,
  });
}

/** By a start, and as long as a job is sent to it or at work on it; of others, whoever forgets them or has them removed at GitHub. */
function isRunnerRead({ item, host, runs, runner, processes }: ModelState, behaviours: Behaviours): boolean {
  if (runner === null) return false;
  const { phase, generation } = item ?? {};
  if (runner === generation && (phase === "starting" || phase === "ready")) return true;
  if (host?.phase === "working" || runs.some(({ label }) => label === runner)) return true;
  return processes.some(({ answers }) => behaviours.hasSeenReady(answers));
}

/** Whether the machine was started in this generation counts only for another start. */
function isStartRead({ item, late, processes }: ModelState): boolean {
  return item?.["phase"] === "starting" || late !== null || processes.some(({ kind }) => kind === "start");
}

/** A machine that goes off does nothing more, but a job at work on it is one until then. */
function hostOf(host: Host, ec2: ModelState["ec2"], generation: number): Host | null {
  if (ec2 === "stopping" && host.phase !== "working") return null;
  const isRead = ["ordered", "slow", "connecting", "serving", "working"].includes(host.phase);
  if (!isRead) return host.generation === null ? host : { ...host, generation: null };
  const isLate = host.phase === "ordered" || host.phase === "slow";
  return isLate && host.generation !== generation && host.generation !== PAST ? { ...host, generation: PAST } : host;
}

/** A run whose job can no longer begin will send its stop, and may so at once. */
function runOf(run: Run, { ec2, host, runner, item }: ModelState): Run {
  const { phase, label } = run;
  if (phase === "queued") {
    const serves = ec2 === "running" && host?.phase === "serving" && host.generation === label && runner === label;
    return serves ? run : { ...run, phase: "releasing", label: null };
  }
  if (phase !== "working") return label === null ? run : { ...run, label: null };
  return label === item?.["generation"] || label === host?.generation || label === runner ? run : { ...run, label: PAST };
}

/** A run that has gone on waits for no reply. */
function processOf(process: Process, runs: readonly [Run, Run]): Process {
  if (!process.awaited) return process;
  const { phase } = runs[process.run!];
  return phase === (process.kind === "start" ? "asking" : "releasing") ? process : { ...process, awaited: false };
}

/**
 * Its age is read while the machine waits for its order, or runs without a holder. Whether it is another one is read while a start is judged by
 * that, which a request that has seen the machine off may be about to begin.
 */
function launchOf({ item, ec2, host, order, launchedAt, processes }: ModelState, behaviours: Behaviours): number {
  const waits = (ec2 === "pending" || (ec2 === "running" && host?.phase === "booting")) && order === null;
  if (waits || (item?.["phase"] === "stopped" && item["holder"] === undefined && ec2 !== "stopped")) return launchedAt;
  const isJudged = item?.["phase"] === "starting" && item["startedAt"] !== undefined;
  if (isJudged || processes.some(({ answers }) => behaviours.hasSeenOff(answers))) return OLD + (launchedAt % 2);
  return OLD;
}

/** Only a start is judged by it, and to that all ends that someone wanted are the same. */
function reasonOf({ ec2, reason }: ModelState): string | null {
  if (ec2 === "running" || ec2 === "pending") return null;
  return reason === NO_CAPACITY && ec2 === "stopped" ? reason : WANTED;
}

const items = [0, 1, 2, 3].map(() => new WeakMap<Item, Item>());

function itemOf(item: Item, isServing: boolean, hasNoRunner: boolean): Item {
  const known = items[(isServing ? 1 : 0) + (hasNoRunner ? 2 : 0)]!;
  let found = known.get(item);
  if (found === undefined) known.set(item, (found = readOf(item, isServing, hasNoRunner)));
  return found;
}

function readOf(item: Item, isServing: boolean, hasNoRunner: boolean): Item {
  const { bootId: _, ...to } = item;
  const { phase, holder, startedAt } = item;
  // Its age is read where something is waited for.
  const isRead = { starting: startedAt === undefined, ready: isServing, stopping: true, stopped: holder !== undefined };
  if (!isRead[phase as keyof typeof isRead]) to["changedAt"] = OLD;
  if (phase !== "starting") delete to["launchedBefore"];
  if (bootFailure(item as unknown as Lease) === undefined) delete to["failure"];
  if (hasNoRunner && (phase === "stopping" || phase === "stopped")) delete to["runnerId"];
  // Once the runner was connected, it counts no more since when.
  if (to["connectedAt"] !== undefined) {
    to["connectedAt"] = OLD;
    to["foundReadyAt"] = OLD;
  }
  return to;
}

/** The two runs differ by their names only. */
function isSwapped({ runs, item, processes }: ModelState): boolean {
  const [first, second] = runs.map(orderOf) as [string, string];
  if (first !== second) return first > second;
  if (item?.["holder"] !== undefined) return item["holder"] === RUNS[1];
  const count = (run: number) => processes.filter((process) => process.run === run).length;
  return count(1) > count(0);
}

function orderOf({ phase, label, again }: Run): string {
  return `${phase} ${label} ${again}`;
}

function renamed(w: ModelState, renaming: Renaming, behaviours: Behaviours): ModelState {
  const moved = (value: number | null) => (value === null || value === PAST ? value : value + renaming.by);
  const other = (run: RunIndex | null) => (renaming.swap && run !== null ? ((1 - run) as RunIndex) : run);
  const runs = w.runs.map((run) => (run.label === null ? run : { ...run, label: moved(run.label) })) as [Run, Run];
  return changed(w, {
    item: w.item && renamedObject(w.item, renaming),
    launchedAt: renamedObject({ launchedAt: w.launchedAt }, renaming).launchedAt,
    host: w.host && { ...w.host, generation: moved(w.host.generation) },
    order: moved(w.order),
    runner: moved(w.runner),
    runs: renaming.swap ? [runs[1], runs[0]] : runs,
    processes: w.processes.map((process) => ({
      ...process,
      run: other(process.run),
      answers: behaviours.rename(process.answers, renaming),
      generation: moved(process.generation),
    })),
    late:
      w.late && (w.late.call === "start" ? { ...w.late, generation: moved(w.late.generation)! } : { ...w.late, run: other(w.late.run) }),
    started: moved(w.started)!,
    limit: moved(w.limit),
    taken: moved(w.taken),
  });
}
