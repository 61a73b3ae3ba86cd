/** docs/faults-persistent-runner.md: its faults, in its order, and where those are proved that need no deployment. */
import type { FaultPage } from "../../faults/support/document";
import { FaultRows } from "../../faults/support/fault-rows";

const HEAD = `# Faults of a persistent runner

Each row is a fault that a test injects, the expected behaviour, and what the test observed. The page is generated from test runs:
\`npm run faults\` injects every fault and writes it, and \`npm test\` fails when a row differs from what it observes. Everything
is deployed by the real engine: the functions' bundles, the rendered workflow in two repositories, the actions' bundles on GitHub's
machines, and one machine with a real systemd, which is switched off and boots the same disk again for each run. The clocks of AWS, GitHub and
the functions are set forward where only they have to wait.
`;

const FAULTS = {
  Runs: [
    "runs of two repositories start at the same moment",
    "unrelated pull request during a run",
    "run cancelled before it has the machine",
    "run cancelled while the machine boots for it",
    "run cancelled while its job is at work",
    "run cancelled by a newer push while it stops the machine",
    "start killed after StartInstances, and the run never stops the machine",
    "the same, and the machine does not notice that it idles",
  ],
  EC2: ["no capacity for the preferred type", "StopInstances throttled three times", "instance terminated by hand"],
  GitHub: ["runner of an earlier boot still shown as online", "machine off for longer than GitHub keeps a registration"],
  Rights: ["roles used on another instance, or to terminate this one"],
} as const;

export type PersistentFault = (typeof FAULTS)[keyof typeof FAULTS][number];

export const REQUIRED: readonly PersistentFault[] = Object.values(FAULTS).flat();

export const ROWS = new FaultRows<PersistentFault>();

/** Proved on a machine alone, with the stand-ins for AWS: these faults never leave it. */
export interface ProvedElsewhere {
  fault: string;
  file: string;
  /** Begin of the test's title, which says what must hold. */
  title: string;
}

const LIFE = "test/proofs/persistent/life.test.ts";
const OFF = "test/proofs/persistent/off.test.ts";
const SERVICE = "test/proofs/persistent/service.test.ts";

export const ELSEWHERE: readonly ProvedElsewhere[] = [
  { fault: "first boot cut short, and begun again", file: OFF, title: "because its first boot was cut short" },
  {
    fault: "later boots: preparation, file system and setup script",
    file: LIFE,
    title: "is found by the next run as the last one left it",
  },
  { fault: "setup script run again", file: LIFE, title: "prepares itself again when its configuration changes" },
  { fault: "setup script that hangs", file: OFF, title: "because of a setup script that hangs" },
  { fault: "hooks on a full disk", file: LIFE, title: "gives a job neither the instance's role nor what is root's, and no hook fails it" },
  { fault: "registration of an earlier boot, with `service`", file: SERVICE, title: "registers under the label of each start" },
  { fault: "no job is ever sent", file: OFF, title: "because GitHub sends no job" },
  { fault: "job that does not end", file: OFF, title: "because of a job that does not end" },
  { fault: "power-off that hangs", file: OFF, title: "because an orderly power-off hangs" },
  { fault: "disk too full for a job", file: LIFE, title: "takes no job on a full disk" },
  { fault: "job of another run that asks for the label", file: LIFE, title: "refuses the job of another run" },
];

const ELSEWHERE_TABLE = `
## On a machine alone

| fault | test |
|---|---|
${ELSEWHERE.map(({ fault, file, title }) => `| ${fault} | \`${file}\`: ${title} |`).join("\n")}
`;

export const PAGE: FaultPage = { head: HEAD, groups: FAULTS, tail: ELSEWHERE_TABLE };
