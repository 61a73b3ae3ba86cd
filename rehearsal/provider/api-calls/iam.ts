import { partitionOf } from "../../../contract/aws/partitions";
import { nameOf } from "../../aws/account";
import { arn } from "../resource-type";
import { type ApiCall, calls, type CallsOf, type Change, passRole, resourceTags, tagsWhere } from "./api-call";

const ROLE = "aws:iam/role:Role";

const iamArn = ({ account }: Change, resource: string) => arn(account, "iam", resource, { regional: false });
const roleArn = (change: Change, name: unknown) => iamArn(change, `role/${nameOf(String(name))}`);

/** Policies of a role are calls on the role, with its tags and its boundary. */
function onRole(): { tagsOf(change: Change): Record<string, string>; context(change: Change): Record<string, string> } {
  const role = ({ store, state }: Change) => store.list(ROLE).find(({ id }) => id === nameOf(state.role));
  return {
    tagsOf: (change) => tagsWhere(change.store, ROLE, (_, id) => id === nameOf(change.state.role)),
    context: (change) => boundary(role(change)?.state["permissionsBoundary"]),
  };
}

/** The calls on a role whose condition keys include its boundary, according to the Service Authorization Reference. */
const BOUNDED = new Set([
  "iam:AttachRolePolicy",
  "iam:CreateRole",
  "iam:DeleteRolePolicy",
  "iam:DetachRolePolicy",
  "iam:PutRolePermissionsBoundary",
  "iam:PutRolePolicy",
]);

function bounded(callsOf: CallsOf): CallsOf {
  return (change) =>
    callsOf(change).map((call) => {
      if (BOUNDED.has(call.action)) return call;
      const { "iam:PermissionsBoundary": _boundary, ...context } = call.context;
      return { ...call, context };
    });
}

/** Condition key of the role's boundary, if it has one. */
function boundary(policyArn: unknown): Record<string, string> {
  return typeof policyArn === "string" && policyArn !== "" ? { "iam:PermissionsBoundary": policyArn } : {};
}

/** A call of its own on the profile that then exists, with its tags; the request has none. It passes the role to EC2. */
function addedRole(change: Change): ApiCall[] {
  const { kind, state, tags, account } = change;
  if (kind !== "create" || !state.role) return [];
  const resource = iamArn(change, `instance-profile/${state.name}`);
  const pass = passRole(state.role, partitionOf(account.region).ec2Principal, change);
  return [{ action: "iam:AddRoleToInstanceProfile", resource, context: resourceTags(tags) }, pass];
}

export const IAM_CALLS: Record<string, CallsOf> = {
  [ROLE]: bounded(
    calls({
      arn: (change) => roleArn(change, change.state.name),
      create: ["iam:CreateRole"],
      update: {
        assumeRolePolicy: ["iam:UpdateAssumeRolePolicy"],
        description: ["iam:UpdateRoleDescription"],
        maxSessionDuration: ["iam:UpdateRole"],
        permissionsBoundary: ["iam:PutRolePermissionsBoundary"],
      },
      remove: ["iam:DeleteRole"],
      tagging: { tag: "iam:TagRole", untag: "iam:UntagRole" },
      context: ({ state }) => boundary(state.permissionsBoundary),
    }),
  ),
  "aws:iam/rolePolicy:RolePolicy": calls({
    arn: (change) => roleArn(change, change.state.role),
    create: ["iam:PutRolePolicy"],
    update: { policy: ["iam:PutRolePolicy"] },
    remove: ["iam:DeleteRolePolicy"],
    ...onRole(),
  }),
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": calls({
    arn: (change) => roleArn(change, change.state.role),
    create: ["iam:AttachRolePolicy"],
    remove: ["iam:DetachRolePolicy"],
    ...onRole(),
  }),
  "aws:iam/policy:Policy": calls({
    arn: (change) => iamArn(change, `policy/${change.state.name}`),
    create: ["iam:CreatePolicy"],
    update: { policy: ["iam:CreatePolicyVersion", "iam:DeletePolicyVersion"] },
    remove: ["iam:DeletePolicyVersion", "iam:DeletePolicy"],
    tagging: { tag: "iam:TagPolicy", untag: "iam:UntagPolicy" },
  }),
  "aws:iam/instanceProfile:InstanceProfile": calls({
    arn: (change) => iamArn(change, `instance-profile/${change.state.name}`),
    create: ["iam:CreateInstanceProfile"],
    update: { role: ["iam:RemoveRoleFromInstanceProfile", "iam:AddRoleToInstanceProfile"] },
    remove: ["iam:RemoveRoleFromInstanceProfile", "iam:DeleteInstanceProfile"],
    tagging: { tag: "iam:TagInstanceProfile", untag: "iam:UntagInstanceProfile" },
    besides: addedRole,
  }),
  "aws:iam/openIdConnectProvider:OpenIdConnectProvider": calls({
    arn: (change) => iamArn(change, `oidc-provider/${String(change.state.url).replace(/^https:\/\//, "")}`),
    create: ["iam:CreateOpenIDConnectProvider"],
    update: {
      clientIdLists: ["iam:AddClientIDToOpenIDConnectProvider", "iam:RemoveClientIDFromOpenIDConnectProvider"],
      thumbprintLists: ["iam:UpdateOpenIDConnectProviderThumbprint"],
    },
    remove: ["iam:DeleteOpenIDConnectProvider"],
    tagging: { tag: "iam:TagOpenIDConnectProvider", untag: "iam:UntagOpenIDConnectProvider" },
  }),
};
