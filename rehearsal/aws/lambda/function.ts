import type { DeployedResource, ResourceStore } from "../api";
import { nameOf } from "../account";

/** A deployed function as the runtime needs it. */
export interface DeployedFunction {
  name: string;
  arn: string;
  /** Absolute folder with the unpacked code. */
  codeDir: string;
  handler: string;
  runtime: string;
  roleName: string;
  /** Seconds. */
  timeout: number;
  /** MB. */
  memorySize: number;
  environment: Record<string, string>;
  logGroup: string;
  inVpc: boolean;
  /** Maximum concurrent invocations; undefined: the account's limit. */
  reservedConcurrency?: number;
  deadLetterArn?: string;
  /** Changes whenever code or configuration does: warm processes of an earlier revision are not reused. */
  revision: string;
}

export interface AsyncConfig {
  retries: number;
  maxAgeMs: number;
  onFailureArn?: string;
}

export function findFunction(store: ResourceStore, name: string): DeployedFunction | undefined {
  const resource = store.list("aws:lambda/function:Function").find((candidate) => (candidate.state["name"] ?? candidate.id) === name);
  return resource && toFunction(name, resource);
}

function toFunction(name: string, { state }: DeployedResource): DeployedFunction {
  const codeDir = state["codeDir"] as string | undefined;
  if (!codeDir) throw new Error(`function ${name}: no codeDir; the provider must unpack the code into a folder`);
  const runtime = String(state["runtime"]);
  if (!runtime.startsWith("nodejs")) throw new Error(`function ${name}: the rehearsal does not run ${runtime}, only Node.js runtimes`);
  const environment = (state["environment"]?.variables ?? {}) as Record<string, string>;
  const { handler, role, timeout = 3, memorySize = 128 } = state;
  const reserved = state["reservedConcurrentExecutions"] as number | undefined;
  return {
    name,
    arn: state["arn"],
    codeDir,
    handler,
    runtime,
    roleName: nameOf(role),
    timeout,
    memorySize,
    environment,
    inVpc: (state["vpcConfig"]?.subnetIds ?? []).length > 0,
    logGroup: state["loggingConfig"]?.logGroup ?? `/aws/lambda/${name}`,
    ...(reserved !== undefined && reserved >= 0 ? { reservedConcurrency: reserved } : {}),
    ...(state["deadLetterConfig"]?.targetArn ? { deadLetterArn: state["deadLetterConfig"].targetArn } : {}),
    revision: JSON.stringify([codeDir, handler, role, timeout, memorySize, environment, state["vpcConfig"]]),
  };
}

/** How Lambda retries events of a function that fails: two retries within six hours, unless configured. */
export function asyncConfig(store: ResourceStore, functionName: string): AsyncConfig {
  const state = store
    .list("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig")
    .find((config) => String(config.state["functionName"]).split(":function:").pop()?.split(":")[0] === functionName)?.state;
  const onFailureArn = state?.["destinationConfig"]?.onFailure?.destination as string | undefined;
  return {
    retries: state?.["maximumRetryAttempts"] ?? 2,
    maxAgeMs: (state?.["maximumEventAgeInSeconds"] ?? 21_600) * 1000,
    ...(onFailureArn ? { onFailureArn } : {}),
  };
}
