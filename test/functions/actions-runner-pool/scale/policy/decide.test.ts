import assert from "node:assert/strict";
import { WaitCause } from "../../../../../contract/workflow-jobs/ledger";
import { decide } from "../../../../../functions/actions-runner-pool/scale/policy/decide";
import { hedge } from "../../../../../functions/actions-runner-pool/scale/policy/hedge";
import type { RunningJob } from "../../../../../functions/shared/demand/source";
import type { ScalingSettings, ScalingState } from "../../../../../functions/actions-runner-pool/scale/policy/types";
import {
  booting,
  busy,
  idle,
  leaving,
  MINUTE,
  NOW,
  runningOn,
  SECOND,
  SETTINGS,
  type StateSpec,
  stateOf,
  waiting,
  waitingJobs,
} from "./fixture";

const decided = (spec: StateSpec, settings: Partial<ScalingSettings> = {}, now = NOW) =>
  decide(stateOf(spec), { ...SETTINGS, ...settings }, now);
const jobs = (causes: object) => Object.keys(causes).sort();

describe("scale-out", () => {
  it("launches for the first job of an empty pool", () => {
    assert.equal(decided({ waiting: waitingJobs(1) }).desired, 1);
  });

  it("launches for all waiting jobs at once, instead of step by step", () => {
    const { desired, wanted } = decided({ waiting: waitingJobs(40) });
    assert.equal(wanted, 40);
    assert.equal(desired, 52, "with a hedge of 30 %");
  });

  it("hedges from four urgent jobs on, by 30 %", () => {
    assert.deepEqual([0, 1, 3, 4, 10, 11, 256].map(hedge), [0, 0, 0, 1, 3, 3, 77]);
  });

  it("counts instances that boot as supply, so that a second signal launches nothing again", () => {
    const instances = ["i-1", "i-2"].map(booting);
    assert.equal(decided({ waiting: waitingJobs(2), instances }).desired, undefined);
  });

  it("counts launches that Auto Scaling has not begun yet as supply", () => {
    assert.equal(decided({ waiting: waitingJobs(2), fleet: { desired: 2 } }).desired, undefined);
  });

  it("gives waiting jobs the idle runners first", () => {
    const instances = [busy("i-1"), idle("i-2"), idle("i-3")];
    assert.equal(decided({ waiting: waitingJobs(2), instances }).desired, undefined);
    assert.equal(decided({ waiting: waitingJobs(3), instances }).desired, 4);
  });

  it("does not count on an instance that leaves, even if its job still runs", () => {
    const { desired } = decided({ waiting: waitingJobs(1), instances: [leaving("i-1")], running: [runningOn("i-1")] });
    assert.equal(desired, 1);
  });

  it("counts a runner as busy by the source's word alone, before its protection is set", () => {
    assert.equal(decided({ waiting: waitingJobs(1), instances: [idle("i-1")], running: [runningOn("i-1")] }).desired, 2);
  });

  it("counts a running job whose runner is unknown as one more busy runner, unless a protected one explains it", () => {
    const running = [runningOn(undefined)];
    assert.equal(decided({ waiting: waitingJobs(1), instances: [idle("i-1")], running }).desired, 2);
    assert.equal(decided({ waiting: waitingJobs(1), instances: [busy("i-1"), idle("i-2")], running }).desired, undefined);
  });

  it("launches nothing for a job on a runner that is gone", () => {
    assert.equal(decided({ running: [runningOn("i-9")] }).desired, undefined);
  });

  it("launches nothing for a job that the runner group refuses", () => {
    const { desired, causes } = decided({ waiting: [waiting("a", 5, { cause: WaitCause.GroupNotAllowed })] });
    assert.equal(desired, undefined);
    assert.deepEqual(causes, { a: WaitCause.GroupNotAllowed });
  });

  it("stays within the maximum, hedge and floors included", () => {
    const fleet = { maxSize: 10 };
    assert.equal(decided({ waiting: waitingJobs(9), fleet }).desired, 10);
    assert.equal(decided({ waiting: waitingJobs(40), fleet }).desired, 10);
    assert.equal(decided({ scheduledFloor: 12, fleet }).desired, 10);
  });

  it("does not lower a desired capacity above a maximum that was lowered: Auto Scaling does that itself", () => {
    assert.equal(decided({ fleet: { desired: 20, maxSize: 10 } }).desired, undefined);
  });
});

