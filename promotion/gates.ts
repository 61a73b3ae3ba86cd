import { type DeploymentInterval, minute, describeMoment } from "./deployment-history";
import { MAIN, isOlder } from "./pin";
import { short } from "./repository";
import { DAY } from "./stages";

/** In the order in which they are evaluated. */
export const GATES = ["order", "bake", "direction", "rehearsal"] as const;
export type GateName = (typeof GATES)[number];

export interface GateResult {
  gate: GateName;
  state: "open" | "closed" | "overridden" | "not evaluated";
  /** The reason; for a closed gate also how to open it. */
  reason: string;
  /** ISO 8601; only where time alone opens the gate. */
  opensAt?: string;
  /** The reason that was given for the override. */
  override?: string;
}

/** What git knows about one change of a pin. */
export interface Facts {
  /** The stage whose pin changes. */
  stage: string;
  from: string;
  to: string;
  /** Going back to an older release was requested. */
  rollback: boolean;
  /** The stage before, and when it ran the release; undefined for the first stage. */
  before: { stage: string; bake: number; deployments: readonly DeploymentInterval[] } | undefined;
  /** When the stage itself ran the release. */
  own: readonly DeploymentInterval[];
  /** The current time, in ms. */
  now: number;
}

/** A requested step to an older release: urgent, so it needs neither order nor bake. */
export const isRollback = ({ from, to, rollback }: Pick<Facts, "from" | "to" | "rollback">): boolean => rollback && goesBack(from, to);

const goesBack = (from: string, to: string): boolean => from !== MAIN && to !== MAIN && isOlder(to, from);

/** A release must have run in the stage before, and must not have been rolled back there. */
export function orderGate(facts: Facts): GateResult {
  const { before, to, stage } = facts;
  if (!before) return open("order", `${stage} is the first stage`);
  if (isRollback(facts)) return open("order", "a rollback does not need the stage before");
  const valid = before.deployments.filter((one) => !one.rolledBack);
  const latest = valid.at(-1);
  if (latest) {
    const { start, end } = latest;
    return open(
      "order",
      end
        ? `ran in ${before.stage} from ${describeMoment(start)} to ${describeMoment(end)}`
        : `runs in ${before.stage} since ${describeMoment(start)}`,
    );
  }
  const rolledBack = before.deployments.at(-1)?.rolledBack;
  const again = `promote it to ${before.stage} first`;
  if (rolledBack)
    return closed("order", `${to} was rolled back in ${before.stage}, to ${rolledBack.pin} by ${short(rolledBack.by.sha)}; ${again}`);
  return closed("order", `${to} has never run in ${before.stage}; ${again}`);
}

/** A release must have run in the stage before for long enough in one interval, counted from the merge that pinned it. */
export function bakeGate(facts: Facts): GateResult {
  const { before, to, now } = facts;
  if (!before) return open("bake", `${facts.stage} is the first stage`);
  if (isRollback(facts)) return open("bake", "a rollback does not wait");
  const required = span(before.bake);
  const valid = before.deployments.filter((one) => !one.rolledBack);
  if (valid.length === 0) return closed("bake", `${to} does not run in ${before.stage}; its ${required} there have not started`);

  const measurable = valid.filter((one) => one.start.at <= now && (one.end?.at ?? now) <= now);
  const lengths = measurable.map((one) => (one.end?.at ?? now) - one.start.at);
  const longest = lengths.indexOf(Math.max(...lengths));
  if (longest >= 0 && lengths[longest]! >= before.bake) {
    return open(
      "bake",
      `${span(lengths[longest]!)} in ${before.stage} since ${describeMoment(measurable[longest]!.start)}; ${required} required`,
    );
  }
  const current = valid.find((one) => !one.end);
  const fromTheFuture = [current?.start, ...valid.flatMap(({ start, end }) => (current ? [] : [start, end]))].find(
    (one) => one && one.at > now,
  );
  if (fromTheFuture) {
    return closed(
      "bake",
      `${short(fromTheFuture.dated.sha)} is dated ${minute(fromTheFuture.at)}, later than this machine's clock (${minute(now)}): ` +
        "correct the clock; if the commit's date is wrong, only --override helps",
    );
  }
  if (!current) {
    return closed(
      "bake",
      `${to} ran in ${before.stage} for ${span(Math.max(...lengths))} of ${required} and no longer runs there; promote it there again`,
    );
  }
  const opensAt = current.start.at + before.bake;
  const since = `${span(now - current.start.at)} of ${required} in ${before.stage} since ${describeMoment(current.start)}`;
  return { ...closed("bake", `${since}; opens ${minute(opensAt)}`), opensAt: new Date(opensAt).toISOString() };
}

/** Going back to an older release must be requested, and this stage must have run that release. */
export function directionGate(facts: Facts): GateResult {
  const { from, to, stage, own } = facts;
  if (from === MAIN || to === MAIN) return open("direction", `from ${from} to ${to}`);
  if (!goesBack(from, to)) return open("direction", `forwards from ${from} to ${to}`);
  if (!facts.rollback) return closed("direction", `${to} is older than ${from}, which ${stage} runs; to go back, pass --rollback`);
  const last = own.at(-1);
  if (!last) return closed("direction", `${to} has never run in ${stage}, so this is not a rollback`);
  return open("direction", `back from ${from} to ${to}, which ran in ${stage} since ${describeMoment(last.start)}`);
}

export const open = (gate: GateName, reason: string): GateResult => ({ gate, state: "open", reason });
export const closed = (gate: GateName, reason: string): GateResult => ({ gate, state: "closed", reason });

/** "6 d 23 h", "5 h 12 min" */
function span(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  const [d, h, min] = [Math.floor(ms / DAY), Math.floor(minutes / 60) % 24, minutes % 60];
  if (d > 0) return h > 0 ? `${d} d ${h} h` : `${d} d`;
  return h > 0 ? `${h} h ${min} min` : `${min} min`;
}
