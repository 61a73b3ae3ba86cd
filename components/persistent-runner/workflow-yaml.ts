import { PERSISTENT_TIMING as TIMING } from "../../contract/persistent-runner/timing";
import { ControlMode } from "./args/modes";
import type { PersistentRunnerSettings } from "./settings";
import { subjectRefs } from "./subject-refs";

/** What the stack knows of the machine once it exists. */
export interface DeployedMachine {
  instanceId: string;
  roleArn: string;
  region: string;
}

/** Of v4.2.2, as in this repository's own workflows. */
const CHECKOUT = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683";

/** Minutes of the job that stops: three tries of a request that takes seconds. */
const STOP_MINUTES = 10;

/**
 * A workflow with three jobs: one starts the machine, one runs on it, and one stops it, whatever became of the others. Put it into
 * `.github/workflows/` of each repository that may use the machine.
 */
export function workflowYaml(settings: PersistentRunnerSettings, machine: DeployedMachine): string {
  const { workflow, concurrencyGroup, cancelInProgress, persistentRunnerName } = settings;
  const gate = gateOf(settings);
  const group = gate === undefined ? concurrencyGroup : `\${{ (${gate}) && '${concurrencyGroup}' || github.run_id }}`;
  return `# Rendered for the machine ${persistentRunnerName}: see the output workflowYaml of its stack.
name: ${quoted(workflow.name)}
on:
  push:
    branches: ${quoted(workflow.branches)}
${workflow.pullRequestLabel === undefined ? "" : `  pull_request:\n    types: [labeled, synchronize, reopened]\n`}  workflow_dispatch:
permissions: {}
concurrency:
${gate === undefined ? "" : "  # Of an event that starts nothing, a group of its own: it cancels nothing.\n"}  group: ${quoted(group)}
  cancel-in-progress: ${cancelInProgress}
jobs:
  start:
${gate === undefined ? "" : `    if: ${quoted(gate)}\n`}    runs-on: ubuntu-latest
    timeout-minutes: ${startMinutes(settings)}
${controlling(settings)}    outputs:
      instance-id: \${{ steps.machine.outputs.instance-id }}
      label: \${{ steps.start.outputs.label }}
      # A re-run of failed jobs keeps the outputs of this one, and the label of a runner that is gone.
      attempt: \${{ github.run_attempt }}
    steps:
      # Before anything that can fail or be cancelled, so that the job stop runs once the machine may have been started.
      - id: machine
        run: echo "instance-id=${machine.instanceId}" >> "$GITHUB_OUTPUT"
${step("start", settings, machine)}  ${JOB}:
    needs: start
    runs-on: \${{ ${STARTED} && needs.start.outputs.label || 'ubuntu-latest' }}
    timeout-minutes: ${Math.max(1, Math.floor(workflow.jobTimeout / 60))}
    permissions:
      contents: read
    steps:
      - name: Refuse a re-run of failed jobs, which starts no machine
        if: ${quoted(NOT_STARTED)}
        run: ${quoted(REFUSAL)}
      - uses: ${CHECKOUT}
        with:
          clean: false
          persist-credentials: false
      - name: Remove what is neither committed nor ignored
        run: git clean -ffd
      - run: ${quoted(workflow.command)}
  stop:
    needs: [start, ${JOB}]
    if: always() && needs.start.outputs.instance-id != ''
    runs-on: ubuntu-latest
    timeout-minutes: ${STOP_MINUTES}
${controlling(settings)}    steps:
${step("stop", settings, machine)}`;
}

/** The job on the machine. */
const JOB = "e2e";

/** That the machine was started in this attempt of the run: no other runner ever has the label of an earlier one, and GitHub would wait a day. */
const STARTED = "needs.start.outputs.attempt == github.run_attempt";
const NOT_STARTED = "needs.start.outputs.attempt != github.run_attempt";
const REFUSAL = 'echo "::error::No machine was started in this attempt: use Re-run all jobs instead of Re-run failed jobs."; exit 1';

