import assert from "node:assert/strict";
import { AGENT_ROUTES, LOG } from "../../../contract/actions-runner-pool/host";
import { Daemon } from "../../../host-config/actions-runner-pool/agent/daemon";
import { ticks } from "./daemon-rig";
import { FakeHost } from "./fake-host";

const HEADERS = { "x-ci-run": "o/r 7 1", "x-ci-job": "build" };

describe("the job that the agent has at work", () => {
  it("is that of the hook, from its first reading of the job on until the runner is idle", async () => {
    const host = new FakeHost();
    const daemon = new Daemon(host);
    await ticks(host, daemon, 5);
    Object.assign(host.seen, { announced: "busy", workers: 1 });
    await daemon.hint(AGENT_ROUTES.jobStarted, HEADERS);
    await ticks(host, daemon, 5);
    assert.equal(host.atWork?.job, "build");
    assert.equal(host.logged.filter(({ message }) => message === LOG.jobStarted).length, 1);
    Object.assign(host.seen, { announced: "idle", workers: 0 });
    await ticks(host, daemon, 5);
    assert.equal(host.atWork, undefined);
  });

  it("is kept once the instance terminates: the drain says which job it waited for", async () => {
    const host = new FakeHost();
    const daemon = new Daemon(host);
    await ticks(host, daemon, 5);
    Object.assign(host.seen, { announced: "busy", workers: 1 });
    await daemon.hint(AGENT_ROUTES.jobStarted, HEADERS);
    host.target = "Terminated";
    await ticks(host, daemon, 1);
    Object.assign(host.seen, { announced: "idle", workers: 0 });
    await ticks(host, daemon, 5);
    assert.equal(host.atWork?.job, "build");
  });

  it("decides nothing: a claim without a job protects no instance", async () => {
    const host = new FakeHost();
    const daemon = new Daemon(host);
    await ticks(host, daemon, 5);
    host.acts.length = 0;
    await daemon.hint(AGENT_ROUTES.jobStarted, HEADERS);
    await ticks(host, daemon, 5);
    assert.deepEqual(host.acts, []);
  });
});
