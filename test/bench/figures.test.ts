import assert from "node:assert/strict";
import { bootFigures } from "../../bench/measure/boot";
import { drainFigures } from "../../bench/measure/drain";
import { parseBenchOptions } from "../../bench/bench-options";
import { zipSize } from "../../bench/zip";
import { LOG } from "../../contract/actions-runner-pool/host";
import type { TimelineEvent } from "../../rehearsal/timeline";

const HOOK = "pool-terminate";
const state = (at: number, instance: string, name: string): TimelineEvent => ({ at, kind: "instance-state", instance, state: name });
const online = (at: number, instance: string): TimelineEvent => ({ at, kind: "runner", instance, runner: "1", change: "online" });

describe("the benchmark's figures from a timeline", () => {
  it("measure the tail from the end of the job, and from Terminating:Wait only if no job ran", () => {
    const terminating = (at: number, instance: string): TimelineEvent[] => [
      state(at, instance, "Terminating:Wait"),
      { at, kind: "action-opened", instance, hook: HOOK, transition: "autoscaling:EC2_INSTANCE_TERMINATING" },
      { at: at + 300, kind: "host-log", instance, message: LOG.drainBegun, fields: {} },
    ];
    const completed = (at: number, instance: string): TimelineEvent => ({
      at,
      kind: "action-closed",
      instance,
      hook: HOOK,
      result: "CONTINUE",
      by: "instance",
    });
    const events: TimelineEvent[] = [
      { at: 500, kind: "job", job: "j", change: "acquired", instance: "i-busy" },
      ...terminating(1_000, "i-busy"),
      { at: 4_000, kind: "job", job: "j", change: "succeeded", instance: "i-busy" },
      completed(7_000, "i-busy"),
      ...terminating(10_000, "i-idle"),
      completed(13_500, "i-idle"),
    ];
    assert.deepEqual(drainFigures(events), { "drain.detect": [300, 300], "drain.tail": [3_000], "drain.idle": [3_500] });
  });

  it("distinguish a launch into service, a launch into the warm pool and a start from the pool", () => {
    const events = [
      state(0, "i-cold", "Pending"),
      state(100, "i-pooled", "Warmed:Pending"),
      online(9_000, "i-cold"),
      state(6_100, "i-pooled", "Warmed:Pending:Proceed"),
      state(7_000, "i-pooled", "Warmed:Stopped"),
      state(20_000, "i-pooled", "Pending"),
      online(24_000, "i-pooled"),
      // Coming online again after a restart of the listener is not a boot.
      online(30_000, "i-pooled"),
    ];
    assert.deepEqual(bootFigures(events), { "boot.cold": [9_000], "boot.pool": [6_000], "boot.warm": [4_000] });
  });
});

describe("the size of a function's package", () => {
  it("is the size of the deflated file and its headers", () => {
    const empty = zipSize("index.mjs", Buffer.alloc(0));
    assert.ok(empty > 2 * "index.mjs".length && empty < 200, `${empty}`);
    const size = zipSize("index.mjs", Buffer.alloc(1024 * 1024, "a"));
    assert.ok(size > empty && size < 20 * 1024, `${size}`);
  });
});

describe("the benchmark's command line", () => {
  it("writes the page only for a whole run, so that a partial run never replaces it", () => {
    assert.deepEqual(parseBenchOptions([])?.out, "docs");
    assert.equal(parseBenchOptions(["--only", "hook,agent"])?.out, undefined);
    assert.equal(parseBenchOptions(["--only", "hook", "--out", "here"])?.out, "here");
    assert.equal(parseBenchOptions(["--help"]), undefined);
  });

  it("defaults to 20 samples, and names an invalid value", () => {
    assert.equal(parseBenchOptions([])?.samples, 20);
    assert.throws(() => parseBenchOptions(["--samples", "0"]), /--samples 0: give a whole number of at least 1/);
    assert.throws(() => parseBenchOptions(["--only", "hook,lunch"]), /--only lunch: give some of hook, drain/);
    assert.throws(() => parseBenchOptions(["--fast"]), /npm run bench -- --help/);
  });
});
