import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "../../build/build";
import { artefacts } from "../../components/shared/artefacts";
import { DIST, ROOT } from "../../components/shared/package-layout";

/** Puts a copy of the project's `dist/` below `out`, or builds there if the project's is missing, damaged or older than its sources. */
export async function copyOrBuild(out: string): Promise<void> {
  try {
    artefacts();
  } catch {
    await build(out);
    return;
  }
  cpSync(join(ROOT, DIST), join(out, DIST), { recursive: true });
}

let folder: string | undefined;
let copying: Promise<void> | undefined;

/** Parent folder of a `dist/` with the deployed bytes. A copy, since a run writes files beside a bundle; one for all test files of a process. */
export async function builtFunctions(): Promise<string> {
  folder ??= mkdtempSync(join(tmpdir(), "ci-runners-bundles-"));
  await (copying ??= copyOrBuild(folder));
  return folder;
}

// Not a root hook: a worker of parallel tests runs several files, and its root hooks after the first of them.
process.once("exit", () => {
  if (folder !== undefined) rmSync(folder, { recursive: true });
});
