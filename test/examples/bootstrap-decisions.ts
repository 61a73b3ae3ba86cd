import { POOL_TAG } from "../../contract/actions-runner-pool/names";
import { partitionOf } from "../../contract/aws/partitions";
import {
  type Limits,
  optionsPolicy,
  readPolicy,
  type Scope,
  unusedGroups,
  WRITE_GROUPS,
  writePolicy,
} from "../../examples/bootstrap/policies";
import { Iam } from "../../rehearsal/aws/iam/iam";
import { MemoryStore } from "../../rehearsal/aws/store";
import type { ApiCall } from "../../rehearsal/provider/api-calls/api-call";
import { deployRole } from "../rehearsal/aws/harness";

export const REGION = "us-east-1";
export const ACCOUNT = "123456789012";
export const [DEV, PROD] = ["dev", "prod"].map((stack) => `ci-runners-${stack}-runners`) as [string, string];
export const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/0f6b2c1d-0000-4000-8000-000000000001`;

export function scope(region = REGION): Scope {
  const { id: partition, dnsSuffix } = partitionOf(region);
  return { partition, dnsSuffix, region, account: ACCOUNT, pool: DEV, name: "runners" };
}

export type Call = Pick<ApiCall, "action" | "resource"> & { context?: Record<string, string> };

/** Decides with the policies of a stack's roles as IAM does, without an engine that deploys them. */
export function decider(policies: readonly (object | undefined)[]): (call: Call) => boolean {
  const store = new MemoryStore();
  deployRole(store, "deploy", []);
  policies.forEach((policy, index) => {
    const state = { name: String(index), role: "deploy", policy: JSON.stringify(policy) };
    if (policy) store.put({ type: "aws:iam/rolePolicy:RolePolicy", id: `deploy:${index}`, state });
  });
  const decisions = new Iam(store, { region: REGION, accountId: ACCOUNT });
  const principal = { kind: "session", roleName: "deploy", sessionName: "GitHubActions" } as const;
  return ({ action, resource, context = {} }) => decisions.authorise(principal, action, { resource, context }).allowed;
}

/** The role that deploys dev. */
export function deployer(limits: Partial<Limits> = {}): (call: Call) => boolean {
  const own: Limits = { createsVpc: true, ...limits };
  return decider([
    ...WRITE_GROUPS.filter((group) => !unusedGroups(own).includes(group)).map((group) => writePolicy(group, scope(), own)),
    readPolicy(scope(), own),
    optionsPolicy(scope(), own),
  ]);
}

export const tags = (on: "Request" | "Resource", pool: string) => ({ [`aws:${on}Tag/${POOL_TAG}`]: pool });