describe("floors", () => {
  it("keep minIdle runners beyond the jobs that run and wait", () => {
    const instances = [busy("i-1"), idle("i-2")];
    assert.equal(decided({ instances }, { minIdle: 3 }).desired, 4);
    assert.equal(decided({ instances, waiting: waitingJobs(1) }, { minIdle: 3 }).desired, 5);
  });

  it("do not add up with the hedge: idle runners are one", () => {
    assert.equal(decided({ waiting: waitingJobs(10) }, { minIdle: 2 }).desired, 13);
    assert.equal(decided({ waiting: waitingJobs(10) }, { minIdle: 5 }).desired, 15);
  });

  it("keep what a schedule in force asks for, busy or idle", () => {
    const idled = { "i-2": 600 };
    assert.equal(decided({ instances: [busy("i-1")], scheduledFloor: 4 }).desired, 4);
    assert.deepEqual(decided({ instances: [busy("i-1"), idle("i-2")], scheduledFloor: 2, idled }).terminate, []);
  });

  it("never terminate below the group's minimum, which Auto Scaling would refuse", () => {
    const instances = ["i-1", "i-2", "i-3"].map(idle);
    const idled = { "i-1": 600, "i-2": 500, "i-3": 400 };
    assert.deepEqual(decided({ instances, idled, fleet: { minSize: 2 } }).terminate, ["i-1"]);
  });

  it("hold while the source is stale: they do not depend on the queue", () => {
    assert.equal(decided({ scheduledFloor: 2, problem: "down" }).desired, 2);
  });
});

describe("scale-in", () => {
  const instances = ["i-1", "i-2", "i-3"].map(idle);

  it("terminates those that have idled for the timeout, the longest first, and leaves the desired capacity to the decrement", () => {
    const { terminate, desired } = decided({ instances, idled: { "i-1": 60, "i-2": 49, "i-3": 75 } });
    assert.deepEqual(terminate, ["i-3", "i-1"]);
    assert.equal(desired, undefined);
  });

  it("counts a pass that comes 10 s early as one at the timeout: the schedule's passes are about a minute apart", () => {
    const after = (seconds: number, idleTimeout: number) =>
      decided({ instances: [idle("i-1")], idled: { "i-1": seconds } }, { idleTimeout: idleTimeout * SECOND }).terminate.length;
    assert.deepEqual([after(50, 60), after(49, 60), after(590, 600), after(589, 600)], [1, 0, 1, 0]);
    assert.deepEqual([after(5, 6), after(4, 6), after(0, 1), after(0, 0)], [1, 0, 0, 1], "a short timeout is still one");
  });

  it("starts the clock when an instance is first seen idle, not when it entered service", () => {
    const { terminate, memory } = decided({ instances: [idle("i-1")] });
    assert.deepEqual(terminate, []);
    assert.deepEqual(memory.idleSince, { "i-1": NOW });
  });

  it("stops the clock of an instance that takes a job, and forgets one that left", () => {
    const { memory, terminate } = decided({ instances: [busy("i-1"), leaving("i-2")], idled: { "i-1": 600, "i-2": 600, "i-9": 600 } });
    assert.deepEqual(memory.idleSince, {});
    assert.deepEqual(terminate, []);
  });

  it("keeps an idle runner for each waiting job, although others boot", () => {
    const fleet = [...instances, booting("i-4"), booting("i-5")];
    const idled = { "i-1": 61, "i-2": 62, "i-3": 63 };
    assert.deepEqual(decided({ instances: fleet, idled, waiting: waitingJobs(2) }).terminate, ["i-3"]);
  });

  it("takes nothing away while another program lowers the desired capacity: Auto Scaling already chooses", () => {
    assert.deepEqual(decided({ instances, idled: { "i-1": 600 }, fleet: { desired: 0 } }).terminate, []);
  });

  it("never terminates an instance with a job, by either word, nor one that boots", () => {
    const mixed = [busy("i-1"), idle("i-2"), booting("i-3")];
    const idled = { "i-1": 600, "i-2": 600, "i-3": 600 };
    assert.deepEqual(decided({ instances: mixed, idled, running: [runningOn("i-2")] }).terminate, []);
  });

  it("does not wait longer because the clock was set back", () => {
    assert.deepEqual(decided({ instances: [idle("i-1")], idled: { "i-1": -3600 } }).memory.idleSince, { "i-1": NOW });
  });
});

