import assert from "node:assert/strict";
import { PERSISTENT_LOG } from "../../../contract/persistent-runner/host";
import { UNFINISHED } from "../../../contract/persistent-runner/lease";
import { preparationDigest } from "../../../contract/persistent-runner/order";
import { boot } from "../../../host-config/persistent-runner/agent/boot";
import { FakeBootHost, GIB, ROOMY } from "./fake-boot-host";
import { ORDER } from "./fixtures";

const DIGEST = preparationDigest(ORDER);

describe("a boot of a persistent machine", () => {
  let host: FakeBootHost;
  beforeEach(() => (host = new FakeBootHost()));

  it("on a prepared machine mounts its volumes, says that it is ready, and only then starts the runner", async () => {
    assert.equal(await boot(host), "running");
    assert.deepEqual(host.done, ["end former processes", "mount", "settle", "configure", `ready ${DIGEST}`, "lift", "start"]);
  });

  it("prepares the machine anew if bundle or configuration changed, and counts as prepared only at the end", async () => {
    host.kept = "another";
    host.failing["prepare"] = new Error("packages: no space");
    await assert.rejects(boot(host), /no space/);
    assert.equal(host.kept, UNFINISHED, "an order that names the former release again would find it half replaced");
    host.failing = {};
    await boot(host);
    assert.deepEqual(host.done.slice(-6), ["keep prepared", "settle", "configure", `ready ${DIGEST}`, "lift", "start"]);
    assert.equal(host.kept, DIGEST);
  });

  it("to provision, it reports to the lease what it was prepared by and goes off, whatever its disks have free", async () => {
    const { generation, bundle, configuration } = ORDER;
    host.order = { generation, purpose: "provision", bundle, configuration };
    host.kept = undefined;
    host.measured = [[{ ...ROOMY, used: 99 }]];
    assert.equal(await boot(host), "off");
    assert.deepEqual(host.done, ["end former processes", "install loader", "prepare", "keep prepared", `ready ${DIGEST}`, "off"]);
  });

  it("never starts a runner for a run that has released the machine meanwhile, but goes off", async () => {
    host.leaseAnswers = [false];
    assert.equal(await boot(host), "off");
    assert.ok(!host.done.includes("start"));
    assert.equal(host.done.at(-1), "off");
    assert.deepEqual(host.logged.at(-1)?.message, PERSISTENT_LOG.notOurs);
  });

  it("starts no runner that the lease does not know of: a table that does not answer is asked three times, then the boot fails", async () => {
    host.leaseAnswers = [new Error("throttled"), new Error("throttled"), true];
    assert.equal(await boot(host), "running");
    assert.deepEqual(host.slept, [2_000, 10_000]);
    host = new FakeBootHost();
    host.leaseAnswers = [new Error("throttled")];
    await assert.rejects(boot(host), /throttled/);
    assert.equal(host.done.filter((what) => what.startsWith("ready")).length, 3);
    assert.ok(!host.done.includes("start"));
  });

  it("gives every failure as its reason to the lease and the log, and the first reason even if the lease cannot be written", async () => {
    host.failing["mount"] = new Error("storage: the volume did not appear");
    host.failing["failed storage: the volume did not appear"] = new Error("denied");
    await assert.rejects(boot(host), /did not appear/);
    const [error] = host.logged.filter(({ level }) => level === "error");
    assert.deepEqual(error, {
      level: "error",
      message: PERSISTENT_LOG.bootFailed,
      fields: { reason: "storage: the volume did not appear", generation: 7 },
    });
    assert.ok(host.done.includes("failed storage: the volume did not appear"));
  });

  describe("with a full disk", () => {
    const full = { ...ROOMY, path: "/ci-cache", used: 85, available: 5 * GIB };
    const evicted = () => host.done.filter((what) => what.startsWith("evict"));

    it("evicts one cache after the other until there is room, and no more than that", async () => {
      host.measured = [[full], [ROOMY]];
      assert.equal(await boot(host), "running");
      assert.deepEqual(evicted(), ["evict first"]);
    });

    it("takes no job if even all caches were not enough, and says which disk and what helps", async () => {
      host.measured = [[full]];
      await assert.rejects(boot(host), /^Error: disk: \/ci-cache: 85 % used, 5\.0 GiB free, below 80 % needed: enlarge cacheVolume/);
      assert.deepEqual(evicted(), ["evict first", "evict second"]);
      assert.ok(!host.done.some((what) => /^(ready|start|configure)/.test(what)));
      assert.ok(host.logged.some(({ message }) => message === PERSISTENT_LOG.diskFull));
    });

    it("evicts nothing of a disk that is not the full one, and goes on with the next where something could not be evicted", async () => {
      host.measured = [[{ ...ROOMY, used: 95 }], [{ ...ROOMY, used: 95 }]];
      host.failing["evict logs"] = new Error("read-only file system");
      await assert.rejects(boot(host), /disk: \/: 95 % used/);
      assert.deepEqual(evicted(), ["evict logs"]);
      host = new FakeBootHost();
      host.measured = [[full], [full], [ROOMY]];
      host.failing["evict first"] = new Error("not empty");
      assert.equal(await boot(host), "running");
      assert.deepEqual(evicted(), ["evict first", "evict second"]);
    });

    it("makes room before a preparation, which writes, too, and has the next boot's limits written before it can be cut short", async () => {
      host.kept = "another";
      host.measured = [[full], [ROOMY]];
      await boot(host);
      assert.deepEqual(host.done.slice(0, 6), [
        "end former processes",
        "mount",
        "evict first",
        "install loader",
        "keep unfinished",
        "prepare",
      ]);
    });
  });

  it("says that it is ready only once Docker answers: a run would wait for a label that no runner comes with", async () => {
    host.failing["settle"] = new Error("docker: the engine does not answer within 60 s");
    await assert.rejects(boot(host), /does not answer/);
    assert.ok(!host.done.some((what) => what.startsWith("ready")));
  });
});
