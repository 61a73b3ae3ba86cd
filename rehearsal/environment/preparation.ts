import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { locate, type LocatedEngine } from "../engine/locate";
import { machineImage } from "../hosts/image";
import { cleanUpDeadRuns, openRun, type Run } from "../hosts/systemd";

/** What a rehearsal needs before it starts. */
export interface Prepared {
  engine: LocatedEngine;
  /** Folder for everything that the rehearsal writes; must be closed last. */
  run: Pick<Run, "dir" | "close">;
  /** Only with real machines. */
  machines?: { run: Run; image: string };
}

/** @param packages Debian packages to install on the machines besides the usual ones. */
export async function prepare(
  hosts: "systemd" | "simulated",
  packages: readonly string[],
  progress: (line: string) => void,
): Promise<Prepared> {
  if (hosts === "simulated") return { engine: await locate({ progress }), run: folderRun() };
  // In parallel: the first time each takes minutes, and one compiles while the other downloads.
  const [engine, image] = await settleBoth(locate({ progress }), machineImage({ packages, progress }));
  await cleanUpDeadRuns();
  const run = openRun();
  return { engine, run, machines: { run, image } };
}

/** Waits for both even if one fails; otherwise the other would continue in the background after the error. */
async function settleBoth<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  const [firstResult, secondResult] = await Promise.allSettled([first, second]);
  if (firstResult.status === "rejected") throw firstResult.reason;
  if (secondResult.status === "rejected") throw secondResult.reason;
  return [firstResult.value, secondResult.value];
}

/** Without machines, a run is only a folder. */
function folderRun(): Pick<Run, "dir" | "close"> {
  const dir = mkdtempSync(join(tmpdir(), "cir-"));
  return { dir, close: async () => rmSync(dir, { recursive: true, force: true }) };
}
