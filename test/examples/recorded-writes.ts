import type { ApiCall } from "../../rehearsal/provider/api-calls/api-call";
import { VPC_CALLS } from "../../rehearsal/provider/api-calls/ec2";
import { INSTANCE_CALLS } from "../../rehearsal/provider/api-calls/instances";
import { POOL_TAG } from "../../contract/actions-runner-pool/names";
import { PERSISTENT_RUNNER_TAG } from "../../contract/persistent-runner/names";
import { RELEASE_TAG } from "../../contract/shared/release";
import { WORKFLOW_JOBS_TAG } from "../../contract/workflow-jobs/names";

/** A call, and the resource type for which it was made. */
export type SeenCall = ApiCall & { token: string };

/** An entry of examples/bootstrap/writes.json. */
export interface Writes {
  group: string;
  actions: string[];
  resources: string[];
  tag?: Tag;
  passedTo?: string;
  creating?: string[];
}

interface Tag {
  on: "request" | "resource";
  key: string;
  value: string;
}

/** Names of one stack, which the list has as placeholders. */
export interface StackNames {
  region: string;
  account: string;
  pool: string;
  name: string;
}

/** How the program names a stack's other components, after the pool. */
const [JOBS, MACHINE] = ["jobs", "machine"] as const;
/** By the group of their writes. */
const PARTS: Partial<Record<string, string>> = { demand: JOBS, "machine-ec2": MACHINE, "machine-services": MACHINE };

const READ = /:(Describe|Get|List|Head)\w*$/;
/** What a pool without demand has none of: the table, the webhook's address, the dashboard and a process that is suspended. */
const OF_DEMAND = /^dynamodb:|^lambda:\w+FunctionUrlConfig$|^cloudwatch:\w+Dashboards?$|^autoscaling:\w+Processes$/;
const isWrite = ({ action }: ApiCall): boolean => !READ.test(action);

/** The list of what was seen: calls with the same resources and conditions are one entry. */
export function writesOf(calls: readonly SeenCall[], names: StackNames): Writes[] {
  const byCondition = new Map<string, { condition: Omit<Writes, "actions" | "resources">; actions: Map<string, Set<string>> }>();
  for (const call of calls.filter(isWrite)) {
    const { creating, ...condition } = conditionOf(call, names);
    const key = JSON.stringify([condition, creating !== undefined]);
    const entry = byCondition.get(key) ?? {
      condition: { ...condition, ...(creating ? { creating: [] as string[] } : {}) },
      actions: new Map<string, Set<string>>(),
    };
    byCondition.set(key, entry);
    if (creating && !entry.condition.creating!.includes(creating)) entry.condition.creating!.push(creating);
    const resources = entry.actions.get(call.action) ?? new Set<string>();
    const part = PARTS[condition.group];
    entry.actions.set(call.action, resources.add(part ? ofPart(part, call.resource, names) : general(call.resource, names)));
  }
  const list = [...byCondition.values()].flatMap(({ condition, actions }) => merged(condition, actions));
  return list.sort((a, b) => compare(sortKey(a), sortKey(b)));
}

function merged(condition: Omit<Writes, "actions" | "resources">, actions: Map<string, Set<string>>): Writes[] {
  const byResources = new Map<string, string[]>();
  for (const [action, resources] of actions) {
    const key = JSON.stringify([...resources].sort());
    byResources.set(key, [...(byResources.get(key) ?? []), action]);
  }
  const { group, creating, ...rest } = condition;
  return [...byResources].map(([resources, same]) => ({
    group,
    actions: same.sort(),
    resources: JSON.parse(resources),
    ...rest,
    ...(creating ? { creating: [...creating].sort() } : {}),
  }));
}

const sortKey = ({ group, actions, resources, passedTo = "" }: Writes) => [group, ...actions, ...resources, passedTo].join(" ");
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function conditionOf(call: SeenCall, names: StackNames): { group: string; tag?: Tag; passedTo?: string; creating?: string } {
  const { action, context, token } = call;
  const network = token in VPC_CALLS;
  const [service = ""] = action.split(":");
  const tag = tagOf(call, network);
  const machine = isOfMachine(call, names) || tag?.key === PERSISTENT_RUNNER_TAG;
  const demand = OF_DEMAND.test(action) || tag?.key === WORKFLOW_JOBS_TAG;
  const other = ["ec2", "iam"].includes(service) ? service : "services";
  const ofMachine = service === "ec2" ? "machine-ec2" : "machine-services";
  const group = network ? "network" : machine ? ofMachine : demand ? "demand" : other;
  const passedTo = context["iam:PassedToService"];
  const creating = context["ec2:CreateAction"];
  return { group, ...(tag ? { tag } : {}), ...(passedTo ? { passedTo } : {}), ...(creating ? { creating } : {}) };
}

