import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What the placeholders of writes.json stand for. */
export interface Scope {
  partition: string;
  /** Of the partition: `amazonaws.com` in most. */
  dnsSuffix: string;
  region: string;
  account: string;
  /** Physical name of the pool, with which most names of its resources begin. */
  pool: string;
  /** Its name in the program, with which the names begin that Pulumi generates. */
  name: string;
}

/** What a stack may do besides. */
export interface Limits {
  createsVpc: boolean;
  imageParameter?: string;
  permissionsBoundaryArn?: string;
  kmsKeyArn?: string;
  functionSubnetIds?: string[];
  /** Its configuration has `demand` or `workflowJobs`. */
  demand?: boolean;
  /** Its configuration has `persistentRunner`. */
  machine?: boolean;
}

/** Calls that a rehearsal saw, on the same resources and under the same conditions. */
interface Writes {
  group: WriteGroup;
  actions: string[];
  resources: string[];
  /** A tag that the request gives to what it creates, or that the resource has. `*`: whatever its value. */
  tag?: { on: "request" | "resource"; key: string; value: string };
  /** Of `iam:PassRole`: the service that gets the role. */
  passedTo?: string;
  /** Of `ec2:CreateTags`: the calls that may tag what they create. */
  creating?: string[];
}

/** Each is one managed policy: all of them together exceed the 6,144 characters of one. The last three are what a pool alone lacks. */
export const WRITE_GROUPS = ["network", "ec2", "iam", "services", "demand", "machine-ec2", "machine-services"] as const;
export type WriteGroup = (typeof WRITE_GROUPS)[number];

/** Those that the stack has no use for. */
export function unusedGroups({ createsVpc, demand, machine }: Limits): WriteGroup[] {
  return WRITE_GROUPS.filter(
    (group) => (group === "network" && !createsVpc) || (group === "demand" && !demand) || (group.startsWith("machine-") && !machine),
  );
}

/** The list of all writes: generated, see docs/getting-started.md. */
const WRITES: Writes[] = JSON.parse(readFileSync(join(__dirname, "writes.json"), "utf8"));

type Condition = Record<string, Record<string, string | string[]>>;
interface Statement {
  Sid?: string;
  Effect: "Allow";
  Action: string[];
  Resource: string[];
  Condition?: Condition;
}

const document = (...statements: Statement[]) => ({ Version: "2012-10-17", Statement: statements });
const fill = (text: string, scope: Scope) => text.replace(/\{(\w+)\}/g, (_, part: keyof Scope) => scope[part]);

/** Calls on a role to which IAM applies the condition on its permissions boundary. */
const BOUNDED = /^iam:(AttachRolePolicy|CreateRole|DeleteRolePolicy|DetachRolePolicy|PutRolePolicy)$/;

/** The writes of a deployment: only calls that were seen, only on resources with the stack's names or tags. */
export function writePolicy(group: WriteGroup, scope: Scope, limits: Limits): object {
  const own = WRITES.filter((writes) => writes.group === group);
  return document(...own.flatMap((writes) => rendered(writes, scope, limits)));
}

function rendered(writes: Writes, scope: Scope, { permissionsBoundaryArn }: Limits): Statement[] {
  const render = (actions: string[], more: Condition = {}): Statement[] => {
    if (actions.length === 0) return [];
    const Condition = { ...conditions(writes, scope) };
    for (const [operator, keys] of Object.entries(more)) Condition[operator] = { ...Condition[operator], ...keys };
    const Resource = writes.resources.map((resource) => fill(resource, scope));
    return [{ Effect: "Allow", Action: actions, Resource, ...(Object.keys(Condition).length > 0 ? { Condition } : {}) }];
  };
  if (!permissionsBoundaryArn) return render(writes.actions);
  const bounded = writes.actions.filter((action) => BOUNDED.test(action));
  const others = writes.actions.filter((action) => !BOUNDED.test(action));
  return [...render(others), ...render(bounded, { StringEquals: { "iam:PermissionsBoundary": permissionsBoundaryArn } })];
}

/**
 * `iam:TagRole` is needed to create a role with tags, and would also put them on a role that exists: what has tags already must
 * therefore have the stack's. What does not exist yet has none, hence IfExists.
 */
