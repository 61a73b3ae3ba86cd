import assert from "node:assert/strict";
import { LOG } from "../../../contract/actions-runner-pool/host";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { Daemon } from "../../../host-config/actions-runner-pool/agent/daemon";
import { ticks } from "./daemon-rig";
import { FakeHost, START } from "./fake-host";

const COUNT = `count ${METRIC.refusedJobs}`;

describe("a job that GitHub refuses to a runner that had acknowledged it", () => {
  const counted = (host: FakeHost) => host.acts.filter((act) => act === COUNT).length;

  it("is logged and counted once, however often the agent reads of it", async () => {
    const host = new FakeHost();
    const daemon = new Daemon(host);
    await ticks(host, daemon, 3);
    host.seen.skippedAt = START;
    await ticks(host, daemon, 5);
    assert.equal(counted(host), 1);
    // The listener's next word, or its next start, replaces the last one.
    host.seen.skippedAt = undefined;
    await ticks(host, daemon, 5);
    host.seen.skippedAt = START + 61_000;
    await ticks(host, daemon, 5);
    assert.equal(counted(host), 2);
    assert.equal(host.messages().filter((message) => message === LOG.jobRefused).length, 2);
  });

  it("is not counted again by an agent that restarts", async () => {
    const host = new FakeHost();
    host.seen.skippedAt = START;
    await ticks(host, new Daemon(host), 5);
    assert.equal(counted(host), 0);
  });

  it("costs nothing but its count when CloudWatch does not answer: the agent goes on", async () => {
    const host = new FakeHost();
    const daemon = new Daemon(host);
    await ticks(host, daemon, 3);
    host.awsFails = new Error("Rate exceeded");
    host.seen.skippedAt = START;
    await ticks(host, daemon, 2);
    host.awsFails = undefined;
    Object.assign(host.seen, { announced: "busy", announcedAt: host.time, workers: 1 });
    await ticks(host, daemon, 3);
    assert.equal(counted(host), 1);
    assert.equal(host.protectedNow, true);
  });
});
