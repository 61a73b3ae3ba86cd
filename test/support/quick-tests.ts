import { importGraph, reachable, sources } from "./imports";

/** Modules that start an engine or a machine, install packages, or need clients that others wrote. */
const SLOW = [
  "rehearsal/engine/engine.ts",
  "rehearsal/engine/build.ts",
  "rehearsal/hosts/systemd/",
  "test/package/installed-package.ts",
  "test/promotion/npm-package.ts",
  "test/promotion/dev-to-prod.test.ts",
  "test/examples/projects.ts",
  "test/contracts/clients/",
];

/** The proofs, which take minutes of processor time, and the simulation's long days: `npm run check:proofs`. */
const PROOFS = ["test/proofs/", "test/rehearsal/simulation/simulate.test.ts"];

/**
 * The test files of `npm run check:quick`: those that need neither a machine nor an engine, because they import no module
 * that starts one. A new test file is among them without being listed.
 */
export function quickTests(): string[] {
  const files = sources();
  const graph = importGraph(files, { types: false });
  const isSlow = (file: string) => SLOW.some((path) => file.startsWith(path));
  return files.filter(
    (file) => file.endsWith(".test.ts") && !PROOFS.some((path) => file.startsWith(path)) && ![...reachable(graph, file)].some(isSlow),
  );
}