describe("a stale source", () => {
  const instances = [idle("i-1")];
  const idled = { "i-1": 3600 };
  const stale: [why: string, spec: StateSpec][] = [
    ["has a problem", { problem: "GitHub answers 502" }],
    ["was last complete too long ago", { sourceAge: 13 * 60 + 1 }],
  ];
  for (const [why, spec] of stale) {
    it(`that ${why} takes no instance away, and says so`, () => {
      const { terminate, held } = decided({ instances, idled, ...spec });
      assert.deepEqual(terminate, []);
      assert.match(held ?? "", /GitHub answers 502|781 s ago, at most 780 s/);
    });
  }

  it("launches only for jobs that were confirmed lately, and gives the others its staleness as their cause", () => {
    const confirmedAt = NOW - 13 * MINUTE - 1;
    const { desired, causes } = decided({ problem: "down", waiting: [waiting("old", 900, { confirmedAt }), waiting("new")] });
    assert.equal(desired, 1);
    assert.deepEqual(causes, { old: WaitCause.SourceStale, new: WaitCause.Booting });
  });

  it("is trusted up to the very age that is allowed", () => {
    assert.deepEqual(decided({ instances, idled, sourceAge: 13 * 60 }).terminate, ["i-1"]);
  });
});

describe("failed launches", () => {
  /** Passes each minute, in which a job arrives and every launch fails: the minutes in which the desired capacity was raised. */
  const raises = (minutes: number, failures: (minute: number) => number) => {
    const raised: number[] = [];
    let memory = stateOf({}).memory;
    let desired = 0;
    for (let minute = 0; minute < minutes; minute++) {
      const fleet = { desired, failedLaunches: failures(minute) };
      const state = stateOf({ waiting: waitingJobs(minute + 1), fleet, memory, sourceAge: -minute * 60 });
      const decision = decide(state, SETTINGS, NOW + minute * MINUTE);
      if (decision.desired !== undefined) raised.push(minute), (desired = decision.desired);
      memory = decision.memory;
    }
    return raised;
  };

  it("pause the next ones for 1, 2, 4, 8 and at most 15 minutes", () => {
    assert.deepEqual(
      raises(60, (minute) => (minute === 0 ? 0 : 1)),
      [0, 2, 4, 8, 16, 31, 46],
    );
  });

  it("do not lengthen the pause by Auto Scaling's own repetitions", () => {
    const once = decided({ waiting: waitingJobs(1), fleet: { failedLaunches: 1 } });
    const echo = decided({ waiting: waitingJobs(1), fleet: { failedLaunches: 9 }, memory: once.memory }, {}, NOW + 30 * SECOND);
    assert.deepEqual(echo.memory.backoff, once.memory.backoff);
    assert.equal(once.memory.backoff!.until, NOW + MINUTE);
  });

  it("are forgotten with the first launch that succeeds", () => {
    const backoff = { failures: 4, failedAt: NOW - 5 * MINUTE, until: NOW + 3 * MINUTE };
    const up = { ...busy("i-1"), since: NOW - SECOND };
    const { desired, memory } = decided({ waiting: waitingJobs(1), instances: [up], memory: { backoff } });
    assert.equal(desired, 2);
    assert.equal(memory.backoff, undefined);
  });

  it("do not pause a pool in which others have just succeeded: one bad instance of many is normal", () => {
    const up = { ...busy("i-1"), since: NOW - 170 * SECOND };
    assert.equal(decided({ waiting: waitingJobs(1), instances: [up], fleet: { failedLaunches: 1 } }).desired, 2);
  });

  it("are named in what is held and in the cause of each job without a runner", () => {
    const { held, causes } = decided({
      waiting: waitingJobs(2),
      instances: [idle("i-1")],
      fleet: { failedLaunches: 1, lastFailure: "Insufficient capacity" },
    });
    assert.equal(held, "launches fail: Insufficient capacity");
    assert.deepEqual(causes, { "job-1": WaitCause.LaunchFailing });
  });

  it("keep nothing from scaling in", () => {
    const { terminate } = decided({ instances: [idle("i-1")], idled: { "i-1": 60 }, fleet: { failedLaunches: 1 } });
    assert.deepEqual(terminate, ["i-1"]);
  });
});

