/** Why a start failed, by what EC2 or GitHub answered. */
import { type Lease, bootFailure } from "../../../contract/persistent-runner/lease";
import { isRefusal } from "../../shared/aws/error";
import type { InstancePower } from "../../shared/aws/instance-power";
import { GitHubError } from "../../shared/github/error";
import { RunnerGroupMissing } from "../../shared/github/jit";
import { reasonOf } from "../../shared/lambda/observer";

export interface StartFailure {
  /**
   * `capacity`: EC2 has no machine of this type now. `type`: nor will it have one, or our quota is used up. `fault`: a repetition may
   * succeed. `hung`: the machine started, and did not become ready. `final`: neither time nor repetition changes it.
   */
  kind: "capacity" | "type" | "fault" | "hung" | "final";
  detail: string;
}

/** By EC2's error code, or by the code of an instance's state reason without `Server.` or `Client.`. */
const KINDS: Readonly<Record<string, StartFailure["kind"]>> = {
  InsufficientInstanceCapacity: "capacity",
  InsufficientHostCapacity: "capacity",
  InsufficientReservedInstanceCapacity: "capacity",
  Unsupported: "type",
  UnsupportedOperation: "type",
  InvalidParameterCombination: "type",
  InvalidInstanceAttributeValue: "type",
  VcpuLimitExceeded: "type",
  InstanceLimitExceeded: "type",
  RequestLimitExceeded: "fault",
  Throttling: "fault",
  ThrottlingException: "fault",
  // It stops, or was started a moment ago: what is read next says which.
  IncorrectInstanceState: "fault",
  IncorrectState: "fault",
  UnauthorizedOperation: "final",
  AccessDeniedException: "final",
  OperationNotPermitted: "final",
  VolumeLimitExceeded: "final",
};

/** Reasons of an end that someone wanted: the machine's own, a call's, or that of a maintenance. */
const WANTED = ["Client.InstanceInitiatedShutdown", "Client.UserInitiatedShutdown", "Server.ScheduledStop"];

/** Of a start that was requested. Undefined: it may have taken effect, which the instance's state will show. */
export function failureOfStart(error: unknown): StartFailure | undefined {
  const kind = error instanceof Error ? KINDS[error.name] : undefined;
  if (kind !== undefined) return { kind, detail: reasonOf(error) };
  return isRefusal(error) ? { kind: "final", detail: reasonOf(error) } : undefined;
}

/** Of what comes before the request: the runner at GitHub, the order, the type. It is certain that the machine was not started. */
export function failureOfOrder(error: unknown): StartFailure {
  if (error instanceof GitHubError) {
    // 409: another runner has the name, and the next generation has another one.
    const passes = error.transient || error.retryAt !== undefined || error.status === 409;
    return { kind: passes ? "fault" : "final", detail: reasonOf(error) };
  }
  if (error instanceof RunnerGroupMissing) return { kind: "final", detail: reasonOf(error) };
  const kind = error instanceof Error ? KINDS[error.name] : undefined;
  return { kind: kind ?? "fault", detail: reasonOf(error) };
}

/** Of an instance that is off although it was started. Undefined: its state says nothing of a failure. */
export function failureOfState({ reason }: InstancePower): StartFailure | undefined {
  if (reason === undefined || WANTED.includes(reason.code)) return undefined;
  const detail = `EC2 stopped the machine as it started: ${reason.message || reason.code}`;
  const [side, code = ""] = reason.code.split(".");
  const kind = KINDS[code] ?? (side === "Server" ? "fault" : "final");
  const key = reason.code === "Client.InternalError" ? "; with a key of your own, the role needs kms:CreateGrant on it" : "";
  return { kind, detail: `${detail}${key}` };
}

/** Of a boot that says itself why it takes no job, before it is off. */
export function failureOfBoot(lease: Lease): StartFailure | undefined {
  const failure = bootFailure(lease);
  if (failure === undefined) return undefined;
  return { kind: failure.refused ? "final" : "hung", detail: `the machine could not take a job: ${failure.reason}` };
}
