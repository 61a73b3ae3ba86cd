import { TIMING } from "../../../contract/actions-runner-pool/timing";
import type { LifecycleState } from "../../../contract/aws/lifecycle";
import type { WaitCause } from "../../../contract/workflow-jobs/ledger";
import type { Activity } from "../../../functions/actions-runner-pool/shared/activities";
import { parseMemory } from "../../../functions/actions-runner-pool/scale/memory";
import type { Decision, ScalingSettings, ScalingState } from "../../../functions/actions-runner-pool/scale/policy/types";
import type { Group, GroupMember, ScalePorts } from "../../../functions/actions-runner-pool/scale/ports";
import { scale } from "../../../functions/actions-runner-pool/scale/scale";
import type { Demand, RunningJob, WaitingJob } from "../../../functions/shared/demand/source";
import { NAMES, POOL } from "./events";
import { ManualClock } from "./manual-clock";
import { RecordingObserver } from "./observer";

export const NOW = Date.parse("2026-11-29T12:00:00Z");
export const id = (n: number) => `i-${n.toString(16).padStart(17, "0")}`;
export const member = (n: number, lifecycleState: LifecycleState = "InService", protectedFromScaleIn = false): GroupMember => ({
  id: id(n),
  lifecycleState,
  protectedFromScaleIn,
});
export const waiting = (n: number, seconds = 5, more: Partial<WaitingJob> = {}): WaitingJob => ({
  id: String(n),
  since: NOW - seconds * 1000,
  confirmedAt: NOW,
  repository: "octo-org/app",
  labels: ["self-hosted", "linux"],
  ...more,
});
export const running = (n: number, instance?: number, waited = 30): RunningJob => ({
  id: String(n),
  ...(instance === undefined ? {} : { runner: id(instance) }),
  since: NOW,
  queuedAt: NOW - waited * 1000,
});
export const launch = (n: number | undefined, startedAt: number, endedAt?: number, more: Partial<Activity> = {}): Activity => ({
  description: `Launching a new EC2 instance${n === undefined ? "" : `: ${id(n)}`}`,
  startedAt: new Date(startedAt),
  ...(endedAt === undefined ? {} : { endedAt: new Date(endedAt) }),
  status: endedAt === undefined ? "MidLifecycleAction" : "Successful",
  ...more,
});

export const SETTINGS: ScalingSettings = { idleTimeout: 60_000, minIdle: 0, staleAfter: 780_000, notAssignedAfter: 90_000 };

/** A group of Auto Scaling, as unkind as AWS's: it refuses what AWS refuses. */
export class FakeGroup implements Group {
  desired = 0;
  minSize = 0;
  maxSize = 30;
  members: GroupMember[] = [];
  suspended: string[] = [];

  constructor(...members: GroupMember[]) {
    this.members = members;
    this.desired = members.filter(({ lifecycleState }) => /^(InService|Pending)/.test(lifecycleState)).length;
  }

  setDesired(desired: number): void {
    if (desired > this.maxSize)
      throw refusal(`New SetDesiredCapacity value ${desired} is above max value ${this.maxSize} for the AutoScalingGroup.`);
    this.desired = desired;
  }

  terminate(instanceId: string): void {
    const found = this.members.find((one) => one.id === instanceId);
    if (!found) throw refusal(`Instance Id not found - No managed instance found for instance ID: ${instanceId}`);
    if (this.desired <= this.minSize) throw refusal(`Currently, desiredSize equals minSize (${this.minSize}).`);
    this.desired -= 1;
    this.change(instanceId, { lifecycleState: "Terminating:Wait" });
  }

  change(instanceId: string, change: Partial<GroupMember>): void {
    this.members = this.members.map((one) => (one.id === instanceId ? { ...one, ...change } : one));
  }
}

const refusal = (message: string) => Object.assign(new Error(message), { name: "ValidationError" });

/** Inputs and recorded acts of passes. The policy decides what a test gives it. */
export class ScaleHarness {
  readonly observer = new RecordingObserver();
  readonly clock = new ManualClock(NOW);
  readonly acts: string[] = [];
  group: FakeGroup | undefined = new FakeGroup();
  demand: Demand = { waiting: [], running: [], completeAt: NOW };
  activities: Activity[][] = [[]];
  historyPages = 0;
  decision: Partial<Decision> = {};
  /** What the policy was asked. */
  asked: ScalingState[] = [];
  floor = 0;
  /** Jobs whose row is not that of a waiting job any more. */
  over: string[] = [];
  memory: string | undefined;
  /** Called before each call of a port, with its name: the state may change there, and the call may fail. */
  onCall: (call: string) => void = () => undefined;

  readonly ports: Omit<ScalePorts, "take" | "release" | "renew" | "drop" | "register" | "unregister"> = {
    group: (name) => this.call("group", () => (name === NAMES.group && this.group ? { ...this.group } : undefined)),
    setDesired: (_, desired) =>
      this.call("setDesired", () => {
        this.group!.setDesired(desired);
        this.acts.push(`desired ${desired}`);
      }),
    removable: (_, ids) =>
      this.call("removable", () => {
        const free = this.group!.members.filter((one) => one.lifecycleState === "InService" && !one.protectedFromScaleIn);
        return new Set(free.flatMap((one) => (ids.includes(one.id) ? [one.id] : [])));
      }),
    terminate: (instanceId) =>
      this.call(`terminate ${instanceId}`, () => {
        this.group!.terminate(instanceId);
        this.acts.push(`terminate ${instanceId}`);
      }),
    recordCause: (jobId, cause) =>
      this.call("recordCause", () => {
        if (this.over.includes(jobId)) return "over";
        this.acts.push(`job ${jobId}: ${cause}`);
        return "recorded";
      }),
    ask: () =>
      this.call("ask", () => {
        this.acts.push("ask");
        return true;
      }),
    source: { read: () => this.call("read", () => this.demand) },
    activities: (_) => this.history(),
    decide: (state) => {
      this.asked.push(state);
      return { terminate: [], wanted: 0, causes: {}, memory: state.memory, ...this.decision };
    },
    clock: this.clock,
  };

  /** @param left milliseconds until the end of the pass. */
  async pass(signal = new AbortController().signal, left = TIMING.scalePassBound * 1000): Promise<void> {
    const settings = { pool: POOL, group: NAMES.group, scaling: SETTINGS, scheduledFloor: () => this.floor };
    // As between invocations: what is not plain JSON does not survive.
    const memory = await scale(this.ports as ScalePorts, settings, parseMemory(this.memory), this.observer, {
      signal,
      endsAt: this.clock.now() + left,
    });
    this.memory = JSON.stringify(memory);
  }

  /** A further pass, some seconds later. */
  async passAfter(seconds: number): Promise<void> {
    this.clock.advance(seconds * 1000);
    await this.pass();
  }

  /** Each waiting job has this cause. */
  explains(cause: WaitCause | undefined): void {
    this.decision = { causes: cause === undefined ? {} : Object.fromEntries(this.demand.waiting.map(({ id }) => [id, cause])) };
  }

  private async *history(): AsyncGenerator<Activity[]> {
    for (const page of this.activities) {
      this.historyPages += 1;
      yield await this.call("activities", () => page);
    }
  }

  private async call<T>(name: string, act: () => T): Promise<T> {
    this.onCall(name);
    return act();
  }
}

/** Throws as the SDK does. */
export const awsFailure = (name: string): never => {
  throw Object.assign(new Error("Rate exceeded"), { name });
};
