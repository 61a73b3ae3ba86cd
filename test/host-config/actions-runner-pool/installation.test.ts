import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { awaitInstallation, installation } from "../../../host-config/actions-runner-pool/agent/installation";
import { ownInstanceId } from "../../../host-config/shared/instance-id";
import { volumesAtBoot } from "../../../host-config/actions-runner-pool/agent/volumes-at-boot";
import { FakeHost } from "./fake-host";

const OWN = "i-0123456789abcdef0";

describe("an image made from a machine of a pool", () => {
  it("starts no agent before its own installation, or it would be the other machine's runner", async () => {
    const host = new FakeHost();
    let on: string | undefined = "i-other";
    host.at(40_000, () => (on = OWN));
    assert.equal(await awaitInstallation(host, { on: () => on }), false, "it must start again with the new configuration");
    assert.ok(host.seconds() >= 40);
    assert.equal(host.messages().length, 1);
  });

  it("does not mount the other machine's volumes, where those of its own pool must be", async () => {
    const host = new FakeHost();
    const mounts: string[] = [];
    const boot = (on: string | undefined) => volumesAtBoot(host, { on: () => on }, async () => void mounts.push(on!));
    await boot(OWN);
    assert.deepEqual(mounts, [], "a pool without volumes");
    host.config.storage = { volumes: [{ device: "/dev/sdf", mountPoint: "/data" }] };
    await boot("i-other");
    await boot(undefined);
    assert.deepEqual(mounts, []);
    await boot(OWN);
    assert.deepEqual(mounts, [OWN]);
    host.imds.instanceId = () => Promise.reject(new Error("timeout"));
    await assert.rejects(boot(OWN), /timeout/, "then the unit fails, and no job starts without the volumes");
  });

  it("does not delay an agent on its own instance, and waits for the metadata", async () => {
    const host = new FakeHost();
    assert.equal(await awaitInstallation(host, { on: () => OWN }), true);
    assert.equal(host.seconds(), 0);
    const { instanceId } = host.imds;
    host.imds.instanceId = () => Promise.reject(new Error("timeout"));
    host.at(5_000, () => (host.imds.instanceId = instanceId));
    assert.equal(await awaitInstallation(host, { on: () => OWN }), true);
    assert.equal(host.messages().length, 1);
  });

  it("asks the metadata again when an answer is late, for a minute, because one timeout must not cost the launch", async () => {
    const host = new FakeHost();
    const { instanceId } = host.imds;
    host.imds.instanceId = () => Promise.reject(new Error("timeout"));
    host.at(50_000, () => (host.imds.instanceId = instanceId));
    assert.equal(await ownInstanceId(host), OWN);
    host.imds.instanceId = () => Promise.reject(new Error("timeout"));
    await assert.rejects(ownInstanceId(host), /timeout/);
    assert.ok(host.seconds() >= 110 && host.seconds() < 115, `${host.seconds()} s`);
  });

  it("is recognised by a record that survives until another is written", () => {
    const folder = mkdtempSync(join(tmpdir(), "installation-"));
    try {
      const record = installation(join(folder, "installed-on"));
      assert.equal(record.on(), undefined);
      record.record(OWN);
      assert.equal(record.on(), OWN);
      record.forget();
      assert.equal(record.on(), undefined);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