describe("the cause of a wait", () => {
  it("is none for a job that an idle runner is about to take", () => {
    assert.deepEqual(decided({ waiting: waitingJobs(1), instances: [idle("i-1")] }).causes, {});
  });

  it("is booting for as many jobs as instances start, those of this very decision included", () => {
    const { causes } = decided({ waiting: waitingJobs(3), instances: [booting("i-1")] });
    assert.deepEqual(new Set(Object.values(causes)), new Set([WaitCause.Booting]));
    assert.deepEqual(jobs(causes), ["job-0", "job-1", "job-2"]);
  });

  it("is the maximum for the jobs beyond it, the youngest", () => {
    const { causes } = decided({ waiting: waitingJobs(3), instances: [busy("i-1")], fleet: { maxSize: 2 } });
    assert.deepEqual(causes, { "job-0": WaitCause.Booting, "job-1": WaitCause.AtMaximum, "job-2": WaitCause.AtMaximum });
  });

  const patience: [why: string, wait: number, idled: number, causes: object][] = [
    ["both wait for more than 90 s", 91, 91, { "job-0": WaitCause.NotAssigned }],
    ["the job has waited for 90 s only", 90, 600, {}],
    ["the runner has idled for 90 s only: it has just come up", 600, 90, {}],
  ];
  for (const [why, wait, idled, causes] of patience) {
    it(`blames GitHub's assignment only if job and runner wait side by side: ${why}`, () => {
      assert.deepEqual(decided({ waiting: waitingJobs(1, wait), instances: [idle("i-1")], idled: { "i-1": idled } }).causes, causes);
    });
  }

  it("is not GitHub's if a busy runner without a known job explains the wait: the delivery of the start was lost", () => {
    const instances = [busy("i-1"), idle("i-2")];
    const at = (jobs: number) => decided({ waiting: waitingJobs(jobs, 200), instances, idled: { "i-2": 200 } });
    assert.deepEqual([at(1).causes, at(1).desired], [{}, undefined]);
    assert.equal(at(2).causes["job-0"], WaitCause.NotAssigned, "of two jobs, it explains one");
    const known = { waiting: waitingJobs(1, 200), instances, idled: { "i-2": 200 } };
    for (const running of [[runningOn("i-1")], [runningOn(undefined)]])
      assert.deepEqual(decided({ ...known, running }).causes, { "job-0": WaitCause.NotAssigned });
  });

  it("is GitHub's if the busy runner has been so for longer than a lost start stays unknown: an operator has protected it", () => {
    const instances = [busy("protected"), idle("i-2")];
    const spec = { waiting: waitingJobs(1, 200), instances, idled: { "i-2": 200 } };
    const first = decided({ ...spec, memory: {} });
    assert.equal(first.causes["job-0"], undefined);
    const later = (ms: number) =>
      decided({ ...spec, memory: { ...first.memory, idleSince: { "i-2": NOW } }, sourceAge: -ms / SECOND }, {}, NOW + ms);
    assert.deepEqual(later(13 * MINUTE).causes, {});
    assert.deepEqual([later(13 * MINUTE + 1).causes, later(13 * MINUTE + 1).desired], [{ "job-0": WaitCause.NotAssigned }, 3]);
    // One that has just become busy may have the job again.
    const another = { ...spec, instances: [...instances, busy("i-3")], memory: later(13 * MINUTE + 1).memory, sourceAge: -800 };
    assert.deepEqual(decided(another, {}, NOW + 800 * SECOND).causes, {});
  });

  it("counts the time of such a runner anew after the source knew its job", () => {
    const spec = { instances: [busy("i-1")], memory: { idleSince: {}, unnamedSince: { "i-1": NOW - 60 * MINUTE } } };
    assert.deepEqual(decided(spec).memory.unnamedSince, { "i-1": NOW - 60 * MINUTE });
    assert.deepEqual(decided({ ...spec, running: [runningOn("i-1")] }).memory.unnamedSince, {});
  });

  it("keeps the runner that GitHub ignores, and blames it for one job only", () => {
    const { causes, terminate } = decided({ waiting: waitingJobs(2, 200), instances: [idle("i-1")], idled: { "i-1": 100 } });
    assert.deepEqual(causes, { "job-0": WaitCause.NotAssigned, "job-1": WaitCause.Booting });
    assert.deepEqual(terminate, []);
  });
});