function conditions({ actions, tag, passedTo, creating }: Writes, scope: Scope): Condition {
  const key = tag && `aws:${tag.on === "request" ? "Request" : "Resource"}Tag/${tag.key}`;
  const equal: Record<string, string | string[]> = {
    ...(key && tag.value !== "*" ? { [key]: fill(tag.value, scope) } : {}),
    ...(passedTo ? { "iam:PassedToService": principals(passedTo, scope) } : {}),
    ...(creating ? { "ec2:CreateAction": creating } : {}),
  };
  return {
    ...(Object.keys(equal).length > 0 ? { StringEquals: equal } : {}),
    ...(key && tag.value === "*" ? { Null: { [key]: "false" } } : {}),
    ...(tag?.on === "request" && actions.some((action) => action.startsWith("iam:"))
      ? { StringEqualsIfExists: { [`aws:ResourceTag/${tag.key}`]: fill(tag.value, scope) } }
      : {}),
  };
}

/** In China, EC2 has a name of its own; policies of other projects name both there. */
function principals(service: string, { partition }: Scope): string | string[] {
  return partition === "aws-cn" && service === "ec2.amazonaws.com" ? [service, "ec2.amazonaws.com.cn"] : service;
}

/**
 * What a deployment needs besides, if the stack's configuration sets `kmsKeyArn` or `functions.subnetIds`; undefined if it sets
 * neither. S3, DynamoDB and EC2 use the key with their caller's permissions; the last two make themselves a grant. The provider deletes
 * the interfaces that Lambda leaves behind, because a security group cannot be deleted before.
 */
export function optionsPolicy(scope: Scope, { kmsKeyArn, functionSubnetIds = [], demand, machine }: Limits): object | undefined {
  const { partition, region, account, pool, dnsSuffix } = scope;
  const through = (service: string) => ({ StringEquals: { "kms:ViaService": `${service}.${region}.${dnsSuffix}` } });
  const ec2 = `arn:${partition}:ec2:${region}:${account}`;
  const ofSubnets = { ArnEquals: { "ec2:Subnet": functionSubnetIds.map((id) => `${ec2}:subnet/${id}`) } };
  const statements: Statement[] = [];
  if (kmsKeyArn) {
    const groups = [`/aws/lambda/${pool}-*`, `/ci-runners/${pool}:*`, ...(machine ? [`/ci-runners/${pool}-machine:*`] : [])];
    const logs = groups.map((name) => `arn:${partition}:logs:${region}:${account}:log-group:${name}`);
    statements.push(
      {
        Sid: "EncryptBundles",
        Effect: "Allow",
        Action: ["kms:Decrypt", "kms:GenerateDataKey"],
        Resource: [kmsKeyArn],
        Condition: through("s3"),
      },
      { Sid: "EncryptLogs", Effect: "Allow", Action: ["logs:AssociateKmsKey", "logs:DisassociateKmsKey"], Resource: logs },
    );
  }
  const tables = [...(demand ? ["jobs"] : []), ...(machine ? ["machine-lease"] : [])];
  if (kmsKeyArn && tables.length > 0) {
    const Resource = tables.map((table) => `arn:${partition}:dynamodb:${region}:${account}:table/${pool}-${table}`);
    const Action = ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"];
    statements.push(
      { Sid: "EncryptTable", Effect: "Allow", Action, Resource: [kmsKeyArn], Condition: through("dynamodb") },
      { Sid: "ChangeKeyOfTable", Effect: "Allow", Action: ["dynamodb:UpdateTable"], Resource },
    );
  }
  if (kmsKeyArn && machine) {
    const Action = ["kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"];
    const granted = { ...through("ec2"), Bool: { "kms:GrantIsForAWSResource": "true" } };
    statements.push(
      { Sid: "EncryptVolumes", Effect: "Allow", Action, Resource: [kmsKeyArn], Condition: through("ec2") },
      { Sid: "GrantVolumes", Effect: "Allow", Action: ["kms:CreateGrant"], Resource: [kmsKeyArn], Condition: granted },
    );
  }
  if (functionSubnetIds.length > 0) {
    const Resource = [`${ec2}:network-interface/*`];
    const Action = ["ec2:DeleteNetworkInterface"];
    statements.push({ Sid: "FunctionInterfaces", Effect: "Allow", Action, Resource, Condition: ofSubnets });
  }
  return statements.length > 0 ? document(...statements) : undefined;
}

