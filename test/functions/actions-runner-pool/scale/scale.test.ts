import assert from "node:assert/strict";
import { LARGEST_DEMAND_POOL } from "../../../../contract/actions-runner-pool/demand";
import { SCALE_METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { awsFailure, FakeGroup, id, launch, member, NOW, running, ScaleHarness, waiting } from "../../support/scale-harness";

describe("the scaler's pass", () => {
  let harness: ScaleHarness;
  beforeEach(() => (harness = new ScaleHarness()));
  const terminations = () => harness.acts.filter((act) => act.startsWith("terminate"));

  describe("raises the desired capacity", () => {
    it("to what the policy asks for", async () => {
      harness.decision = { desired: 3 };
      await harness.pass();
      assert.deepEqual(harness.acts, ["desired 3"]);
    });

    it("never lowers it, also if somebody has raised it between the decision and the call", async () => {
      harness.decision = { desired: 3 };
      let reads = 0;
      harness.onCall = (call) => {
        if (call === "group" && (reads += 1) === 2) harness.group!.desired = 8;
      };
      await harness.pass();
      assert.deepEqual([harness.acts, harness.group!.desired], [[], 8]);
    });

    it("not above a maximum that was lowered meanwhile, which AWS would refuse", async () => {
      harness.decision = { desired: 30 };
      let reads = 0;
      harness.onCall = (call) => {
        if (call === "group" && (reads += 1) === 2) harness.group!.maxSize = 10;
      };
      await harness.pass();
      assert.deepEqual(harness.acts, ["desired 10"]);
    });

    for (const error of ["ScalingActivityInProgressFault", "ResourceContentionFault", "Throttling", "AccessDenied"]) {
      it(`in the next pass, if AWS answers ${error}, and does the rest of the work in this one`, async () => {
        harness.group = new FakeGroup(member(1));
        harness.demand = { waiting: [waiting(7)], running: [], completeAt: NOW };
        harness.decision = { desired: 3, terminate: [id(1)], causes: { 7: "booting" } };
        harness.onCall = (call) => void (call === "setDesired" && awsFailure(error));
        await harness.pass();
        assert.deepEqual(harness.acts, [`terminate ${id(1)}`, "job 7: booting"]);
        assert.equal(harness.observer.counts[SCALE_METRIC.scalerErrors], 1);
        assert.equal(harness.observer.counts[SCALE_METRIC.scalerPasses], 1);
        harness.onCall = () => undefined;
        harness.decision = { desired: 3 };
        await harness.pass();
        assert.equal(harness.acts.at(-1), "desired 3");
      });
    }
  });

  describe("remembers a substitute for a runner that takes no job", () => {
    const before = { idleSince: {}, substituteDue: { 6: NOW }, substitutedAt: NOW - 1_800_000 };
    const after = { idleSince: { [id(1)]: NOW }, substituteDue: { 6: NOW, 7: NOW + 900_000 }, substitutedAt: NOW };
    const remembered = async () => {
      harness.decision = { memory: before };
      await harness.pass();
      harness.decision = { desired: 3, memory: after };
      await harness.pass();
      await harness.pass();
      return harness.asked.at(-1)!.memory;
    };

    it("once its launch was requested, by the scaler or by somebody who was faster", async () => {
      assert.deepEqual(await remembered(), after);
      harness.group!.desired = 8;
      assert.deepEqual(await remembered(), after);
    });

    it("but not if the call failed, or the job would wait for a launch that none has requested", async () => {
      harness.onCall = (call) => void (call === "setDesired" && awsFailure("Throttling"));
      assert.deepEqual(await remembered(), { ...before, idleSince: after.idleSince });
    });

    it("nor while an operator has suspended Launch, nor if the maximum was lowered meanwhile", async () => {
      harness.group!.suspended = ["Launch"];
      assert.deepEqual(await remembered(), { ...before, idleSince: after.idleSince });
      harness.group!.suspended = [];
      harness.group!.maxSize = 0;
      assert.deepEqual(await remembered(), { ...before, idleSince: after.idleSince });
    });
  });

  it("keeps its memory below an item's 400 KB, at the largest size with a tenth more for a refresh, all of which have just come up", async () => {
    const members = (state: "Pending" | "InService") => Array.from({ length: 1.1 * LARGEST_DEMAND_POOL }, (_, n) => member(n, state));
    harness.group = new FakeGroup(...members("Pending"));
    await harness.pass();
    harness.group = new FakeGroup(...members("InService"));
    harness.decision = { memory: { idleSince: Object.fromEntries(members("InService").map((one) => [one.id, NOW])) } };
    await harness.passAfter(60);
    assert.ok(harness.memory!.includes("unmeasured"), "the largest state");
    assert.ok(harness.memory!.length < 400 * 1024, `${harness.memory!.length} bytes`);
  });

  describe("terminates idle instances", () => {
    it("in the policy's order, each with its decrement, and those only", async () => {
      harness.group = new FakeGroup(member(1), member(2), member(3));
      harness.decision = { terminate: [id(3), id(1)] };
      await harness.pass();
      assert.deepEqual(harness.acts, [`terminate ${id(3)}`, `terminate ${id(1)}`]);
      assert.equal(harness.group.desired, 1);
    });

    it("but none that has a job, by Auto Scaling's word or the queue's, even if the policy names it", async () => {
      harness.group = new FakeGroup(member(1, "InService", true), member(2), member(3, "Pending:Wait"), member(4, "Terminating:Wait"));
      harness.demand = { waiting: [], running: [running(7, 2)], completeAt: NOW };
      harness.decision = { terminate: [id(1), id(2), id(3), id(4), id(5)] };
      await harness.pass();
      assert.deepEqual(harness.acts, []);
    });

    it("but none that became busy, or left, between the reading and the call", async () => {
      harness.group = new FakeGroup(member(1), member(2), member(3));
      harness.decision = { terminate: [id(1), id(2), id(3)] };
      harness.onCall = (call) => {
        if (call !== "removable") return;
        harness.group!.change(id(1), { protectedFromScaleIn: true });
        harness.group!.change(id(2), { lifecycleState: "Terminating" });
      };
      await harness.pass();
      assert.deepEqual(harness.acts, [`terminate ${id(3)}`]);
    });

    it("and none at all if it cannot check them again", async () => {
      harness.group = new FakeGroup(member(1));
      harness.decision = { terminate: [id(1)] };
      harness.onCall = (call) => void (call === "removable" && awsFailure("Throttling"));
      await harness.pass();
      assert.deepEqual(harness.acts, []);
      assert.equal(harness.observer.counts[SCALE_METRIC.scalerErrors], 1);
    });

    it("also if the call for one of them fails", async () => {
      harness.group = new FakeGroup(member(1), member(2), member(3));
      harness.decision = { terminate: [id(1), id(2), id(3)] };
      harness.onCall = (call) => void (call === `terminate ${id(2)}` && awsFailure("ScalingActivityInProgressFault"));
      await harness.pass();
      assert.deepEqual(terminations(), [`terminate ${id(1)}`, `terminate ${id(3)}`]);
    });

    it("at most 20 a pass, and the others in the next", async () => {
      harness.group = new FakeGroup(...Array.from({ length: 25 }, (_, n) => member(n)));
      harness.decision = { terminate: harness.group.members.map((one) => one.id) };
      await harness.pass();
      assert.equal(terminations().length, 20);
      await harness.pass();
      assert.equal(terminations().length, 25);
    });

    it("never below the minimum, which an operator has just raised", async () => {
      harness.group = new FakeGroup(member(1), member(2));
      harness.decision = { terminate: [id(1), id(2)] };
      harness.onCall = (call) => void (call === "removable" && (harness.group!.minSize = 1));
      await harness.pass();
      assert.deepEqual([terminations().length, harness.group.desired], [1, 1]);
    });
  });

  it("leaves to an operator what a suspended process forbids, does the other half, and says so once", async () => {
    harness.group = new FakeGroup(member(1));
    harness.decision = { desired: 3, terminate: [id(1)] };
    harness.group.suspended = ["Launch", "AZRebalance"];
    await harness.pass();
    assert.deepEqual(harness.acts, [`terminate ${id(1)}`]);
    harness.group = new FakeGroup(member(2));
    harness.group.suspended = ["Terminate"];
    harness.decision = { desired: 3, terminate: [id(2)] };
    await harness.pass();
    await harness.pass();
    assert.deepEqual(harness.acts, [`terminate ${id(1)}`, "desired 3"]);
    const reasons = harness.observer.lines.filter(({ message }) => message === "scale: holds").map(({ fields }) => fields.reason);
    assert.deepEqual(reasons, [
      "the process Launch is suspended; resume it to let the pool grow",
      "the process Terminate is suspended; resume it to let the pool shrink",
    ]);
  });

  it("does not say that an instance boots for a job, while Launch is suspended and none does", async () => {
    harness.group = new FakeGroup(member(1, "Pending:Wait"));
    harness.group.suspended = ["Launch"];
    harness.demand = { ...harness.demand, waiting: [waiting(1, 30), waiting(2, 20), waiting(3, 10)] };
    harness.decision = { desired: 2, causes: { 1: "booting", 2: "booting", 3: "at maximum" } };
    await harness.pass();
    assert.deepEqual(harness.acts, ["job 1: booting", "job 2: launch failing", "job 3: at maximum"]);
  });

  it("logs once why the policy holds, although the age in the reason grows, and again after it went on", async () => {
    for (const held of ["the queue is 800 s old", "the queue is 860 s old", undefined, "the queue is 900 s old"]) {
      harness.decision = held === undefined ? {} : { held };
      await harness.passAfter(60);
    }
    assert.deepEqual(harness.observer.messages("warn"), ["scale: holds", "scale: holds"]);
  });

  it("gives the policy a problem and an empty queue if the ledger cannot be read, so that floors still count", async () => {
    harness.demand = { waiting: [waiting(1)], running: [], completeAt: NOW - 5000 };
    await harness.pass();
    harness.onCall = (call) => void (call === "read" && awsFailure("ProvisionedThroughputExceededException"));
    harness.floor = 2;
    harness.decision = { desired: 2 };
    const before = { ...harness.observer.counts };
    await harness.passAfter(60);
    const { demand, scheduledFloor } = harness.asked[1]!;
    assert.match(demand.problem ?? "", /the queue could not be read: ProvisionedThroughputExceededException/);
    assert.deepEqual([demand.waiting, demand.running, demand.completeAt, scheduledFloor], [[], [], NOW - 5000, 2]);
    assert.deepEqual(harness.acts, ["desired 2"]);
    for (const metric of [SCALE_METRIC.waitingJobs, SCALE_METRIC.runningJobs, SCALE_METRIC.longestWait, SCALE_METRIC.sourceAge]) {
      assert.equal(harness.observer.counts[metric], before[metric], `${metric} of a queue that was not read`);
    }
    assert.equal(harness.observer.counts[SCALE_METRIC.scalerErrors], 1);
  });

  it("fails without any change if the group cannot be read, and does nothing if it does not exist", async () => {
    harness.decision = { desired: 3 };
    harness.onCall = (call) => void (call === "group" && awsFailure("Throttling"));
    await assert.rejects(harness.pass(), /Rate exceeded/);
    harness.onCall = () => undefined;
    harness.group = undefined;
    await harness.pass();
    assert.deepEqual([harness.acts, harness.asked], [[], []]);
  });

  it("stops before it acts once its time is over", async () => {
    harness.group = new FakeGroup(member(1));
    harness.decision = { desired: 3, terminate: [id(1)] };
    await assert.rejects(harness.pass(AbortSignal.abort(new Error("the pass took longer"))), /took longer/);
    assert.deepEqual(harness.acts, []);
  });

  describe("reads the group's history", () => {
    it("only if an instance is missing, has entered service, or was lost while it booted", async () => {
      harness.group = new FakeGroup(member(1), member(2, "Pending:Wait"));
      await harness.pass();
      assert.equal(harness.historyPages, 0, "all that is desired is there");
      harness.group.desired = 3;
      await harness.pass();
      assert.equal(harness.historyPages, 1, "one is missing");
      harness.group.desired = 2;
      harness.group.members = [member(1), member(3, "Pending")];
      await harness.pass();
      assert.equal(harness.historyPages, 2, "its replacement is there, but it is gone");
      await harness.pass();
      assert.equal(harness.historyPages, 2);
    });

    it("and gives the policy each failed launch once, with AWS's words for the newest", async () => {
      harness.group!.desired = 2;
      const failed = (at: number, message: string) => launch(undefined, at - 5000, at, { status: "Failed", message });
      harness.activities = [[failed(NOW - 500_000, "of an hour before this pool had a scaler")]];
      await harness.pass();
      harness.activities.unshift([failed(NOW + 8000, "InsufficientInstanceCapacity"), failed(NOW + 7000, "VcpuLimitExceeded")]);
      await harness.passAfter(10);
      await harness.passAfter(10);
      const news = harness.asked.map(({ fleet: { failedLaunches, lastFailure } }) => [failedLaunches, lastFailure]);
      assert.deepEqual(news, [
        [0, undefined],
        [2, "InsufficientInstanceCapacity"],
        [0, undefined],
      ]);
      assert.equal(harness.observer.counts[SCALE_METRIC.failedLaunches], 2);
    });

    it("but takes no failure that was overcome minutes ago for the reason why an instance is missing now", async () => {
      await harness.pass();
      harness.clock.advance(600_000);
      harness.group!.desired = 1;
      harness.activities = [[launch(2, NOW + 5000, NOW + 40_000), launch(undefined, NOW + 1000, NOW + 2000, { status: "Failed" })]];
      await harness.pass();
      assert.deepEqual([harness.historyPages, harness.asked[1]!.fleet.failedLaunches], [1, 0]);
    });

    it("and counts failed launches later if it cannot be read now", async () => {
      harness.group!.desired = 1;
      harness.activities = [[launch(4, NOW - 5000, NOW - 1000, { status: "Cancelled", message: "the launch hook was abandoned" })]];
      harness.onCall = (call) => void (call === "activities" && awsFailure("Throttling"));
      await harness.pass();
      harness.onCall = () => undefined;
      await harness.passAfter(60);
      assert.deepEqual(
        harness.asked.map(({ fleet }) => fleet.failedLaunches),
        [0, 1],
      );
    });

    it("no further than 5 pages, however much has happened", async () => {
      harness.group!.desired = 1;
      harness.activities = Array.from({ length: 50 }, (_, page) => [launch(page, NOW - page, NOW)]);
      await harness.pass();
      assert.equal(harness.historyPages, 5);
    });
  });
});
