import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { locate, type LocatedEngine } from "../engine/locate";
import { machineImage } from "../hosts/image";
import { cleanUpDeadRuns, openRun, type Run } from "../hosts/systemd";

/** What a rehearsal stands on, once it is there. */
export interface Prepared {
  engine: LocatedEngine;
  /** Folder for all that the rehearsal writes; closing it is the last act. */
  run: Pick<Run, "dir" | "close">;
  /** Only with real machines. */
  machines?: { run: Run; image: string };
}

/** @param packages Debian packages that the machines have besides the usual ones. */
export async function prepare(
  hosts: "systemd" | "simulated",
  packages: readonly string[],
  progress: (line: string) => void,
): Promise<Prepared> {
  if (hosts === "simulated") return { engine: await locate({ progress }), run: plainRun() };
  // Both take minutes on a machine that has neither, and wait for different things: one compiles, one downloads.
  const [engine, image] = await bothEnded(locate({ progress }), machineImage({ packages, progress }));
  await cleanUpDeadRuns();
  const run = openRun();
  return { engine, run, machines: { run, image } };
}

/** Waits for both even if one fails: what goes on in the background would outlive the error's message. */
async function bothEnded<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  const [one, other] = await Promise.allSettled([first, second]);
  if (one.status === "rejected") throw one.reason;
  if (other.status === "rejected") throw other.reason;
  return [one.value, other.value];
}

/** Without machines a run is a folder. */
function plainRun(): Pick<Run, "dir" | "close"> {
  const dir = mkdtempSync(join(tmpdir(), "cir-"));
  return { dir, close: async () => rmSync(dir, { recursive: true, force: true }) };
}
