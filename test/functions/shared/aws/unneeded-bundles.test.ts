import assert from "node:assert/strict";
import { bundleKey } from "../../../../contract/shared/host-bundle";
import type { StoredBundle } from "../../../../functions/shared/aws/stored-bundles";
import { unneeded } from "../../../../functions/shared/aws/unneeded-bundles";

const DAY = 24 * 3_600_000;
const NOW = Date.parse("2026-11-22T12:00:00Z");
const key = (n: number) => bundleKey(n.toString(16).padStart(64, "0"));
/** The number is the age in days, and makes the key. */
const uploaded = (...days: number[]): StoredBundle[] => days.map((n) => ({ key: key(n), uploadedAt: new Date(NOW - n * DAY) }));
const numbers = (bundles: readonly StoredBundle[]) => bundles.map(({ uploadedAt }) => (NOW - uploadedAt.getTime()) / DAY);

describe("objects that no host installs any more", () => {
  const monthly = [0, 30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 330, 360];
  const deployed = key(0);

  it("are those before the last ten, so that a rollback to one of the last ten deployments still boots", () => {
    assert.deepEqual(numbers(unneeded(uploaded(...monthly), { deployed }, NOW)), [300, 330, 360]);
    assert.deepEqual(unneeded(uploaded(...monthly.slice(0, 10)), { deployed }, NOW), []);
  });

  it("are never the deployed one or the one before it, however many deployments failed after their upload", () => {
    const own = { deployed: key(330), previous: key(360) };
    assert.deepEqual(numbers(unneeded(uploaded(...monthly), own, NOW)), [300]);
  });

  it("are never younger than 30 days, however many were uploaded since", () => {
    const daily = Array.from({ length: 40 }, (_, day) => day);
    assert.deepEqual(numbers(unneeded(uploaded(...daily), { deployed }, NOW)), [31, 32, 33, 34, 35, 36, 37, 38, 39]);
  });

  it("are at most a hundred at a time, the oldest first", () => {
    const many = Array.from({ length: 300 }, (_, index) => index * 10);
    const found = numbers(unneeded(uploaded(...many), { deployed }, NOW));
    assert.deepEqual([found.length, found.at(0), found.at(-1)], [100, 2000, 2990]);
  });

  it("are none at all in a bucket without the deployed one: nothing there is what it seems", () => {
    assert.throws(() => unneeded(uploaded(...monthly), { deployed: key(999) }, NOW), /does not hold the deployed object/);
  });
});