/** JSON's texts and lists are YAML's. */
const quoted = (value: unknown): string => JSON.stringify(value);

/**
 * The condition under which an event starts the machine. What fails it joins no concurrency group either, where it would cancel a run that
 * may have the machine, and then be refused itself.
 */
function gateOf(settings: PersistentRunnerSettings): string | undefined {
  const { pullRequestLabel: label } = settings.workflow;
  const ref = refGate(settings);
  if (label === undefined) return ref;
  const other = `github.event_name != 'pull_request'${ref === undefined ? "" : ` && (${ref})`}`;
  return `${other} || ${pullRequestGate(label)}`;
}

/** A push to a labelled pull request, or the label itself, which is the moment in which someone with write access asks for it. */
function pullRequestGate(label: string): string {
  const labelled = `github.event.action == 'labeled' && github.event.label.name == '${label}'`;
  const pushed = `github.event.action != 'labeled' && contains(github.event.pull_request.labels.*.name, '${label}')`;
  // The jobs of a fork's request get no token.
  const own = "github.event.pull_request.head.repo.full_name == github.repository";
  return `${own} && (${labelled} || ${pushed})`;
}

/** Of pushes and dispatches: a ref that is a subject, where the subjects are known to be refs. */
function refGate({ workflow: { environment }, subjects }: PersistentRunnerSettings): string | undefined {
  const refs = environment === undefined ? subjectRefs(subjects) : undefined;
  if (refs === undefined) return undefined;
  return refs.length === 0 ? "false" : refs.map((ref) => `github.ref == '${ref}'`).join(" || ");
}

function controlling({ workflow: { environment } }: PersistentRunnerSettings): string {
  return `${environment === undefined ? "" : `    environment: ${quoted(environment)}\n`}    permissions:
      id-token: write
      contents: read
`;
}

function step(name: "start" | "stop", settings: PersistentRunnerSettings, machine: DeployedMachine): string {
  const { actions, control, persistentRunnerName } = settings;
  const inputs: Record<string, string> = {
    name: persistentRunnerName,
    ...(name === "start" ? { "instance-id": machine.instanceId } : {}),
    role: machine.roleArn,
    region: machine.region,
    ...(name === "start" ? { timeout: String(startTimeout(settings)) } : {}),
    ...(control === ControlMode.Direct ? { control, "github-token": `\${{ secrets.${TOKEN_SECRET} }}` } : {}),
  };
  const lines = Object.entries(inputs).map(([key, value]) => `          ${key}: ${quoted(value)}`);
  return [
    `      - id: ${name}`,
    `        uses: ${actions.repository}/actions/persistent-runner/${name}@${actions.ref}`,
    "        with:",
    ...lines,
    "",
  ].join("\n");
}

/** Secret of the repository with which a workflow registers the machine itself, with control `direct`. */
const TOKEN_SECRET = "CI_RUNNERS_GITHUB_TOKEN";

/** Seconds that a stop takes, and EC2 to show it. */
const STOP = 120;

/**
 * Seconds: for another run's machine, for every type's capacity, and for a boot that hangs and is repeated; or that prepares the machine
 * first, because a deployment found it in use.
 */
export function startTimeout({ bootTimeout, firstBootTimeout, fallbackInstanceTypes }: PersistentRunnerSettings): number {
  const capacity = TIMING.capacityRetries.reduce((sum, wait) => sum + wait, 0);
  const boots = bootTimeout + STOP + Math.max(bootTimeout, firstBootTimeout) + STOP;
  return TIMING.acquireTimeout + (1 + fallbackInstanceTypes.length) * capacity + boots;
}

/** With the seconds in which the job itself begins and ends. */
function startMinutes(settings: PersistentRunnerSettings): number {
  return Math.ceil(startTimeout(settings) / 60) + 2;
}
