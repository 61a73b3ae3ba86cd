import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A temporary folder for this suite's programs, so that what another test run on this machine has there is not taken for
 * left over. It is removed when the process ends: fixtures that several suites share may lie in it.
 */
export function ownTemporaryFolder(): { leftOver(): string[] } {
  const usual = process.env.TMPDIR;
  let folder: string | undefined;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "promotion-"));
    process.env.TMPDIR = folder;
    const path = folder;
    process.once("exit", () => rmSync(path, { recursive: true, force: true }));
  });
  after(() => {
    if (usual === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = usual;
  });
  return { leftOver: () => readdirSync(folder!).filter((name) => /^ci-runners-(release|rehearsal|index)-/.test(name)) };
}
