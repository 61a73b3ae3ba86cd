import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { locate, type LocatedEngine } from "../engine/locate";
import { machineImage } from "../hosts/image";
import { type ImageContent, SUITE, type Suite, TEAM_IMAGE } from "../hosts/image-recipe";
import { cleanUpDeadRuns, openRun, type Run } from "../hosts/systemd";
import type { MachineFeatures } from "../hosts/systemd/machine-features";

/** What a rehearsal needs before it starts. */
export interface Prepared {
  engine: LocatedEngine;
  /** Folder for everything that the rehearsal writes; must be closed last. */
  run: Pick<Run, "dir" | "close">;
  /** Only with real machines. */
  machines?: { run: Run; images: readonly string[]; features?: MachineFeatures };
}

/** What the machines' images are made of, and what the machines get besides. */
export interface MachineSystems {
  /** Debian packages to install on the machines besides the usual ones. */
  packages?: readonly string[];
  /** Debian packages that the machines can install without a network. */
  archive?: readonly string[];
  /** Debian's releases, which are assigned to new machines round-robin. Default: Debian 12 alone. */
  suites?: readonly Suite[];
  features?: MachineFeatures;
}

/** Machines for what a team puts on them: Docker, packages, volumes. */
export const TEAM_MACHINES: MachineSystems = { ...TEAM_IMAGE, features: { containers: true } };

export async function prepare(
  hosts: "systemd" | "simulated",
  { suites = [SUITE], features, ...content }: MachineSystems,
  progress: (line: string) => void,
): Promise<Prepared> {
  if (hosts === "simulated") return { engine: await locate({ progress }), run: folderRun() };
  // In parallel: the first time each takes minutes, and one compiles while the other downloads.
  const [engine, images] = await settleBoth(locate({ progress }), imagesOf(suites, content, progress));
  await cleanUpDeadRuns();
  const run = openRun();
  return { engine, run, machines: { run, images, features } };
}

/** One after another: their builds exclude each other. */
async function imagesOf(suites: readonly Suite[], content: ImageContent, progress: (line: string) => void): Promise<string[]> {
  const images: string[] = [];
  for (const suite of suites) images.push(await machineImage({ ...content, suite, progress }));
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
