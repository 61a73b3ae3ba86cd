import { arn, storedType, newUniqueId, text, type ResourceContext, type ProviderAccount, type ResourceType } from "../resource-type";
import type { Properties } from "../values";
import { jsonProblem, mustExist, outOfRange } from "./checks";
import { tokenTrustProblems } from "./token-trust";

const ROLE = "aws:iam/role:Role";
const ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment";
const OIDC_PROVIDER = "aws:iam/openIdConnectProvider:OpenIdConnectProvider";
/** Limits in characters, without white space as IAM counts: all inline policies of a role together, one managed policy. */
const INLINE_POLICY_LIMIT = 10_240;
const MANAGED_POLICY_LIMIT = 6_144;
/** Managed policies of a role; IAM's default quota. */
const ATTACHMENT_LIMIT = 10;
const ROLE_NAME_LIMIT = 64;

const iamArn = (account: ProviderAccount, resource: string) => arn(account, "iam", resource, { regional: false });
const pathOf = (inputs: Properties) => text(inputs.path ?? "/");

const sizeOf = (document: unknown) => text(document).replace(/\s/g, "").length;

function policyProblems(inputs: Properties, property: string, limit: number) {
  const problems = jsonProblem(inputs, property, "Version", "Statement");
  const size = sizeOf(inputs[property]);
  if (size > limit) problems.push({ property, reason: `LimitExceeded: policy of ${size} characters, the maximum is ${limit}` });
  return problems;
}

function roleMustExist(context: ResourceContext, role: unknown): void {
  mustExist(context, ROLE, text(role), "NoSuchEntity", `The role with name ${text(role)} cannot be found.`);
}

const role: ResourceType = {
  ...storedType({
    inputs: [
      "assumeRolePolicy",
      "description",
      "forceDetachPolicies",
      "inlinePolicies",
      "managedPolicyArns",
      "maxSessionDuration",
      "name",
      "path",
      "permissionsBoundary",
      "tags",
    ],
    required: ["assumeRolePolicy"],
    autoName: { property: "name", maxLength: 64 },
    replaceOn: ["name", "path"],
    validate: (inputs) => [
      ...policyProblems(inputs, "assumeRolePolicy", 2_048 * 2),
      ...tokenTrustProblems(inputs, "assumeRolePolicy"),
      ...outOfRange(inputs, "maxSessionDuration", 3_600, 43_200),
      ...(text(inputs.name).length <= ROLE_NAME_LIMIT
        ? []
        : [{ property: "name", reason: `expected length of name to be in the range (1 - ${ROLE_NAME_LIMIT}), got ${inputs.name}` }]),
    ],
    id: (inputs) => inputs.name,
    once: () => ({ uniqueId: newUniqueId("AROA"), createDate: new Date().toISOString() }),
    outputs: (id, inputs, { account }) => ({
      arn: iamArn(account, `role${pathOf(inputs)}${id}`),
      path: pathOf(inputs),
      maxSessionDuration: inputs.maxSessionDuration ?? 3600,
    }),
  }),
  delete(id, state, { store }) {
    const attached = [ATTACHMENT, "aws:iam/rolePolicy:RolePolicy", "aws:iam/instanceProfile:InstanceProfile"]
      .flatMap((type) => store.list(type))
      .some((resource) => resource.state.role === id);
    if (attached && !state.forceDetachPolicies) {
      throw new Error(`deleting IAM Role (${id}): DeleteConflict: Cannot delete entity, must detach all policies first.`);
    }
  },
};

const rolePolicy = storedType({
  inputs: ["name", "policy", "role"],
  required: ["policy", "role"],
  autoName: { property: "name", maxLength: 128 },
  replaceOn: ["name", "role"],
  validate: (inputs) => policyProblems(inputs, "policy", INLINE_POLICY_LIMIT),
  id: (inputs, context) => {
    roleMustExist(context, inputs.role);
    const others = context.store.list("aws:iam/rolePolicy:RolePolicy").filter(({ state }) => state.role === inputs.role);
    const size = [inputs, ...others.map(({ state }) => state)].reduce((sum, { policy: document }) => sum + sizeOf(document), 0);
    if (size > INLINE_POLICY_LIMIT) {
      throw new Error(
        `creating ${context.name}: LimitExceeded: Maximum policy size of ${INLINE_POLICY_LIMIT} bytes exceeded for role ${inputs.role}`,
      );
    }
    return `${inputs.role}:${inputs.name}`;
  },
});

const policy = storedType({
  inputs: ["description", "name", "path", "policy", "tags"],
  required: ["policy"],
  autoName: { property: "name", maxLength: 128 },
  replaceOn: ["description", "name", "path"],
  validate: (inputs) => policyProblems(inputs, "policy", MANAGED_POLICY_LIMIT),
  id: (inputs, { account }) => iamArn(account, `policy${pathOf(inputs)}${inputs.name}`),
  once: () => ({ policyId: newUniqueId("ANPA") }),
  outputs: (id, inputs) => ({ arn: id, path: pathOf(inputs), attachmentCount: 0 }),
});

const rolePolicyAttachment = storedType({
  inputs: ["policyArn", "role"],
  required: ["policyArn", "role"],
  replaceOn: ["policyArn", "role"],
  id: (inputs, context) => {
    roleMustExist(context, inputs.role);
    const attached = context.store.list(ATTACHMENT).filter(({ state }) => state.role === inputs.role);
    if (attached.length >= ATTACHMENT_LIMIT) {
      throw new Error(`creating ${context.name}: LimitExceeded: Cannot exceed quota for PoliciesPerRole: ${ATTACHMENT_LIMIT}`);
    }
    return `${inputs.role}/${inputs.policyArn}`;
  },
});

const instanceProfile = storedType({
  inputs: ["name", "path", "role", "tags"],
  autoName: { property: "name", maxLength: 128 },
  replaceOn: ["name", "path"],
  id: (inputs, context) => {
    if (inputs.role !== undefined) roleMustExist(context, inputs.role);
    return inputs.name;
  },
  once: () => ({ uniqueId: newUniqueId("AIPA"), createDate: new Date().toISOString() }),
  outputs: (id, inputs, { account }) => ({ arn: iamArn(account, `instance-profile${pathOf(inputs)}${id}`), path: pathOf(inputs) }),
});

/** An account has one per URL. */
const openIdConnectProvider = storedType({
  inputs: ["clientIdLists", "tags", "thumbprintLists", "url"],
  required: ["clientIdLists", "url"],
  replaceOn: ["url"],
  validate: (inputs) =>
    text(inputs.url).startsWith("https://") ? [] : [{ property: "url", reason: `url must begin with https://, got ${inputs.url}` }],
  id: (inputs, context) => {
    const id = iamArn(context.account, `oidc-provider/${text(inputs.url).replace(/^https:\/\//, "")}`);
    if (context.store.get(OIDC_PROVIDER, id)) {
      throw new Error(`creating ${context.name}: EntityAlreadyExists: Provider with url ${inputs.url} already exists.`);
    }
    return id;
  },
  outputs: (id, inputs) => ({ arn: id, thumbprintLists: inputs.thumbprintLists ?? [] }),
});

export const IAM_TYPES: Record<string, ResourceType> = {
  [ROLE]: role,
  "aws:iam/rolePolicy:RolePolicy": rolePolicy,
  "aws:iam/policy:Policy": policy,
  [ATTACHMENT]: rolePolicyAttachment,
  [OIDC_PROVIDER]: openIdConnectProvider,
  "aws:iam/instanceProfile:InstanceProfile": instanceProfile,
};
