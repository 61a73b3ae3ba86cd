/**
 * What the AWS stand-in is to its callers. Wire servers (host, function, aws CLI), the Pulumi provider plugin and the
 * scenario all come through `AwsApi.call`: it authorises, counts, injects faults and then executes.
 */

/** Who calls. `operator` is whoever runs the rehearsal (and the engine); it is not subject to policies. */
export type Principal =
  | { kind: "operator" }
  /** Credentials from an instance's profile. */
  | { kind: "instance"; instanceId: string; roleName: string }
  | { kind: "function"; functionName: string; roleName: string };

/** Parameters and results in the shape of the AWS SDK (`AutoScalingGroupName`, `InstanceIds: [...]`). */
export type Shape = Record<string, unknown>;

/** An error as AWS words it; the wire servers turn it into the protocol's own form. */
export class AwsError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly httpStatus = 400,
  ) {
    super(message);
    this.name = code;
  }
}

export interface AwsApi {
  /** `action` as IAM spells it: `autoscaling:CompleteLifecycleAction`. Throws AwsError. */
  call(principal: Principal, action: string, params: Shape): Promise<Shape>;
}

/** One service of the stand-in: its operations by API name, and which resources IAM checks for each. */
export interface Service {
  /** IAM prefix: `autoscaling`, `secretsmanager`, `ssm`, `s3`, `cloudwatch`. */
  readonly prefix: string;
  /** Executes after authorisation. Throws AwsError. */
  execute(operation: string, params: Shape, principal: Principal): Promise<Shape>;
  /** ARNs that the policy must allow for this call, each with its condition keys; `["*"]` where AWS has none. */
  authorisation(operation: string, params: Shape): Authorisation[];
}

/** One resource that a call touches, as IAM sees it. Every one of a call must be allowed. */
export interface Authorisation {
  resource: string;
  /** Condition keys of the request and the resource; those of the caller are added by the gateway. */
  context: Record<string, string>;
  /** Another action than the call's own: tagging a secret at its creation also needs `secretsmanager:TagResource`. */
  action?: string;
  /** The resource does not exist, so it has no tags and AWS denies by tag conditions; not a fault of the policy. */
  missing?: boolean;
}

/**
 * Something that Pulumi created: what the engine knows as a resource of `type`. Services read what they need from
 * here (a role's policies, a rule's pattern, a function's environment) and keep run-time state of their own.
 */
export interface DeployedResource {
  /** Pulumi type token, e.g. `aws:lambda/function:Function`. */
  type: string;
  id: string;
  /** Inputs plus computed outputs (arn, uniqueId, ...), camelCase as in `@pulumi/aws`. */
  state: Record<string, any>;
}

export interface ResourceStore {
  get(type: string, id: string): DeployedResource | undefined;
  list(type: string): DeployedResource[];
  all(): DeployedResource[];
  put(resource: DeployedResource): void;
  remove(type: string, id: string): void;
}
