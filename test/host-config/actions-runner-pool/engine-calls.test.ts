import assert from "node:assert/strict";
import { complete } from "../../../host-config/actions-runner-pool/agent/complete";
import { reap } from "../../../host-config/actions-runner-pool/agent/reap";
import { FakeHost } from "./fake-host";

describe("the agent of a host with a rootless engine", () => {
  let host: FakeHost;
  beforeEach(() => {
    host = new FakeHost();
    host.config.docker = "rootless";
  });

  it("starts no listener beside containers of an earlier job", async () => {
    host.seen = { workers: 0 };
    await reap(host);
    assert.deepEqual(host.acts.slice(-3), ["kill leftovers", "fence down", "settle engine"]);
  });

  it("starts none if the engine does not answer: its job's first step would fail", async () => {
    host.seen = { workers: 0 };
    host.engineFails = new Error("the engine does not answer");
    await assert.rejects(reap(host), /the engine does not answer/);
  });

  it("has it forget its containers at a return, after the user's processes and before what could start others", async () => {
    host.target = "Warmed:Stopped";
    host.active = "inactive";
    host.seen = { workers: 0 };
    assert.equal(await complete(host), "returned");
    const from = host.acts.indexOf("end processes");
    assert.deepEqual(host.acts.slice(from, from + 4), ["end processes", "reset engine", "disarm", "end processes"]);
  });

  it("does not use a returned machine again on which it kept its containers", async () => {
    host.target = "Warmed:Stopped";
    host.active = "inactive";
    host.seen = { workers: 0 };
    host.engineFails = new Error("container data is left");
    await complete(host);
    assert.ok(!host.acts.includes("restore") && !host.acts.includes("clear service"), host.acts.join(", "));
  });
});

describe("the agent of a host whose logs are delivered", () => {
  it("delivers them before the completion, which ends the machine", async () => {
    const host = new FakeHost();
    host.config.logs = { group: "/ci-runners/pool", diagnostics: true };
    host.target = "Terminated";
    host.active = "inactive";
    host.seen = { workers: 0 };
    assert.equal(await complete(host), "completed");
    assert.deepEqual(host.acts.slice(-2), ["flush logs", "complete pool-terminate CONTINUE"]);
  });
});
