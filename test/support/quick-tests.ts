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
  "test/examples/python-project.ts",
  "test/contracts/clients/",
];

/** The proofs, which take minutes of processor time, and the simulation's long days: `npm run check:proofs`. */
const PROOFS = ["test/proofs/", "test/rehearsal/simulation/simulate.test.ts"];

/**
 * Parts of the paths of the tests that start programs or wait for timeouts, of up to 30 s. Those that take longest come first,
 * so that none of them is alone at the end.
 */
export const WAITING = [
  "test/rehearsal/runner/service",
  "test/rehearsal/runner/update.",
  "test/rehearsal/runner/jobs.",
  "test/rehearsal/runner/supervision.",
  "test/host-config/actions-runner-pool/bundle.",
  "test/build/build.",
  "test/functions/actions-runner-pool/deregister/bundle.",
  "test/promotion/promote.",
  "test/promotion/check-pins.",
  "test/rehearsal/runner/",
  "/bundle.test.ts",
  "test/host-config/actions-runner-pool/user-data",
  "test/contracts/aws-clients.",
  "test/rehearsal/aws/lambda/",
  "test/rehearsal/github/workflows/steps.",
  "test/rehearsal/github/workflows/ended-steps.",
  "test/rehearsal/github/workflows/hosted-network.",
  "test/rehearsal/simulation/seeds.",
  "test/promotion/",
  "test/host-config/",
  "test/workflows/",
  "test/webhook-secret/",
  "test/runner-version/",
  "test/rehearsal/engine/lock.",
  "test/functions/shared/lambda/",
  "test/scripts/lane-exit.",
  "test/support/after-each.",
];

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

/**
 * The same files in two lanes, each with workers of its own, so that few workers load Pulumi, TypeScript and the clients of
 * AWS, and programs are started by the others: a process of 340 MB takes 1.9 ms for each fork, one of 40 MB takes 0.7 ms.
 * A new test file is in `computing`, whatever it does.
 */
export function quickLanes(): { waiting: string[]; computing: string[] } {
  const place = (file: string) => WAITING.findIndex((part) => file.includes(part));
  const files = quickTests();
  return {
    waiting: files.filter((file) => place(file) >= 0).sort((a, b) => place(a) - place(b)),
    computing: files.filter((file) => place(file) < 0),
  };
}