/**
 * What the provider reads. It reads more than a rehearsal shows, so these are all describing calls of the services in use.
 * Not among them: the values of secrets, parameters other than the images', log events, objects of other buckets, and the code
 * and the environment of functions of other pools. The user data of the account's instances is among them.
 */
export function readPolicy(scope: Scope, { imageParameter, machine }: Limits): object {
  const names = [scope.name, ...(machine ? [`${scope.name}-machine`] : [])];
  const bundles = names.map((name) => `arn:${scope.partition}:s3:::${name}-host-bundle-*`);
  const functions = `arn:${scope.partition}:lambda:${scope.region}:${scope.account}:function:${scope.pool}-*`;
  const parameter = (account: string, path: string) => `arn:${scope.partition}:ssm:${scope.region}:${account}:parameter/${path}`;
  return document(
    { Sid: "Describe", Effect: "Allow", Action: DESCRIBING, Resource: ["*"] },
    { Sid: "Functions", Effect: "Allow", Action: ["lambda:Get*", "lambda:List*"], Resource: [functions] },
    { Sid: "BundleBuckets", Effect: "Allow", Action: BUCKET_READS, Resource: bundles },
    {
      Sid: "Bundles",
      Effect: "Allow",
      Action: ["s3:GetObject", "s3:GetObjectTagging"],
      Resource: bundles.map((bucket) => `${bucket}/host-bundles/*`),
    },
    {
      Sid: "Images",
      Effect: "Allow",
      Action: ["ssm:GetParameter"],
      Resource: [
        parameter("", "aws/service/*"),
        ...(imageParameter ? [parameter(imageParameter.startsWith("/aws/") ? "" : scope.account, imageParameter.replace(/^\//, ""))] : []),
      ],
    },
  );
}

const DESCRIBING = [
  "autoscaling:Describe*",
  "cloudwatch:Describe*",
  "cloudwatch:GetDashboard",
  "cloudwatch:ListTagsForResource",
  "dynamodb:Describe*",
  "dynamodb:ListTagsOfResource",
  "ec2:Describe*",
  "events:Describe*",
  "events:List*",
  "iam:Get*",
  "iam:List*",
  "kms:DescribeKey",
  "logs:Describe*",
  "logs:ListTagsForResource",
  "sqs:GetQueueAttributes",
  "sqs:GetQueueUrl",
  "sqs:ListQueueTags",
  "ssm:DescribeDocument",
  "ssm:DescribeDocumentPermission",
  "ssm:GetDocument",
  "ssm:ListTagsForResource",
];

const BUCKET_READS = [
  "s3:GetAccelerateConfiguration",
  "s3:GetBucket*",
  "s3:GetEncryptionConfiguration",
  "s3:GetLifecycleConfiguration",
  "s3:GetReplicationConfiguration",
  "s3:ListBucket",
  // Before it deletes a bucket, the provider lists and deletes what is left in it.
  "s3:ListBucketVersions",
  "s3:ListTagsForResource",
];

/**
 * The stack's own state and key. A preview takes no lock, so it writes nothing. Listing is not limited to the folder: without
 * permission to list, S3 answers that an object is forbidden where Pulumi must learn that it does not exist, and such a
 * question has no prefix to compare with.
 */
export function statePolicy(
  { bucketArn, keyArn, folder }: { bucketArn: string; keyArn: string; folder: string },
  access: "read" | "write",
): object {
  const objects = access === "read" ? ["s3:GetObject"] : ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"];
  return document(
    { Sid: "ListStates", Effect: "Allow", Action: ["s3:ListBucket"], Resource: [bucketArn] },
    { Sid: "State", Effect: "Allow", Action: objects, Resource: [`${bucketArn}/${folder}/*`] },
    { Sid: "Secrets", Effect: "Allow", Action: ["kms:Decrypt"], Resource: [keyArn] },
  );
}

/** Trusts the jobs of one environment of one repository, and no other: not its other branches' jobs, nor pull requests. */
export function trustPolicy(of: { provider: string; issuer: string; repository: string; environment: string }): object {
  const { provider, issuer, repository, environment } = of;
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Federated: provider },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          StringEquals: {
            [`${issuer}:aud`]: "sts.amazonaws.com",
            [`${issuer}:sub`]: `repo:${repository}:environment:${environment}`,
          },
        },
      },
    ],
  };
}
