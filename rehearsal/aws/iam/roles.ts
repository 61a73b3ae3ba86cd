import type { ResourceStore } from "../api";
import { nameOf } from "../account";
import { isAwsManaged, managedPolicy } from "./managed";
import { parsePolicy, UnsupportedPolicyError, type Statement } from "./policy";

export interface RolePolicies {
  name: string;
  arn: string;
  uniqueId: string;
  tags: Record<string, string>;
  /** Each with the name used in reports. */
  policies: { name: string; awsManaged: boolean; statements: Statement[] }[];
  boundary?: Statement[];
  trust: Statement[];
}

/** The policies that the program deployed for a role; undefined if it does not exist. Throws UnsupportedPolicyError. */
export function loadRole(store: ResourceStore, roleName: string): RolePolicies | undefined {
  const role = store.list("aws:iam/role:Role").find((candidate) => (candidate.state["name"] ?? candidate.id) === roleName);
  if (!role) return undefined;
  const documents: { name: string; awsManaged: boolean; document: unknown }[] = [];
  for (const inline of store.list("aws:iam/rolePolicy:RolePolicy")) {
    if (nameOf(inline.state["role"]) !== roleName) continue;
    documents.push({ name: inline.state["name"] ?? inline.id, awsManaged: false, document: inline.state["policy"] });
  }
  for (const inline of (role.state["inlinePolicies"] ?? []) as { name?: string; policy?: string }[]) {
    if (inline.policy) documents.push({ name: inline.name ?? "inline", awsManaged: false, document: inline.policy });
  }
  for (const arn of attached(store, roleName, role.state["managedPolicyArns"] ?? [])) {
    documents.push({ name: nameOf(arn), awsManaged: isAwsManaged(arn), document: documentOf(store, arn) });
  }
  const boundary = role.state["permissionsBoundary"];
  return {
    name: roleName,
    arn: role.state["arn"],
    uniqueId: role.state["uniqueId"],
    tags: role.state["tagsAll"] ?? role.state["tags"] ?? {},
    policies: documents.map(({ name, awsManaged, document }) => ({
      name,
      awsManaged,
      statements: parsePolicy(document, `policy ${name} of role ${roleName}`, "identity"),
    })),
    boundary: boundary ? parsePolicy(documentOf(store, boundary), `permissions boundary of role ${roleName}`, "identity") : undefined,
    trust: parsePolicy(role.state["assumeRolePolicy"], `trust policy of role ${roleName}`, "trust"),
  };
}

function attached(store: ResourceStore, roleName: string, onRole: string[]): string[] {
  const arns = store
    .list("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    .filter((attachment) => nameOf(attachment.state["role"]) === roleName)
    .map((attachment) => attachment.state["policyArn"] as string);
  return [...new Set([...onRole, ...arns])];
}

function documentOf(store: ResourceStore, arn: string): unknown {
  if (isAwsManaged(arn)) return managedPolicy(arn);
  const policy = store.list("aws:iam/policy:Policy").find((candidate) => candidate.state["arn"] === arn);
  if (!policy) throw new UnsupportedPolicyError(arn, "this customer managed policy was not deployed in this rehearsal");
  return policy.state["policy"];
}
