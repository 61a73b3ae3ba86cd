import assert from "node:assert/strict";
import type { Delivery } from "../../../../functions/shared/github/api";
import { GitHubError } from "../../../../functions/shared/github/error";
import { lostDeliveries } from "../../../../functions/workflow-jobs/reconcile/deliveries";
import { Harness } from "../support/harness";

let next = 1;
const delivery = (guid: string, at: number, statusCode: number, fields: Partial<Delivery> = {}): Delivery => ({
  ...{ id: String(next++), guid, at, statusCode, redelivery: false, event: "workflow_job", action: "queued" },
  ...fields,
});

describe("lost deliveries", () => {
  it("are those that no attempt delivered, the last attempt of each, oldest first", () => {
    const all = [
      delivery("delivered", 10, 200),
      delivery("failed", 30, 503),
      delivery("timed-out", 20, 0),
      delivery("failed-then-delivered", 10, 502),
      delivery("failed-then-delivered", 40, 200, { redelivery: true }),
      delivery("failed-again", 10, 500),
      delivery("failed-again", 50, 500, { redelivery: true }),
      delivery("requested-just-now", 10, 500),
      delivery("requested-just-now", 90, 0, { redelivery: true }),
      delivery("another-event", 10, 500, { event: "push" }),
      delivery("in-flight", 100, 0),
    ];
    assert.deepEqual(
      lostDeliveries(all, 60).map(({ guid, at }) => `${guid} ${at}`),
      ["timed-out 20", "failed 30", "failed-again 50"],
    );
  });
});

