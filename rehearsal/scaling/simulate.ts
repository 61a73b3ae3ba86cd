/** One simulated day: a load, a rule, and what came of it. The loop of events is the only clock. */
import { MAX_TERMINATIONS } from "../../functions/actions-runner-pool/scale/act";
import { Boots, type BootLaw } from "./boots";
import { Draws, STREAM } from "./draws";
import { EventLoop } from "./event-loop";
import { GitHub, type QueuedJob } from "./github";
import { type Instance, SimulatedGroup } from "./group";
import { SimulatedLedger } from "./ledger";
import type { Run } from "./load";
import { DAY, SIGNALS } from "./parameters";
import type { Rule } from "./rules";

export interface Conditions {
  seed: number;
  boots: BootLaw;
  outage: boolean;
}

export interface Outcome {
  /** Billed seconds, until the last job has ended. */
  cost: number;
  launches: number;
  jobs: number;
  /** Jobs that had not ended after two days. */
  lost: number;
  /** Seconds from created to started, by job; infinite for a job that never started. */
  waits: number[];
  /** The same without the time in which GitHub was down. */
  netWaits: number[];
  /** Longest time in seconds, outside an outage, for which fewer instances were desired than jobs waited and ran in truth. */
  behind: number;
  /** Seconds from the last job's end until the desired capacity is what an empty queue asks for; undefined if it is not within an hour. */
  settled: number | undefined;
}

const END_OF_THE_NEXT_DAY = 2 * DAY * 1000;
const AN_HOUR = 3_600_000;
/** Capacity is no limit in these loads. */
const MAX_SIZE = 100_000;

export function simulateDay(runs: readonly Run[], rule: Rule, { seed, boots, outage }: Conditions): Outcome {
  const loop = new EventLoop();
  const draws = (stream: number) => new Draws(seed, stream);
  const shortage = new Shortage(loop);
  let passPending = false;

  const group: SimulatedGroup = new SimulatedGroup(loop, new Boots(boots, draws(STREAM.boots)), {
    online: (runner) => gitHub.online(runner),
    offline: (runner) => gitHub.offline(runner),
  });
  const pass = () => {
    passPending = false;
    if (!rule.pass) return;
    const { desired } = group;
    const instances = [...group.instances.values()];
    const fleet = { desired, minSize: 0, maxSize: MAX_SIZE, instances, failedLaunches: group.takeFailures() };
    const decision = rule.pass(ledger.read(), fleet, loop.now);
    const terminated = decision.terminate.slice(0, MAX_TERMINATIONS);
    for (const id of terminated) group.terminate(id);
    if (terminated.length === MAX_TERMINATIONS) loop.after(SIGNALS.again * 1000, pass);
    if (decision.desired !== undefined) group.setDesired(decision.desired);
    observe();
  };
  const ledger = new SimulatedLedger(loop, draws(STREAM.deliveries), () => {
    if (passPending) return;
    passPending = true;
    loop.after(SIGNALS.pass * 1000, pass);
  });
  const terminateWhenIdle = (runner: Instance) => {
    const idleTime = ++runner.idleTimes;
    if (rule.selfTermination === undefined) return;
    loop.after(rule.selfTermination * 1000, () => {
      if (!runner.busy && runner.idleTimes === idleTime) group.terminate(runner.id);
    });
  };
  const observe = () => shortage.observe(gitHub.waiting + gitHub.running > group.desired && !gitHub.down);
  const heard = (event: "queued" | "started" | "completed") => (job: QueuedJob) => {
    ledger.deliver(event, job);
    observe();
  };
  const gitHub: GitHub = new GitHub(
    loop,
    draws(STREAM.assignment),
    {
      queued: heard("queued"),
      started: heard("started"),
      completed: heard("completed"),
      // Only instances of the group are runners here.
      idle: (runner) => terminateWhenIdle(runner as Instance),
    },
    runs,
  );

  every(loop, SIGNALS.reconcile, () => ledger.reconcile(gitHub.open()));
  const lateness = draws(STREAM.schedule);
  every(loop, SIGNALS.schedule, () => loop.after(lateness.between(0, SIGNALS.jitter * 1000), pass));
  if (outage) scheduleOutage(loop, gitHub, ledger);
  group.setDesired(rule.initial);
  const finished = loop.runUntil(() => gitHub.finished && loop.now > 0, END_OF_THE_NEXT_DAY);
  const outcome = { cost: group.cost(), launches: group.launches, jobs: gitHub.jobs.length, lost: finished ? 0 : gitHub.open().length };
  const end = loop.now;
  const settled = loop.runUntil(() => group.desired === rule.initial, end + AN_HOUR);
  return {
    ...outcome,
    ...waitsOf(gitHub.jobs, outage),
    behind: shortage.longest / 1000,
    settled: settled ? (loop.now - end) / 1000 : undefined,
  };
}

function every(loop: EventLoop, seconds: number, act: () => void): void {
  loop.after(seconds * 1000, () => {
    act();
    every(loop, seconds, act);
  });
}

function scheduleOutage(loop: EventLoop, gitHub: GitHub, ledger: SimulatedLedger): void {
  const set = (down: boolean) => () => {
    gitHub.down = ledger.down = down;
    gitHub.assign();
  };
  loop.at(SIGNALS.outage.from * 1000, set(true));
  loop.at(SIGNALS.outage.to * 1000, set(false));
}

function waitsOf(jobs: readonly QueuedJob[], outage: boolean): Pick<Outcome, "waits" | "netWaits"> {
  const [from, to] = [SIGNALS.outage.from * 1000, SIGNALS.outage.to * 1000];
  const overlap = (start: number, end: number) => (outage ? Math.max(0, Math.min(end, to) - Math.max(start, from)) : 0);
  const waits: number[] = [];
  const netWaits: number[] = [];
  for (const { createdAt, waitedUntil = Infinity } of jobs) {
    waits.push((waitedUntil - createdAt) / 1000);
    netWaits.push((waitedUntil - createdAt - overlap(createdAt, waitedUntil)) / 1000);
  }
  return { waits, netWaits };
}

/** How long the desired capacity stays below the truth. */
class Shortage {
  longest = 0;
  private since: number | undefined;

  constructor(private readonly loop: EventLoop) {}

  observe(short: boolean): void {
    if (this.since !== undefined) this.longest = Math.max(this.longest, this.loop.now - this.since);
    this.since = short ? (this.since ?? this.loop.now) : undefined;
  }
}
