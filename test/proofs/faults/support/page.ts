import type { FaultPage } from "./document";
import { FAULTS } from "./required";

const HEAD = `# Faults

Each row is a fault that a test injects, the expected behaviour, and what the test observed. The page is generated from
test runs: \`npm run faults\` injects every fault and writes it, and \`npm test\` fails when a row differs from what it
observes. *systemd*: on machines with a real systemd, real processes and the production bundles; *simulated*: the same
decision code on a virtual clock, for what takes hours. The section Demand deploys by the real engine and runs the production
bundles of the functions, on that clock too.
`;

/** docs/faults.md */
export const PAGE: FaultPage = { head: HEAD, groups: FAULTS };
