import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { holdSnaps } from "../../../host-config/shared/hold-snaps";

describe("Docker as a snap", () => {
  const warned: string[] = [];
  const log = { warn: (message: string) => void warned.push(message) };
  let snaps: string;
  beforeEach(() => (snaps = mkdtempSync(join(tmpdir(), "snaps-"))));
  afterEach(() => rmSync(snaps, { recursive: true, force: true }));

  it("is never refreshed under a job, and an image without it needs no snapd", async () => {
    const ran: string[] = [];
    const run = async (file: string, args: string[]) => void ran.push([file, ...args].join(" "));
    await holdSnaps(log, snaps, run);
    assert.deepEqual(ran, []);
    mkdirSync(join(snaps, "docker"));
    await holdSnaps(log, snaps, run);
    assert.deepEqual(ran, ["snap refresh --hold docker"]);
  });

  it("never costs a launch because snapd refuses to hold it, but is reported", async () => {
    mkdirSync(join(snaps, "docker"));
    await holdSnaps(log, snaps, async () => Promise.reject(new Error("unknown flag `hold'")));
    assert.deepEqual(warned, ["the snap of a container engine could not be held"]);
  });
});
