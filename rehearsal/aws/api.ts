/**
 * The interface of the AWS stand-in. The wire servers (hosts, functions, aws CLI), the Pulumi provider plugin and the
 * scenarios all use `AwsApi.call`, which authorises, counts, injects faults and then executes.
 */

import { StacklessError } from "../stackless-error";

/** The caller. `operator` is the person who runs the rehearsal, and the engine; it is not subject to policies. */
export type Principal =
  | { kind: "operator" }
  /** Credentials from an instance's profile. */
  | { kind: "instance"; instanceId: string; roleName: string }
  | { kind: "function"; functionName: string; roleName: string }
  /** A caller that has assumed a deployed role by itself, such as a workflow. */
  | { kind: "session"; roleName: string; sessionName: string }
  /** Without credentials: it may only ask for some. */
  | { kind: "anonymous" };

/** A caller whose credentials a service of AWS has issued by the role that it was given. */
export type ServicePrincipal = Extract<Principal, { kind: "instance" | "function" }>;

/** Parameters and results in the shape of the AWS SDK (`AutoScalingGroupName`, `InstanceIds: [...]`). */
export type Shape = Record<string, unknown>;

/** An error with AWS's code and message; the wire servers encode it for the protocol. */
export class AwsError extends StacklessError {
  constructor(
    readonly code: string,
    message: string,
    readonly httpStatus = 400,
    /** What the error has besides its message, in the SDK's shape: the reasons of a cancelled transaction. */
    readonly members: Shape = {},
  ) {
    super(message);
    this.name = code;
  }
}

export interface AwsApi {
  /** `action` as IAM spells it: `autoscaling:CompleteLifecycleAction`. Throws AwsError. */
  call(principal: Principal, action: string, params: Shape): Promise<Shape>;
}

/** One service of the stand-in: its operations by API name, and the resources that IAM checks for each. */
export interface Service {
  /** IAM prefix: `autoscaling`, `secretsmanager`, `ssm`, `s3`, `cloudwatch`. */
  readonly prefix: string;
  /** Executes after authorisation. Throws AwsError. */
  execute(operation: string, params: Shape, principal: Principal): Promise<Shape>;
  /** ARNs that the policy must allow for this call, each with its condition keys; `["*"]` where AWS has none. */
  authorisation(operation: string, params: Shape): Authorisation[];
}

/** One resource that a call touches, as IAM sees it. A call is allowed only if all of its resources are. */
export interface Authorisation {
  resource: string;
  /** Condition keys of the request and the resource, some with several values; those of the caller are added by the gateway. */
  context: Record<string, string | readonly string[]>;
  /** An action other than the call's own: creating a secret with tags also needs `secretsmanager:TagResource`. */
  action?: string;
  /** The resource does not exist: it has no tags, so AWS denies by tag conditions. Not a defect of the policy. */
  missing?: boolean;
}

/**
 * A resource that Pulumi created. Services read what they need from here (a role's policies, a rule's pattern, a
 * function's environment) and keep their run-time state separately.
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