describe("a runner that idles beside a waiting job", () => {
  const dead = { instances: [idle("i-1")], idled: { "i-1": 200 } };

  it("gets a substitute, because it may be in service without being online, and the job would wait for ever", () => {
    const { desired, wanted, causes } = decided({ ...dead, waiting: waitingJobs(1, 100) });
    assert.deepEqual([desired, wanted, causes], [2, 1, { "job-0": WaitCause.NotAssigned }]);
  });

  it("leaves once the substitute has the job", () => {
    const instances = [idle("i-1"), busy("i-2")];
    assert.deepEqual(decided({ ...dead, instances, running: [runningOn("i-2")] }).terminate, ["i-1"]);
  });

  it("gets one for all jobs and runners together", () => {
    const instances = ["i-1", "i-2", "i-3"].map(idle);
    const idled = { "i-1": 200, "i-2": 200, "i-3": 200 };
    assert.equal(decided({ instances, idled, waiting: waitingJobs(3, 100) }).desired, 4);
  });

  it("gets none while another may yet take the job: one that boots, that is being launched, or that has just come up", () => {
    const jobs = waitingJobs(1, 100);
    assert.equal(decided({ ...dead, instances: [idle("i-1"), booting("i-2")], waiting: jobs }).desired, undefined);
    assert.equal(decided({ ...dead, waiting: jobs, fleet: { desired: 2 } }).desired, undefined);
    assert.equal(decided({ instances: [idle("i-1"), idle("i-2")], idled: { "i-1": 200, "i-2": 20 }, waiting: jobs }).desired, undefined);
  });

  /** Passes each minute, with as many jobs as runners that take none: the minutes in which a substitute came, and what remains. */
  const substitutesFor = (jobs: number, minutes: number, takesOne: boolean) => {
    let instances = Array.from({ length: jobs }, (_, n) => idle(`dead-${n}`));
    let waiting = waitingJobs(jobs, 100);
    let memory: Partial<ScalingState["memory"]> = { idleSince: Object.fromEntries(instances.map(({ id }) => [id, NOW - 200 * SECOND])) };
    const running: RunningJob[] = [];
    const raised: number[] = [];
    for (let minute = 0; minute < minutes; minute++) {
      const now = NOW + minute * MINUTE;
      const decision = decide(stateOf({ waiting, running, instances, memory, sourceAge: -minute * 60 }), SETTINGS, now);
      ({ memory } = decision);
      if (decision.desired !== undefined) {
        const one = takesOne ? busy(`i-${minute}`) : idle(`i-${minute}`);
        raised.push(minute);
        instances = [...instances, { ...one, since: now + SECOND }];
        if (takesOne) (waiting = waiting.slice(1)), running.push(runningOn(one.id));
      }
      instances = instances.filter(({ id }) => !decision.terminate.includes(id));
      assert.ok(instances.length <= jobs + 1, `${instances.length} instances for ${jobs} jobs`);
    }
    return { raised, instances, memory };
  };

  it("gets few for one job: GitHub never assigns some jobs, and would ignore any number of runners", () => {
    const { raised, instances } = substitutesFor(1, 240, false);
    assert.deepEqual(raised, [0, 15, 32, 66, 126, 186]);
    assert.equal(instances.length, 1, "and the pool ends at one runner for its one job");
  });

  it("gets as few for many such jobs, instead of one launch and termination every few minutes", () => {
    assert.deepEqual(substitutesFor(20, 60, false).raised, [0, 15, 30, 45]);
  });

  it("gets the next one at once if the last one took a job: the others are as broken", () => {
    const { raised, instances, memory } = substitutesFor(5, 20, true);
    assert.deepEqual(raised, [0, 1, 2, 3, 4]);
    assert.deepEqual([instances.length, memory.substituteDue, memory.substitutedAt], [5, undefined, undefined]);
  });

  it("gets one later if launches are paused now, and none while the queue is not known or at the maximum", () => {
    const spec = { ...dead, waiting: waitingJobs(1, 100) };
    assert.equal(decided({ ...spec, problem: "down" }).desired, undefined);
    assert.equal(decided({ ...spec, fleet: { maxSize: 1 } }).desired, undefined);
    const paused = decided({ ...spec, fleet: { failedLaunches: 1 } });
    assert.equal(paused.desired, undefined);
    const waiting = spec.waiting;
    assert.equal(decided({ instances: spec.instances, waiting, memory: paused.memory }, {}, NOW + 61 * SECOND).desired, 2);
  });

  it("is forgotten with the job, so that the memory stays small", () => {
    const { memory } = decided({ waiting: waitingJobs(1), memory: { substituteDue: { "job-0": NOW, gone: NOW } } });
    assert.deepEqual(memory.substituteDue, { "job-0": NOW });
    assert.equal(decided({ memory: { substituteDue: { gone: NOW } } }).memory.substituteDue, undefined);
  });
});
