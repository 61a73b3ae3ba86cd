import assert from "node:assert/strict";
import type { Readiness, ReadinessResult } from "../../../contract/actions-runner-pool/readiness";
import { waitUntilInService } from "../../../components/actions-runner-pool/readiness-wait";

const READY: Readiness = { ageSeconds: 5, inService: 1, wanted: 1, underway: {}, failedLaunches: 0 };
const FAILURE = { instanceId: "i-0123456789abcdef0", secondsAgo: 20, reason: "it was abandoned" };
const waits = (ageSeconds: number, rest: Partial<Readiness> = {}): Readiness => ({ ...READY, ageSeconds, inService: 0, ...rest });

/** A deployment that got these answers in turn, and began so many seconds before the first one. */
class Deployment {
  readonly lines: string[] = [];
  asked = 0;
  pauses = 0;

  constructor(
    private readonly answers: (ReadinessResult | Error)[],
    private readonly began = 100,
  ) {}

  wait(): Promise<void> {
    return waitUntilInService(
      { group: "ci-dev", launchTimeout: 900 },
      {
        ask: async () => {
          const answer = this.answers[this.asked++];
          assert.ok(answer, "it asked on after the last answer");
          if (answer instanceof Error) throw answer;
          return answer;
        },
        pause: async (milliseconds) => {
          assert.equal(milliseconds, 10_000);
          this.pauses += 1;
        },
        elapsed: () => this.began + this.pauses * 10,
        progress: (line) => void this.lines.push(`progress: ${line}`),
        info: (line) => void this.lines.push(`info: ${line}`),
        warn: (line) => void this.lines.push(`warn: ${line}`),
      },
    );
  }

  async failure(): Promise<string> {
    const error = await this.wait().then(
      () => undefined,
      (reason: Error) => reason,
    );
    assert.ok(error, this.lines.join("\n"));
    assert.ok("__pulumiRunError" in error, "the user would see a stack trace");
    return error.message;
  }
}

describe("the wait for the first instances of a pool", () => {
  it("ends with the first answer that they are in service, and shows the progress until then", async () => {
    const deployment = new Deployment([
      waits(1, { underway: { Pending: 1 } }),
      waits(11, { underway: { "Pending:Wait": 1 }, failedLaunches: 1, lastFailure: FAILURE }),
      { ...READY, ageSeconds: 21.4 },
    ]);
    await deployment.wait();
    assert.deepEqual(deployment.lines, [
      "progress: waiting for the first instances: 0 of 1 in service, 1 Pending after 1 s",
      "progress: waiting for the first instances: 0 of 1 in service, 1 Pending:Wait after 11 s; failed launches: 1, " +
        "the last 20 s ago (i-0123456789abcdef0): it was abandoned",
      "info: 1 of 1 in service after 21 s",
    ]);
    assert.deepEqual([deployment.asked, deployment.pauses], [3, 2]);
  });

  it("does not wait for a group that is older than the deployment, or every update of a pool in trouble would wait", async () => {
    const deployment = new Deployment([waits(101)], 100);
    await deployment.wait();
    assert.deepEqual([deployment.asked, deployment.lines], [1, []]);
  });

  it("waits for a group that the deployment created, however long the deployment has waited already", async () => {
    const deployment = new Deployment([waits(99), waits(109), waits(1190), { ...READY, ageSeconds: 1199 }], 99);
    await deployment.wait();
    assert.equal(deployment.asked, 4);
  });

  it("ends at once and without a word for a pool of size 0", async () => {
    const deployment = new Deployment([waits(1, { wanted: 0 })]);
    await deployment.wait();
    assert.deepEqual([deployment.asked, deployment.lines], [1, []]);
  });

  it("follows what is wanted, so that a pool that is paused meanwhile does not hold the deployment", async () => {
    const deployment = new Deployment([waits(1, { wanted: 2 }), waits(11, { wanted: 0 })]);
    await deployment.wait();
    assert.equal(deployment.asked, 2);
  });

  it("fails after launchTimeout and five minutes, and never before, with counts, the last failure, and the console's command", async () => {
    const failed = { underway: { "Pending:Wait": 1 }, failedLaunches: 3, lastFailure: FAILURE };
    const message = await new Deployment([waits(1), waits(1199, failed), waits(1200, failed)]).failure();
    for (const part of [
      "The pool ci-dev was created, but is not in service after 1200 s (launchTimeout 900 s and 300 s)",
      "0 of 1 in service, 1 Pending:Wait; failed launches: 3, the last 20 s ago (i-0123456789abcdef0): it was abandoned.",
      "aws ec2 get-console-output --latest --output text --instance-id i-0123456789abcdef0.",
      "run `pulumi up` again; it does not wait.",
    ]) {
      assert.ok(message.includes(part), `${message}\nlacks ${part}`);
    }
  });

  it("names no console for a launch that EC2 refused, but the command that lists all launches", async () => {
    const { instanceId: _, ...lastFailure } = FAILURE;
    const message = await new Deployment([waits(1), waits(1200, { failedLaunches: 1, lastFailure })]).failure();
    assert.ok(message.includes("aws autoscaling describe-scaling-activities --auto-scaling-group-name ci-dev."), message);
    assert.ok(!message.includes("get-console-output"), message);
  });

  it("points to launchTimeout if no launch has failed", async () => {
    assert.match(await new Deployment([waits(1), waits(1200)]).failure(), /raise launchTimeout/);
  });

  it("warns at once, and fails nothing, if the function cannot be invoked: a later invocation would not work either", async () => {
    const deployment = new Deployment([new Error("AccessDeniedException")]);
    await deployment.wait();
    assert.equal(deployment.lines.length, 1);
    assert.match(deployment.lines[0]!, /^warn: The pool ci-dev was created, but .* could not be read \(AccessDeniedException\)\./);
    assert.match(deployment.lines[0]!, /aws autoscaling describe-auto-scaling-groups --auto-scaling-group-names ci-dev$/);
  });

  it("survives two lost answers in a row, but not a third", async () => {
    const lost = [new Error("Task timed out"), { unknown: "Rate exceeded" }];
    const healed = new Deployment([waits(1), ...lost, waits(31), ...lost, { ...READY, ageSeconds: 61 }]);
    await healed.wait();
    assert.deepEqual(
      healed.lines.filter((line) => line.startsWith("warn")),
      [],
    );
    const broken = new Deployment([waits(1), ...lost, { unknown: "still" }]);
    await broken.wait();
    assert.match(broken.lines.at(-1)!, /^warn: .* could not be read \(still\)/);
  });

  it("asks again if only the group could not be read, since the function works", async () => {
    const deployment = new Deployment([{ unknown: "there is no group ci-dev" }, READY]);
    await deployment.wait();
    assert.equal(deployment.asked, 2);
  });

  it("ends silently with the engine: a program that outlives it would otherwise ask it for ever", async () => {
    const deployment = new Deployment([waits(1), new Error("Resource monitor is terminating")]);
    await deployment.wait();
    assert.deepEqual([deployment.asked, deployment.lines.length], [2, 1]);
  });
});
