import assert from "node:assert/strict";
import type { Readiness } from "../../../../contract/actions-runner-pool/readiness";
import { type GroupView, readiness } from "../../../../functions/actions-runner-pool/sweep/readiness";
import type { Activity } from "../../../../functions/actions-runner-pool/shared/activities";
import { NAMES } from "../../support/events";

const NOW = Date.UTC(2026, 10, 1);
const ago = (seconds: number) => new Date(NOW - seconds * 1000);
const clock = { now: () => NOW, after: () => assert.fail("nothing is to wait here") };

const VIEW: GroupView = { createdAt: ago(90), minSize: 2, desired: 2, states: ["InService", "Pending:Wait"], suspended: [] };
const launch = (status: string, rest: Partial<Activity> = {}): Activity => ({
  description: "Launching a new EC2 instance: i-0123456789abcdef0",
  startedAt: ago(60),
  endedAt: ago(20),
  status,
  ...rest,
});

async function look(view: Partial<GroupView> = {}, activities: Activity[] = []): Promise<Readiness> {
  const ports = {
    view: async () => ({ ...VIEW, ...view }),
    activities: async function* () {
      yield activities;
      throw new Error("a second page was read");
    },
    clock,
  };
  const answer = await readiness(ports, { names: NAMES });
  if ("unknown" in answer) throw new assert.AssertionError({ message: answer.unknown });
  return answer;
}

describe("the readiness check of a new pool", () => {
  it("counts only instances in service as ready, and reports in which states the others are", async () => {
    const states: GroupView["states"] = ["InService", "Pending", "Pending:Wait", "Pending:Wait", "Terminating:Wait"];
    const { ageSeconds, inService, underway } = await look({ states });
    assert.deepEqual([ageSeconds, inService], [90, 1]);
    assert.deepEqual(underway, { Pending: 1, "Pending:Wait": 2, "Terminating:Wait": 1 });
  });

  const wants: [what: string, view: Partial<GroupView>, wanted: number][] = [
    ["the minimum, not a desired capacity that scaling raises faster than instances launch", { minSize: 2, desired: 9 }, 2],
    ["one instance of a pool without a minimum, since none would prove nothing", { minSize: 0, desired: 3 }, 1],
    ["nothing of a pool of size 0, for which a wait would never end", { minSize: 0, desired: 0 }, 0],
    ["nothing while the process Launch is suspended, for which a wait would never end", { suspended: ["AZRebalance", "Launch"] }, 0],
    ["the minimum while another process is suspended", { suspended: ["Terminate"] }, 2],
  ];
  for (const [what, view, wanted] of wants) {
    it(`wants ${what}`, async () => assert.equal((await look(view)).wanted, wanted));
  }

  it("reports an abandoned launch, whose activity is Cancelled, with its instance and Auto Scaling's text", async () => {
    const { failedLaunches, lastFailure } = await look({}, [
      launch("InProgress"),
      launch("Cancelled", { message: "it was abandoned" }),
      launch("Failed", { description: "Launching a new EC2 instance.  Status Reason: no capacity" }),
      launch("Successful"),
    ]);
    assert.equal(failedLaunches, 2);
    assert.deepEqual(lastFailure, { instanceId: "i-0123456789abcdef0", secondsAgo: 20, reason: "it was abandoned" });
  });

  it("reports a launch that EC2 refused, which has no instance and perhaps no message, by its description", async () => {
    const description = "Launching a new EC2 instance.  Status Reason: no capacity in eu-central-1a";
    const { lastFailure } = await look({}, [launch("Failed", { description, endedAt: undefined })]);
    assert.deepEqual(lastFailure, { secondsAgo: 60, reason: description });
  });

  it("never takes a failed termination for a failed launch", async () => {
    const description = "Terminating EC2 instance: i-0123456789abcdef0";
    assert.equal((await look({}, [launch("Failed", { description })])).failedLaunches, 0);
  });

  it("shortens an encoded authorization failure, which would fill the screen", async () => {
    const { lastFailure } = await look({}, [launch("Failed", { message: "x".repeat(4000) })]);
    assert.equal(lastFailure!.reason.length, 500);
  });

  it("never fails the deployment because AWS does not answer, or because the group is not visible yet", async () => {
    const activities = async function* () {};
    const refused = { view: async () => Promise.reject(new Error("Rate exceeded")), activities, clock };
    assert.deepEqual(await readiness(refused, { names: NAMES }), { unknown: "Rate exceeded" });
    const missing = { view: async () => undefined, activities, clock };
    assert.deepEqual(await readiness(missing, { names: NAMES }), { unknown: `there is no group ${NAMES.group}` });
  });
});
