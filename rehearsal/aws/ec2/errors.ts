import { AwsError } from "../api";
import type { StateReason } from "./instance";

/** EC2's refusals and reasons, in one place each. docs/aws-facts.md has the sources. */

export function instanceNotFound(id: string): AwsError {
  return new AwsError("InvalidInstanceID.NotFound", `The instance ID '${id}' does not exist`);
}

export function instanceIdMalformed(id: string): AwsError {
  return new AwsError("InvalidInstanceID.Malformed", `Invalid id: "${id}"`);
}

export function cannotBeStarted(id: string): AwsError {
  return new AwsError("IncorrectInstanceState", `The instance '${id}' is not in a state from which it can be started.`);
}

export function cannotBeStopped(id: string): AwsError {
  return new AwsError("IncorrectInstanceState", `This instance '${id}' is not in a state from which it can be stopped.`);
}

export function notStopped(id: string): AwsError {
  return new AwsError("IncorrectInstanceState", `The instance '${id}' is not in the 'stopped' state.`);
}

export function protectedFrom(verb: "terminated" | "stopped", id: string): AwsError {
  const attribute = verb === "terminated" ? "disableApiTermination" : "disableApiStop";
  return new AwsError(
    "OperationNotPermitted",
    `The instance '${id}' may not be ${verb}. Modify its '${attribute}' instance attribute and try again.`,
  );
}

/** EC2 counts the lack of capacity as an error of its own: clients repeat a call that fails with 500. */
export function insufficientCapacity(instanceType: string, zone: string): AwsError {
  return new AwsError(
    "InsufficientInstanceCapacity",
    `We currently do not have sufficient ${instanceType} capacity in the Availability Zone you requested (${zone}). ` +
      "Our system will be working on provisioning additional capacity.",
    500,
  );
}

export function invalidValue(message: string): AwsError {
  return new AwsError("InvalidParameterValue", message);
}

export function volumeNotFound(id: string): AwsError {
  return new AwsError("InvalidVolume.NotFound", `The volume '${id}' does not exist.`);
}

/** Texts of the reasons that AWS documents; of those with a sentence here, the sentence is worded here. */
const REASONS = {
  "Client.UserInitiatedShutdown": "User initiated shutdown",
  "Client.InstanceInitiatedShutdown": "Instance initiated shutdown",
  "Client.InternalError": "Client error on launch",
  "Client.VolumeLimitExceeded": "Volume limit exceeded",
  "Server.InsufficientInstanceCapacity": "Insufficient capacity to satisfy instance request",
  "Server.InternalError": "Internal error on launch",
} as const;

export type ReasonCode = keyof typeof REASONS;

export function reason(code: ReasonCode): StateReason {
  return { code, message: `${code}: ${REASONS[code]}` };
}

export const PENDING: StateReason = { code: "pending", message: "pending" };
