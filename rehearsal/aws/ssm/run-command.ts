import type { CommandResult } from "../host-driver";
import { AwsError, type Shape } from "../api";

/** Systems Manager's record of one command on one instance. */
export interface CommandInvocation {
  commandId: string;
  instanceId: string;
  document: string;
  requestedAt: number;
  status: "Pending" | "InProgress" | "Success" | "Failed" | "TimedOut" | "Cancelled";
  /** AWS's detailed status: it distinguishes `Delivery Timed Out` from a command that ran too long. */
  details: string;
  result?: CommandResult;
}

/** Characters of standard output that Systems Manager returns. */
const OUTPUT_LIMIT = 24_000;

export function settle(invocation: CommandInvocation, result: CommandResult): void {
  invocation.result = result;
  invocation.status = result.exitCode === 0 ? "Success" : "Failed";
  invocation.details = invocation.status;
}

export function deliveryTimedOut(invocation: CommandInvocation): void {
  invocation.status = "TimedOut";
  invocation.details = "DeliveryTimedOut";
}

export function invocationShape(invocation: CommandInvocation): Shape {
  return {
    CommandId: invocation.commandId,
    InstanceId: invocation.instanceId,
    DocumentName: invocation.document,
    RequestedDateTime: new Date(invocation.requestedAt),
    Status: invocation.status,
    StatusDetails: invocation.details,
  };
}

export function invocationDetail(invocation: CommandInvocation): Shape {
  return {
    CommandId: invocation.commandId,
    InstanceId: invocation.instanceId,
    DocumentName: invocation.document,
    ResponseCode: invocation.result?.exitCode ?? -1,
    Status: invocation.status,
    StatusDetails: invocation.details,
    StandardOutputContent: invocation.result?.stdout.slice(0, OUTPUT_LIMIT) ?? "",
    StandardErrorContent: invocation.result?.stderr.slice(0, OUTPUT_LIMIT) ?? "",
  };
}

/** Systems Manager's error for agents that are offline or were never registered. */
export function invalidInstances(ids: readonly string[], accountId: string): AwsError {
  return new AwsError("InvalidInstanceId", `Instances [[${ids.join(", ")}]] not in a valid state for account ${accountId}`);
}
