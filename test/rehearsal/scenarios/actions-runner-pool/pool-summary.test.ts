import assert from "node:assert/strict";
import { poolReport } from "../../../../rehearsal/scenarios/actions-runner-pool/pool-report";
import { poolSummary } from "../../../../rehearsal/scenarios/actions-runner-pool/pool-summary";
import { drained, FOLLOWED, measured } from "./measured";

describe("the table at the end of a rehearsal", () => {
  it("says how the pool followed its queue, and nothing of it for a pool without a source of demand", () => {
    const row = /^follows queue +0 to 3 to 0 in service in 304 s, 4 launches, 9 passes of the scaler; 1 lost\s+delivery found$/m;
    assert.match(poolSummary(measured(drained(), { demand: FOLLOWED })), row);
    const without = measured(drained());
    assert.doesNotMatch(poolSummary(without), /queue +0 to|scaler|deliver/);
    assert.doesNotMatch(JSON.stringify(without), /scaler|lostDeliveries/);
  });

  it("gives the time in the queue in seconds", () => {
    assert.match(
      poolSummary(measured(drained())),
      /^queue +median 0\.1 s, p95 0\.1 s, p99 0\.1 s, max 0\.1 s of 1 \(queued to started\)$/m,
    );
    assert.match(poolSummary(measured([])), /^queue +no job started/m);
  });

  it("fits into 100 columns however many functions make calls, each line below the value that it continues", () => {
    const functions = Array.from({ length: 9 }, (_, index) => `ci-runners-dev-runners-function-${index}`);
    const apiCalls = Object.fromEntries(functions.map((name) => [name, { "s3:GetObject": 1, "ec2:RunInstances": 2 }]));
    const lines = poolSummary(measured(drained(), { apiCalls })).split("\n");
    assert.deepEqual(
      lines.filter((line) => line.length > 100),
      [],
    );
    const from = lines.findIndex((line) => line.startsWith("calls to AWS"));
    const to = lines.findIndex((line) => line.startsWith("engine"));
    const column = lines[from]!.indexOf("3 by");
    const values = lines.slice(from, to).map((line) => line.slice(column));
    assert.equal(values.join(" "), functions.map((name) => `3 by ${name}`).join(", "));
    assert.ok(values.length > 1);
  });
});

describe("the report of a pool", () => {
  it("has a card for the queue, with and without a source of demand", () => {
    for (const changes of [{}, { demand: FOLLOWED }]) {
      const html = poolReport(measured(drained(), changes), drained());
      assert.match(html, /<p>Queue<\/p><b>0\.1 s<\/b>/);
    }
  });

  it("says how the pool followed its queue", () => {
    const html = poolReport(measured(drained(), { demand: FOLLOWED }), drained());
    assert.match(html, /<p>Follows queue<\/p><b>0 → 3 → 0<\/b><p>4 launches in 304 s, 1 lost delivery found<\/p>/);
    assert.doesNotMatch(poolReport(measured(drained()), drained()), /Follows queue/);
  });
});
