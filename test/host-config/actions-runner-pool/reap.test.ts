import assert from "node:assert/strict";
import { reap } from "../../../host-config/actions-runner-pool/agent/reap";
import { FakeHost } from "./fake-host";

describe("the reap before a listener starts", () => {
  it("lowers the fence of a killed drain and clears the mark of an earlier forced stop, which is still to be counted", async () => {
    const host = new FakeHost();
    host.seen = { workers: 0 };
    host.fence = true;
    host.marks = { set: true, uncounted: true };
    await reap(host);
    assert.equal(host.fence, false);
    assert.deepEqual(host.marks, { set: false, uncounted: true });
    assert.equal(host.seconds(), 0, "a clean start must not wait");
  });

  it("waits for the job of a worker that outlived its listener, then kills what is left", async () => {
    const host = new FakeHost();
    host.seen = { workers: 1 };
    host.mainAlive = false;
    host.at(90_000, () => (host.seen = { workers: 0 }));
    await reap(host);
    assert.ok(host.seconds() >= 90);
    assert.deepEqual(
      host.acts.filter((act) => act.includes("LOST")),
      [],
    );
    assert.equal(host.acts.at(-2), "kill leftovers");
    assert.equal(host.fence, false);
  });

  it("waits for what an earlier listener left if its signs cannot be read at first, instead of failing at every start", async () => {
    const host = new FakeHost();
    host.seen = { workers: 0 };
    host.mainAlive = false;
    const { read } = host.signs;
    host.signs.read = async () => (host.seconds() < 30 ? Promise.reject(new Error("EACCES")) : read());
    await reap(host);
    assert.ok(host.seconds() >= 30);
    assert.equal(host.acts.at(-2), "kill leftovers");
  });

  it("starts no listener beside a process that SIGKILL does not end: it would see the next job's secrets", async () => {
    const host = new FakeHost();
    host.seen = { workers: 0 };
    host.unkillable = true;
    await assert.rejects(reap(host), /processes of an earlier job survive SIGKILL/);
  });

  it("ends what jobs may have made of the reader of diagnostics, before the next job shares its uid with it", async () => {
    const host = new FakeHost();
    host.config.logs = { group: "g", diagnostics: true };
    host.seen = { workers: 0 };
    await reap(host);
    assert.deepEqual(host.acts.slice(-3), ["kill leftovers", "fence down", "end reader"]);
  });

  it("drains a listener that outlived runsvc.sh, because it still accepts jobs", async () => {
    const host = new FakeHost().job({ message: -900, acquired: -500, spawned: -100, end: 20_000 });
    host.mainAlive = false;
    host.advance(0);
    await reap(host);
    assert.ok(host.seconds() > 20);
    assert.ok(host.acts.includes("interrupt 7"));
    assert.ok(!host.acts.includes("JOB LOST"));
  });
});