/** What no pool has: instances and volumes of its own, and what its names do not cover: the lease, the bucket and the logs of the machine. */
function isOfMachine({ action, resource, token }: SeenCall, { pool, name }: StackNames): boolean {
  if (token in INSTANCE_CALLS) return action !== "iam:PassRole";
  const own = [`:table/${pool}-${MACHINE}-`, `:log-group:/ci-runners/${pool}-${MACHINE}`, `:::${name}-${MACHINE}-host-bundle-`];
  return own.some((part) => resource.includes(part));
}

/** EC2 and IAM decide by tags; the other services by names, which contain the pool's, also those of its source of demand. */
function tagOf({ action, resource, context }: SeenCall, network: boolean): Tag | undefined {
  if (!/^(ec2|iam):/.test(action)) return undefined;
  // The network may be another stack's.
  if (!network && /:(vpc|subnet)\//.test(resource)) return undefined;
  for (const [key, value] of [
    [POOL_TAG, "{pool}"],
    [WORKFLOW_JOBS_TAG, `{pool}-${JOBS}`],
    [PERSISTENT_RUNNER_TAG, `{pool}-${MACHINE}`],
    [RELEASE_TAG, "*"],
  ] as const) {
    if (context[`aws:ResourceTag/${key}`] !== undefined) return { on: "resource", key, value };
    if (context[`aws:RequestTag/${key}`] !== undefined) return { on: "request", key, value };
  }
  return undefined;
}

/** An ARN with placeholders for what differs between stacks, and `*` for what AWS or Pulumi chooses. */
function general(resource: string, names: StackNames): string {
  const { pool, name } = names;
  return placed(resource, names)
    .replace(new RegExp(`${pool}-[\\w-]+`), "{pool}-*")
    .replace(pool, "{pool}")
    .replace(new RegExp(`/${name}-[\\w-]+$`), "/{name}-*")
    .replace(new RegExp(`:::${name}-host-bundle-\\w+`), ":::{name}-host-bundle-*");
}

/** The names of a component beside the pool are known up to what Pulumi adds to those of roles, profiles and buckets. */
function ofPart(part: string, resource: string, names: StackNames): string {
  const { pool, name } = names;
  return placed(resource, names)
    .replace(pool, "{pool}")
    .replace(new RegExp(`/${name}-${part}-[\\w-]+$`), `/{name}-${part}-*`)
    .replace(new RegExp(`:::${name}-${part}-host-bundle-\\w+`), `:::{name}-${part}-host-bundle-*`);
}

/** Also without the end that AWS shows of a log group in its errors. */
function placed(resource: string, { region, account }: StackNames): string {
  return resource
    .replace(/^arn:aws:/, "arn:{partition}:")
    .replace(`:${region}:`, ":{region}:")
    .replace(`:${account}:`, ":{account}:")
    .replace(/(:log-group:.*):log-stream:$/, "$1:*")
    .replace(/\/host-bundles\/.+$/, "/host-bundles/*")
    .replace(/^(arn:[^:]*:ec2:.*:[a-z-]+)\/.*$/, "$1/*");
}

/** A call of one stack for each action, resource and condition of the list. */
export function examplesOf(list: readonly Writes[], { region, account, pool, name }: StackNames): ApiCall[] {
  const values: Record<string, string> = { partition: "aws", region, account, pool, name };
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (_, part: string) => values[part]!);
  return list.flatMap(({ actions, resources, tag, passedTo, creating }) =>
    actions.flatMap((action) =>
      resources.flatMap((resource) =>
        (creating ?? [undefined]).map((create) => ({
          action,
          resource: fill(resource).replace(/\*/g, "1"),
          context: {
            ...(tag ? { [`aws:${tag.on === "request" ? "Request" : "Resource"}Tag/${tag.key}`]: fill(tag.value) } : {}),
            ...(passedTo ? { "iam:PassedToService": passedTo } : {}),
            ...(create ? { "ec2:CreateAction": create } : {}),
          },
        })),
      ),
    ),
  );
}

/** Calls that no entry of the list has. */
export function missingFrom(list: readonly Writes[], calls: readonly SeenCall[], names: StackNames): string[] {
  const parts = (writes: readonly Writes[]) =>
    writes.flatMap(({ actions, resources, creating, ...condition }) =>
      actions.flatMap((action) =>
        resources.flatMap((resource) => (creating ?? [""]).map((create) => JSON.stringify({ action, resource, create, ...condition }))),
      ),
    );
  const known = new Set(parts(list));
  return parts(writesOf(calls, names)).filter((part) => !known.has(part));
}
