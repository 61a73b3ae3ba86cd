/**
 * The control experiment: the workflow of the design that this project builds on. Its jobs start and stop the instance themselves, and
 * trust that the concurrency group keeps other runs away, which GitHub has for each repository alone.
 */
import { PERSISTENT_ENV } from "../../../contract/persistent-runner/environment";
import { LEASE_KEY, leaseKey, runKey } from "../../../contract/persistent-runner/lease";
import { persistentRunnerNames } from "../../../contract/persistent-runner/names";
import type { BootOrder, PinnedObject } from "../../../contract/persistent-runner/order";
import { OWNER_TAG } from "../../../contract/shared/owned-secret";
import type { RehearsalEnvironment } from "../../environment/rehearsal-environment";
import type { ActionTable } from "../../github/workflows/actions";
import type { ActionCall, ActionFunctions } from "../../github/workflows/hosted";
import { STATIC_LABEL } from "./stack";

/** Actions that the rehearsal's table has. */
const ACTION = { start: "example-org/ec2/start", stop: "example-org/ec2/stop" } as const;
const OPERATOR = { kind: "operator" } as const;
/** Milliseconds between two looks at GitHub, and how long a runner may take until it is online. */
const POLL = 2_000;
const ONLINE_WITHIN = 180_000;
/** Seconds; so long no reaper interferes. */
const HELD = 86_400;

export const TABLE_WITHOUT_LEASE: ActionTable = { [ACTION.start]: { act: "start" }, [ACTION.stop]: { act: "stop" } };

export function workflowWithoutLease(group: string): string {
  return `name: e2e
on:
  push:
    branches: [main]
concurrency:
  group: ${group}
  cancel-in-progress: true
jobs:
  start:
    runs-on: ubuntu-latest
    outputs:
      instance-id: \${{ steps.start.outputs.instance-id }}
    steps:
      - id: start
        uses: ${ACTION.start}@v1
  e2e:
    needs: start
    runs-on: ${STATIC_LABEL}
    timeout-minutes: 5
    steps:
      - uses: actions/checkout@v4
        with:
          clean: false
      - run: sh build.sh
  stop:
    needs: [start, e2e]
    if: always() && needs.start.outputs.instance-id != ''
    runs-on: ubuntu-latest
    steps:
      - uses: ${ACTION.stop}@v1
`;
}

/** As the original's scripts do it. @param machine its instance id */
export function actionsWithoutLease(environment: RehearsalEnvironment, name: string, machine: string): ActionFunctions {
  const { aws, context, github } = environment;
  const isOnline = () => github.runners().some((runner) => runner.name === name && runner.online);
  const state = () => aws.fleet.get(machine)?.state;
  const wait = async (call: ActionCall, what: string, condition: () => boolean) => {
    const end = context.clock.now() + ONLINE_WITHIN;
    while (!condition()) {
      if (call.stop.aborted || context.clock.now() > end) throw new Error(`not in time: ${what}`);
      await context.clock.sleep(POLL);
    }
  };
  return {
    async start(call) {
      await wait(call, "the instance to be running or stopped", () => state() === "running" || state() === "stopped");
      if (state() === "stopped") {
        await order(environment, name, machine, holderOf(call));
        await aws.gateway.call(OPERATOR, "ec2:StartInstances", { InstanceIds: [machine] });
      }
      await wait(call, "the runner to be online", isOnline);
      call.setOutput("instance-id", machine);
    },
    async stop() {
      // A failure is only a warning.
      await aws.gateway.call(OPERATOR, "ec2:StopInstances", { InstanceIds: [machine] }).catch(() => undefined);
    },
  };
}

function holderOf({ environment }: ActionCall): string {
  const [repository = "", id = "", attempt = ""] = [
    environment["GITHUB_REPOSITORY"],
    environment["GITHUB_RUN_ID"],
    environment["GITHUB_RUN_ATTEMPT"],
  ];
  return runKey(repository, id, attempt);
}

/**
 * What this project's machine needs to boot, which a lease would have decided: no condition, and no holder that another run respects. The
 * real machine refuses jobs of other runs all the same, which then have asked for it in vain.
 */
async function order(environment: RehearsalEnvironment, name: string, instanceId: string, holder: string): Promise<void> {
  const { aws, context, github, stack } = environment;
  const { leaseTable, controlFunction, orderSecret } = persistentRunnerNames(name);
  const deployed = aws.store.list("aws:lambda/function:Function").find(({ state }) => state["name"] === controlFunction);
  const variables = (deployed?.state["environment"]?.variables ?? {}) as Record<string, string>;
  const object = (variable: keyof typeof PERSISTENT_ENV) => JSON.parse(variables[PERSISTENT_ENV[variable] as string] ?? "") as PinnedObject;
  const now = context.clock.now();
  const generation = Math.floor(now / 1000);
  const item = {
    [LEASE_KEY]: { S: leaseKey(name) },
    phase: { S: "starting" },
    generation: { N: String(generation) },
    holder: { S: holder },
    expires: { N: String(generation + HELD) },
    changedAt: { N: String(now) },
    startedAt: { N: String(now) },
    instanceId: { S: instanceId },
  };
  await aws.gateway.call(OPERATOR, "dynamodb:PutItem", { TableName: leaseTable, Item: item });
  const registrationToken = github.mintRegistrationToken(stack.get("githubOrganization"));
  const text: BootOrder = {
    generation,
    purpose: "run",
    bundle: object("bundle"),
    configuration: object("configuration"),
    holder,
    label: STATIC_LABEL,
    registrationToken,
  };
  const owner = `${variables[PERSISTENT_ENV.hostRoleId]}:${instanceId}`;
  aws.secrets.seed({ name: orderSecret, value: JSON.stringify(text), tags: { [OWNER_TAG]: owner } });
}