describe("the request for lost deliveries", () => {
  let harness: Harness;
  beforeEach(async () => (harness = await Harness.create()));

  const ago = (seconds: number) => harness.clock.now() - seconds * 1000;

  it("is made in three runs at most, or a delivery that cannot succeed is sent for ever", async () => {
    harness.gitHub.delivered = [delivery("a", ago(60), 503), delivery("b", ago(90), 200)];
    for (let run = 0; run < 6; run++) {
      const before = harness.gitHub.redelivered.length;
      await harness.nextRun();
      if (harness.gitHub.redelivered.length > before) harness.gitHub.delivered.push(delivery("a", ago(-1), 400, { redelivery: true }));
    }
    assert.equal(harness.gitHub.redelivered.length, 3);
    assert.equal(harness.observer.counts.LostDeliveries, 3);
  });

  it("is made again if the repetition met the same outage, and no more once one has arrived", async () => {
    harness.gitHub.delivered = [delivery("a", ago(60), 503)];
    await harness.reconcile();
    harness.gitHub.delivered.push(delivery("a", ago(-1), 503, { redelivery: true }));
    await harness.nextRun();
    harness.gitHub.delivered.push(delivery("a", ago(-1), 200, { redelivery: true }));
    await harness.nextRun();
    await harness.nextRun();
    assert.equal(harness.gitHub.redelivered.length, 2);
  });

  it("waits for one that may still be answered", async () => {
    harness.gitHub.delivered = [delivery("young", ago(5), 0)];
    await harness.reconcile();
    assert.deepEqual(harness.gitHub.redelivered, []);
    await harness.nextRun();
    assert.equal(harness.gitHub.redelivered.length, 1);
  });

  it("is bounded in each run, and continues with the next of them", async () => {
    harness.gitHub.delivered = Array.from({ length: 50 }, (_, n) => delivery(`d${n}`, ago(100 - n), 503));
    await harness.reconcile();
    assert.equal(harness.gitHub.redelivered.length, 30);
    await harness.nextRun();
    assert.equal(new Set(harness.gitHub.redelivered).size, 50);
    assert.equal(harness.gitHub.redelivered.length, 50);
  });

  it("reads only the failed ones after a burst of thousands", async () => {
    harness.gitHub.complete = false;
    harness.gitHub.delivered = [delivery("a", ago(60), 503)];
    await harness.reconcile();
    assert.deepEqual(harness.gitHub.callsTo("deliveries"), ["deliveries all", "deliveries failed"]);
    assert.equal(harness.gitHub.redelivered.length, 1);
  });

  it("does not hide a failure: the next run begins where this one did", async () => {
    harness.gitHub.delivered = [delivery("a", ago(60), 503), delivery("b", ago(50), 503)];
    harness.gitHub.fault = (call) => {
      if (call.startsWith("redeliver") && harness.gitHub.redelivered.length === 1) throw new Error("down");
    };
    await harness.reconcile();
    assert.equal(harness.observer.counts.ReconcileErrors, 1);
    harness.gitHub.fault = () => {};
    await harness.nextRun();
    assert.equal(new Set(harness.gitHub.redelivered).size, 2);
    assert.equal(harness.gitHub.redelivered.length, 2);
  });

  it("goes on after one that always fails, and gives that one up after three runs", async () => {
    harness.gitHub.delivered = [delivery("a", ago(70), 503), delivery("b", ago(60), 503), delivery("c", ago(50), 503)];
    const { id } = harness.gitHub.delivered[0]!;
    harness.gitHub.fault = (call) => {
      if (call === `redeliver ${id}`) throw new GitHubError("422 Unprocessable", 422);
    };
    await harness.reconcile();
    assert.equal(harness.gitHub.redelivered.length, 2);
    assert.equal(harness.observer.counts.ReconcileErrors, 1);
    for (let run = 0; run < 5; run++) await harness.nextRun();
    assert.deepEqual([harness.gitHub.redelivered.length, harness.observer.counts.ReconcileErrors], [2, 3]);
  });

  it("ends after three that fail, which may take a minute, and the next runs get to the others", async () => {
    harness.gitHub.delivered = Array.from({ length: 7 }, (_, n) => delivery(`d${n}`, ago(100 - n), 503));
    const failing = harness.gitHub.delivered.slice(0, 6).map(({ id }) => `redeliver ${id}`);
    harness.gitHub.fault = (call) => {
      if (failing.includes(call)) throw new GitHubError("502", 502);
    };
    await harness.reconcile();
    assert.equal(harness.gitHub.callsTo("redeliver").length, 3);
    for (let run = 0; run < 6; run++) await harness.nextRun();
    assert.equal(harness.gitHub.redelivered.length, 1);
  });

  it("ends at a rate limit, and the next run begins where this one did", async () => {
    harness.gitHub.delivered = [delivery("a", ago(70), 503), delivery("b", ago(60), 503)];
    harness.gitHub.fault = (call) => {
      if (call.startsWith("redeliver")) throw new GitHubError("403 rate limit", 403, new Date(harness.clock.now() + 60_000));
    };
    await harness.reconcile();
    assert.equal(harness.gitHub.callsTo("redeliver").length, 1);
    harness.gitHub.fault = () => {};
    await harness.nextRun();
    assert.equal(harness.gitHub.redelivered.length, 2);
  });

  it("is not made while the App's webhook is another system's, which would get it", async () => {
    const { hookUrl } = harness.gitHub;
    harness.gitHub.delivered = [delivery("a", ago(60), 503)];
    harness.gitHub.hookUrl = "https://ci.example.com/hook";
    await harness.reconcile();
    assert.deepEqual(
      harness.gitHub.calls.filter((call) => /^(deliveries|redeliver)/.test(call)),
      [],
    );
    harness.gitHub.hookUrl = hookUrl;
    await harness.nextRun();
    assert.equal(harness.gitHub.redelivered.length, 1, "once it is ours again");
  });

  it("asks the organization's own webhook, and nothing of an operator's", async () => {
    harness.settings = { ...harness.settings, webhookScope: "manual" };
    harness.gitHub.delivered = [delivery("a", ago(60), 503)];
    await harness.reconcile();
    assert.deepEqual(harness.gitHub.redelivered, []);
    harness.settings = { ...harness.settings, webhookScope: "organization" };
    harness.gitHub.ownHooks = [{ id: 5, url: harness.settings.webhookUrl!, secret: "", events: ["workflow_job"], active: true }];
    await harness.reconcile();
    assert.equal(harness.gitHub.redelivered.length, 1);
  });
});
