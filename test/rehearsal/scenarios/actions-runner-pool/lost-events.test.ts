import assert from "node:assert/strict";
import { DETAIL_TYPE } from "../../../../contract/aws/lifecycle";
import { Cleanup } from "../../../../rehearsal/cleanup";
import { parseOptions } from "../../../../rehearsal/rehearsal-options";
import { type PoolOutcome, rehearse } from "../../../../rehearsal/scenarios/actions-runner-pool/rehearse";
import { openPoolEnvironment, type PoolEnvironment } from "../../../../rehearsal/scenarios/actions-runner-pool/pool-environment";

/** Several times the usual duration. Detects a hang; not a measurement. */
const BOUND_MS = 600_000;
const INSTANCES = 2;

/**
 * Auto Scaling's events are best effort, so each path must also work without its event. Here no termination event ever
 * arrives, and no event of the first launches.
 */
describe("a rehearsal with lost events", function () {
  this.timeout(BOUND_MS);
  const cleanup = new Cleanup();
  const lost = { launching: 0, terminating: 0, terminated: 0 };
  let environment: PoolEnvironment;
  let outcome: PoolOutcome;

  before(async () => {
    const options = parseOptions(["--hosts", "simulated", "--instances", `${INSTANCES}`, "--jobs", "4", "--scale-ins", "1"]);
    environment = await openPoolEnvironment({ options: options!, hosts: "simulated", say: () => undefined, cleanup });
    environment.aws.bus.settings.decide = (event) => {
      const kind = (["launching", "terminating", "terminated"] as const).find((one) => DETAIL_TYPE[one] === event["detail-type"]);
      if (kind === undefined || (kind === "launching" && (event.detail.Destination === "WarmPool" || lost.launching >= INSTANCES)))
        return "deliver";
      lost[kind] += 1;
      return "lose";
    };
    outcome = await rehearse(environment.context);
  });
  after(() => cleanup.run());

  it("completes and really loses events; otherwise the other tests would prove nothing", () => {
    assert.deepEqual(outcome.errors, []);
    assert.deepEqual(environment.aws.defects, []);
    assert.equal(lost.launching, INSTANCES);
    assert.ok(lost.terminating > INSTANCES && lost.terminated > INSTANCES, JSON.stringify(lost));
  });

  it("abandons no launch, because the sweep provides the registration token", () => {
    const logged = environment.aws.lambda.logs.filter(
      ({ functionName, line }) => functionName.endsWith("-sweep") && line.includes('"registration token provided"'),
    );
    assert.equal(logged.length, INSTANCES);
  });

  it("loses no job, because each host detects its own termination", () => {
    const ends = environment.context.timeline.events.flatMap((event) =>
      event.kind === "job" && ["succeeded", "failed", "lost"].includes(event.change) ? [event.change] : [],
    );
    assert.ok(ends.length >= 4);
    assert.deepEqual([...new Set(ends)], ["succeeded"]);
  });

  it("leaves no runner at GitHub and no token after destroy, because the final sweep removes them", () => {
    assert.deepEqual(environment.leftovers(), []);
    const last = environment.aws.lambda.logs.filter(({ line }) => line.includes('"final sweep: nothing is left"'));
    assert.equal(last.length, 1);
    assert.ok(JSON.parse(last[0]!.line).runnersDeleted > 0, "a final sweep that deleted nothing proves nothing");
  });

  it("needs no permissions beyond those granted", () => {
    assert.deepEqual(environment.aws.denied(), []);
  });
});
