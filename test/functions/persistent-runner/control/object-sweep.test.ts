import assert from "node:assert/strict";
import { bundleKey, configurationKey, setupKey } from "../../../../contract/shared/host-bundle";
import { type ObjectPorts, sweepObjects } from "../../../../functions/persistent-runner/control/object-sweep";
import type { StartSettings } from "../../../../functions/persistent-runner/shared/settings";
import { clockAt } from "../../support/clock";
import { RecordingObserver } from "../../support/observer";
import { NOW, SETTINGS } from "../support/harness";

const DAY = 24 * 3_600_000;
const digest = (n: number) => n.toString(16).padStart(64, "0");
const pinned = (key: string, n: number) => ({ bucket: "objects", key, sha256: digest(n) });

describe("the sweep of what a persistent machine installs", () => {
  /** Of each kind 14, the newest one a month old, and named by its age in days. */
  const ages = Array.from({ length: 14 }, (_, n) => 31 + n);
  const stored = [bundleKey, configurationKey, setupKey].flatMap((key) =>
    ages.map((days) => ({ key: key(digest(days)), uploadedAt: new Date(NOW - days * DAY) })),
  );

  async function swept(changes: Partial<StartSettings>, ports: Partial<ObjectPorts> = {}) {
    const deleted: string[] = [];
    const observer = new RecordingObserver();
    const settings = { ...SETTINGS, bundle: pinned(bundleKey(digest(31)), 31), configuration: pinned(configurationKey(digest(31)), 31) };
    const all: ObjectPorts = {
      clock: clockAt(NOW),
      stored: async (bucket) => (assert.equal(bucket, "objects"), stored),
      delete: async (_bucket, key) => void deleted.push(key),
      ...ports,
    };
    await sweepObjects(all, { ...settings, ...changes }, observer);
    return { deleted: deleted.sort(), observer };
  }

  it("keeps ten of each kind: configurations change more often than bundles, which they must not push out", async () => {
    const { deleted } = await swept({ setupKey: setupKey(digest(31)) });
    const old = [41, 42, 43, 44].map(digest);
    assert.deepEqual(deleted, [bundleKey, configurationKey, setupKey].flatMap((key) => old.map(key)).sort());
  });

  it("never deletes what the next order names, however old it is", async () => {
    const changes = {
      bundle: pinned(bundleKey(digest(44)), 44),
      configuration: pinned(configurationKey(digest(44)), 44),
      setupKey: setupKey(digest(44)),
    };
    const { deleted } = await swept(changes);
    assert.equal(deleted.length, 9);
    for (const key of [bundleKey, configurationKey, setupKey]) assert.ok(!deleted.includes(key(digest(44))), key(digest(44)));
  });

  it("deletes nothing of a bucket that is not the machine's", async () => {
    const { deleted, observer } = await swept({ bundle: pinned(bundleKey(digest(99)), 99) });
    assert.deepEqual(deleted, []);
    assert.match(JSON.stringify(observer.lines), /does not hold the deployed object/);
  });

  it("fails no provisioning when S3 does", async () => {
    const failing = { delete: async () => Promise.reject(new Error("SlowDown")) };
    const { observer } = await swept({}, failing);
    assert.match(JSON.stringify(observer.lines), /SlowDown/);
  });
});
