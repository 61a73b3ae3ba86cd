import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import {
  type Limits,
  optionsPolicy,
  readPolicy,
  type Scope,
  statePolicy,
  trustPolicy,
  unusedGroups,
  WRITE_GROUPS,
  writePolicy,
} from "./policies";

export interface RoleParts extends Limits {
  trust: { provider: pulumi.Input<string>; issuer: string; repository: string };
  scope: pulumi.Output<Scope>;
  /** Where the stack's state is, and the key that encrypts its secrets. */
  state: { bucketArn: pulumi.Input<string>; folder: string; keyArn: pulumi.Input<string> };
}

/** Variables of a GitHub environment. */
export interface RoleVariables {
  AWS_ROLE_ARN: pulumi.Output<string>;
  /** Seconds for which a workflow's credentials are valid. */
  AWS_ROLE_DURATION_SECONDS: string;
}

/** The longest session that IAM allows: by hand, a destroy may wait for jobs longer than a workflow's job may last. */
const LONGEST_SESSION = 12 * 3600;
/** GitHub ends a job on its own runners after six hours. */
const LONGEST_JOB = 6 * 3600;
const HOUR = 3600;

/** Deploys one stack; trusted only for that stack's environment. */
export function deployRole(prefix: string, environment: string, parts: RoleParts): RoleVariables {
  const role = createRole(`${prefix}-deploy`, environment, LONGEST_SESSION, parts);
  const unused = unusedGroups(parts);
  const groups = WRITE_GROUPS.filter((group) => !unused.includes(group));
  for (const group of groups) attach(`${prefix}-deploy-${group}`, role, parts, (scope) => writePolicy(group, scope, parts));
  if (parts.kmsKeyArn || parts.functionSubnetIds?.length)
    attach(`${prefix}-deploy-options`, role, parts, (scope) => optionsPolicy(scope, parts)!);
  attach(`${prefix}-deploy-reads`, role, parts, (scope) => readPolicy(scope, parts));
  grantState(`${prefix}-deploy`, role, "write", parts);
  return { AWS_ROLE_ARN: role.arn, AWS_ROLE_DURATION_SECONDS: String(LONGEST_JOB) };
}

/** Previews one stack. It runs the code of any branch of the repository, so it can only read. */
export function previewRole(prefix: string, environment: string, parts: RoleParts): RoleVariables {
  const role = createRole(`${prefix}-preview`, environment, HOUR, parts);
  attach(`${prefix}-preview-reads`, role, parts, (scope) => readPolicy(scope, parts));
  grantState(`${prefix}-preview`, role, "read", parts);
  return { AWS_ROLE_ARN: role.arn, AWS_ROLE_DURATION_SECONDS: String(HOUR) };
}

function createRole(name: string, environment: string, maxSessionDuration: number, { trust }: RoleParts): aws.iam.Role {
  const { issuer, repository } = trust;
  const assumeRolePolicy = pulumi
    .output(trust.provider)
    .apply((provider) => JSON.stringify(trustPolicy({ provider, issuer, repository, environment })));
  return new aws.iam.Role(name, { name, assumeRolePolicy, maxSessionDuration });
}

function attach(name: string, role: aws.iam.Role, { scope }: RoleParts, document: (scope: Scope) => object): void {
  const policy = new aws.iam.Policy(name, { name, policy: scope.apply((known) => JSON.stringify(document(known))) });
  new aws.iam.RolePolicyAttachment(name, { role: role.name, policyArn: policy.arn });
}

function grantState(name: string, role: aws.iam.Role, access: "read" | "write", { state }: RoleParts): void {
  const policy = pulumi
    .all([state.bucketArn, state.keyArn])
    .apply(([bucketArn, keyArn]) => JSON.stringify(statePolicy({ bucketArn, keyArn, folder: state.folder }, access)));
  new aws.iam.RolePolicy(`${name}-state`, { role: role.name, policy });
}
