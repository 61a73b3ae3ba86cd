import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { locate, type LocatedEngine } from "../engine/locate";
import { machineImage } from "../hosts/image";
import { SUITE, type Suite } from "../hosts/image-recipe";
import { cleanUpDeadRuns, openRun, type Run } from "../hosts/systemd";

/** What a rehearsal needs before it starts. */
export interface Prepared {
  engine: LocatedEngine;
  /** Folder for everything that the rehearsal writes; must be closed last. */
  run: Pick<Run, "dir" | "close">;
  /** Only with real machines. */
  machines?: { run: Run; images: readonly string[] };
}

/** What the machines' images are made of. */
export interface MachineSystems {
  /** Debian packages to install on the machines besides the usual ones. */
  packages?: readonly string[];
  /** Debian's releases, which are assigned to new machines round-robin. Default: Debian 12 alone. */
  suites?: readonly Suite[];
}

export async function prepare(
  hosts: "systemd" | "simulated",
  { packages, suites = [SUITE] }: MachineSystems,
  progress: (line: string) => void,
): Promise<Prepared> {
  if (hosts === "simulated") return { engine: await locate({ progress }), run: folderRun() };
  // In parallel: the first time each takes minutes, and one compiles while the other downloads.
  const [engine, images] = await settleBoth(locate({ progress }), imagesOf(suites, packages, progress));
  await cleanUpDeadRuns();
  const run = openRun();
  return { engine, run, machines: { run, images } };
}

/** One after another: their builds exclude each other. */
async function imagesOf(
  suites: readonly Suite[],
  packages: readonly string[] | undefined,
  progress: (line: string) => void,
): Promise<string[]> {
  const images: string[] = [];
  for (const suite of suites) images.push(await machineImage({ packages, suite, progress }));
  return images;
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
