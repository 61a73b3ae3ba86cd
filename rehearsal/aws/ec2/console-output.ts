import { AwsError, type Shape } from "../api";
import type { Instance } from "./instance";

/** Bytes that EC2 keeps: the last ones. */
const KEPT_BYTES = 64 * 1024;
/** EC2 posts the output "shortly after" a transition: here this long after the end, and not before. */
const POSTED_MS = 60_000;
/** For which it is kept after that. Then the instance itself is forgotten. */
const KEPT_MS = 3_600_000;

export interface ConsoleOptions {
  /** Milliseconds since the epoch. */
  now: number;
  latest: boolean;
  text(): string;
}

/**
 * As GetConsoleOutput returns it. While an instance runs, only the latest is there: this stand-in posts nothing after a launch. What the
 * latest of an ended instance is, AWS does not document: here it is refused.
 */
export function consoleOutput({ id, endedAt, state }: Instance, { now, latest, text }: ConsoleOptions): Shape {
  if (endedAt !== undefined && now - endedAt > KEPT_MS) {
    throw new AwsError("InvalidInstanceID.NotFound", `The instance ID '${id}' does not exist`);
  }
  if (latest && state !== "running") {
    throw new AwsError("IncorrectInstanceState", `The instance '${id}' is not in the state 'running'.`);
  }
  const posted = endedAt !== undefined && now - endedAt >= POSTED_MS;
  const shown = posted || latest;
  const output = shown ? Buffer.from(text()).subarray(-KEPT_BYTES) : Buffer.alloc(0);
  return {
    InstanceId: id,
    Timestamp: new Date(posted ? endedAt + POSTED_MS : now),
    ...(output.length > 0 && { Output: output.toString("base64") }),
  };
}
