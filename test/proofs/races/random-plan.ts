import fc from "fast-check";

/** Seconds after the pool is in service. All values in a plan are small, so that a shrunk failing plan is readable. */
const LONGEST = 60;

interface PlannedJob {
  at: number;
  seconds: number;
  setupSeconds: number;
}

type ActKind =
  | "terminate"
  | "scale-in"
  | "refresh"
  | "operator-stop"
  | "operator-start"
  | "operator-restart"
  | "kill-agent"
  | "kill-drain"
  | "kill-listener"
  | "jump-clock"
  | "cut-power";

/** An act at a moment, on the instance with that number if it still exists. */
export interface Act {
  at: number;
  kind: ActKind;
  instance: number;
}

export type FaultKind =
  | "metadata-404"
  | "metadata-401"
  | "metadata-500"
  | "metadata-silent"
  | "aws-throttles-hosts"
  | "aws-fails-hosts"
  | "aws-fails-functions"
  | "github-500"
  | "github-403"
  | "github-404"
  | "github-422"
  | "github-down"
  | "github-hangs"
  | "github-slow"
  | "github-protocol-down"
  | "github-loses-acquisitions"
  | "ssm-offline";

/** A temporary failure of one service. */
interface Outage {
  at: number;
  seconds: number;
  kind: FaultKind;
}

export interface Plan {
  /** Seed of the environment: latencies, ids, delivery of events. */
  seed: number;
  /** All moments are divided by it: races show where acts coincide. */
  squeeze: number;
  instances: number;
  jobs: PlannedJob[];
  acts: Act[];
  outages: Outage[];
  /** Durations of the official runner's steps, in milliseconds. */
  timing: { roundTrip: number; message: number; acquire: number; announce: number; workerStart: number; signal: number };
  /** Delivery of events, in percent. */
  events: { loss: number; duplication: number };
  /** How often each SSM command is executed. */
  copies: number;
  /** Lag of GitHub's lists, in milliseconds. */
  busyLag: number;
  /** What GitHub does with a job that a runner acknowledged and did not acquire. */
  acknowledgedJobs: "requeued" | "failed";
}

const ACTS: readonly ActKind[] = [
  "terminate",
  "scale-in",
  "refresh",
  "operator-stop",
  "operator-start",
  "operator-restart",
  "kill-agent",
  "kill-drain",
  "kill-listener",
  "jump-clock",
  "cut-power",
];

const OUTAGES: readonly FaultKind[] = [
  "metadata-404",
  "metadata-401",
  "metadata-500",
  "metadata-silent",
  "aws-throttles-hosts",
  "aws-fails-hosts",
  "aws-fails-functions",
  "github-500",
  "github-403",
  "github-404",
  "github-422",
  "github-down",
  "github-hangs",
  "github-slow",
  "github-protocol-down",
  "github-loses-acquisitions",
  "ssm-offline",
];

/** Tenths of a second, because races are decided within one. */
const moment = fc.integer({ min: 0, max: LONGEST * 10 }).map((tenths) => tenths / 10);
const ms = (max: number) => fc.oneof(fc.constant(0), fc.integer({ min: 0, max }));

export const plans: fc.Arbitrary<Plan> = fc.record({
  seed: fc.nat(1_000_000),
  squeeze: fc.constantFrom(1, 1, 10, 20),
  instances: fc.integer({ min: 1, max: 3 }),
  jobs: fc.array(fc.record({ at: moment, seconds: fc.integer({ min: 0, max: LONGEST }), setupSeconds: fc.integer({ min: 0, max: 5 }) }), {
    minLength: 1,
    maxLength: 4,
  }),
  acts: fc.array(
    fc.record({
      at: moment,
      // Terminations are the main subject.
      kind: fc.oneof(fc.constant<ActKind>("terminate"), fc.constantFrom(...ACTS)),
      instance: fc.integer({ min: 0, max: 2 }),
    }),
    { maxLength: 4 },
  ),
  outages: fc.array(fc.record({ at: moment, seconds: fc.integer({ min: 1, max: 30 }), kind: fc.constantFrom(...OUTAGES) }), {
    maxLength: 2,
  }),
  timing: fc.record({
    roundTrip: fc.integer({ min: 5, max: 400 }),
    message: ms(400),
    acquire: ms(2_000),
    announce: ms(400),
    workerStart: fc.integer({ min: 0, max: 2_000 }),
    signal: ms(300),
  }),
  events: fc.record({ loss: fc.constantFrom(0, 0, 30, 100), duplication: fc.constantFrom(0, 0, 50) }),
  copies: fc.constantFrom(1, 1, 2),
  busyLag: fc.constantFrom(0, 60_000),
  acknowledgedJobs: fc.constantFrom("requeued", "failed"),
});
