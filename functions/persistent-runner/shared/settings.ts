import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ORDER_SECRET_TAGS_FILE, PERSISTENT_ENV, type PersistentTimeouts } from "../../../contract/persistent-runner/environment";
import { type PersistentRunnerNames, persistentRunnerNames } from "../../../contract/persistent-runner/names";
import type { PinnedObject } from "../../../contract/persistent-runner/order";
import { type Environment, required } from "../../shared/lambda/environment";

/** What both functions know of their machine. */
export interface MachineSettings {
  name: string;
  names: PersistentRunnerNames;
  instanceId: string;
  registration: "jit" | "service";
  timeouts: PersistentTimeouts;
}

/** What a start needs besides. */
export interface StartSettings extends MachineSettings {
  /** The preferred one first. */
  instanceTypes: readonly string[];
  /** Of the organization; undefined: its default group. */
  runnerGroup?: string;
  bundle: PinnedObject;
  configuration: PinnedObject;
  /** Of the setup script, in the same bucket. */
  setupKey?: string;
}

export function machineSettings(environment: Environment = process.env): MachineSettings {
  const name = required(environment, PERSISTENT_ENV.name);
  const registration = required(environment, PERSISTENT_ENV.registration);
  if (registration !== "jit" && registration !== "service") {
    throw new Error(`${PERSISTENT_ENV.registration} is "${registration}": must be jit or service`);
  }
  const instanceId = required(environment, PERSISTENT_ENV.instanceId);
  return { name, names: persistentRunnerNames(name), instanceId, registration, timeouts: timeouts(environment) };
}

export function startSettings(environment: Environment = process.env): StartSettings {
  const instanceTypes = texts(environment, PERSISTENT_ENV.instanceTypes);
  if (instanceTypes.length === 0) throw new Error(`${PERSISTENT_ENV.instanceTypes} is empty: name at least one type`);
  const { [PERSISTENT_ENV.runnerGroup]: runnerGroup, [PERSISTENT_ENV.setupKey]: setupKey } = environment;
  return {
    ...machineSettings(environment),
    instanceTypes,
    ...(runnerGroup && { runnerGroup }),
    bundle: pinned(environment, PERSISTENT_ENV.bundle),
    configuration: pinned(environment, PERSISTENT_ENV.configuration),
    ...(setupKey && { setupKey }),
  };
}

/** The `sub` of each workflow that may call. None: no one may. */
export function callerSubjects(environment: Environment = process.env): string[] {
  return texts(environment, PERSISTENT_ENV.subjects);
}

export interface OrderSecretSettings {
  /** The component's tags. A Service Control Policy may demand some of them in the call that creates a secret. */
  tags: Readonly<Record<string, string>>;
  /** Unique id (AROA...) of the machine's role. */
  hostRoleId: string;
  kmsKeyArn?: string;
}

export function orderSecretSettings(environment: Environment = process.env): OrderSecretSettings {
  const file = join(required(environment, "LAMBDA_TASK_ROOT"), ORDER_SECRET_TAGS_FILE);
  const kmsKeyArn = environment[PERSISTENT_ENV.secretKmsKeyArn];
  return {
    tags: existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {},
    hostRoleId: required(environment, PERSISTENT_ENV.hostRoleId),
    ...(kmsKeyArn ? { kmsKeyArn } : {}),
  };
}

const TIMEOUTS = [
  "bootTimeout",
  "firstBootTimeout",
  "idleStopTimeout",
  "maxSession",
] as const satisfies readonly (keyof PersistentTimeouts)[];

function timeouts(environment: Environment): PersistentTimeouts {
  const value = json(environment, PERSISTENT_ENV.timeouts) as Partial<PersistentTimeouts> | null;
  for (const name of TIMEOUTS) {
    const seconds = value?.[name];
    if (!Number.isInteger(seconds) || seconds! <= 0) {
      throw new Error(`${PERSISTENT_ENV.timeouts} has ${name} "${seconds}": must be a positive whole number of seconds`);
    }
  }
  return value as PersistentTimeouts;
}

function texts(environment: Environment, name: string): string[] {
  const value = json(environment, name);
  if (!Array.isArray(value) || value.some((one) => typeof one !== "string" || one === "")) {
    throw new Error(`${name} is "${environment[name]}": must be a JSON list of texts`);
  }
  return value;
}

function pinned(environment: Environment, name: string): PinnedObject {
  const { bucket, key, sha256 } = (json(environment, name) ?? {}) as Partial<PinnedObject>;
  if (typeof bucket !== "string" || typeof key !== "string" || typeof sha256 !== "string") {
    throw new Error(`${name} is "${environment[name]}": must name bucket, key and sha256 of an object`);
  }
  return { bucket, key, sha256 };
}

function json(environment: Environment, name: string): unknown {
  const value = required(environment, name);
  try {
    return JSON.parse(value);
  } catch {
    throw new Error(`${name} is "${value}": not JSON`);
  }
}
