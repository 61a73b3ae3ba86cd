import assert from "node:assert/strict";
import { METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { bundleKey, setupKey } from "../../../../contract/shared/host-bundle";
import { sweepBundles } from "../../../../functions/actions-runner-pool/sweep/bundle-sweep";
import type { StoredBundle } from "../../../../functions/shared/aws/stored-bundles";
import { clockAt } from "../../support/clock";
import { RecordingObserver } from "../../support/observer";

const DAY = 24 * 3_600_000;
const NOW = Date.parse("2026-11-22T12:00:00Z");
const key = (n: number) => bundleKey(n.toString(16).padStart(64, "0"));
/** The number is the age in days, and makes the key. */
const uploaded = (...days: number[]): StoredBundle[] => days.map((n) => ({ key: key(n), uploadedAt: new Date(NOW - n * DAY) }));

describe("host bundles that no launch template needs", () => {
  const monthly = [0, 30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 330, 360];
  const deployed = key(0);

  it("push out no setup script, and are pushed out by none, because scripts change more often", async () => {
    const script = (n: number) => setupKey(n.toString(16).padStart(64, "0"));
    const scripts = uploaded(...Array.from({ length: 14 }, (_, n) => 31 + n)).map((one, n) => ({ ...one, key: script(n) }));
    const swept = async (setup: object) => {
      const deleted: string[] = [];
      const ports = {
        bundles: async () => [...uploaded(...monthly), ...scripts],
        deleteBundle: async (_bucket: string, one: string) => void deleted.push(one),
        clock: clockAt(NOW),
      };
      await sweepBundles(ports, { bucket: "b", deployed, ...setup }, new RecordingObserver());
      return deleted;
    };
    const bundles = [300, 330, 360].map(key);
    // Also those of a pool that has none any more: the template before may be needed for a rollback.
    assert.deepEqual(await swept({}), [...bundles, ...[10, 11, 12, 13].map(script)]);
    const named = { deployed: script(11), previous: script(13) };
    assert.deepEqual(await swept({ setup: named }), [...bundles, ...[10, 12].map(script)]);
    assert.deepEqual(await swept({ setup: { deployed: script(99) } }), [], "not the bucket that the group needs");
  });

  it("never fail a deployment when S3 does", async () => {
    for (const failing of ["bundles", "deleteBundle"] as const) {
      const observer = new RecordingObserver();
      const deleted: string[] = [];
      const ports = {
        bundles: async () => uploaded(...monthly),
        deleteBundle: async (_bucket: string, one: string) => void deleted.push(one),
        clock: clockAt(NOW),
        [failing]: async () => Promise.reject(new Error("SlowDown")),
      };
      await sweepBundles(ports, { bucket: "b", deployed }, observer);
      assert.deepEqual(deleted, []);
      assert.deepEqual(observer.messages("warn"), ["old host bundles could not be deleted; the next deployment tries again"]);
      assert.equal(observer.counts[METRIC.sweepErrors], 1);
    }
  });
});
