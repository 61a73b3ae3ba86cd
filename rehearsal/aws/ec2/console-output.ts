import { AwsError, type Shape } from "../api";
import type { Instance } from "./instance";

/** Bytes that EC2 keeps: the last ones. */
const KEPT_BYTES = 64 * 1024;
/** EC2 posts the output "shortly after" a transition: here this long after the end, and not before. */
const POSTED_MS = 60_000;

export interface ConsoleOptions {
  /** Milliseconds since the epoch. */
  now: number;
  latest: boolean;
  text(): string;
}

/**
 * As GetConsoleOutput returns it: what was posted last, some time after the instance was switched off or ended. This stand-in posts
 * nothing after a launch or a start. Of a running instance there is also the latest. What that of another one is, AWS does not document:
 * here it is refused.
 */
export function consoleOutput(instance: Instance, { now, latest, text }: ConsoleOptions): Shape {
  const { id, state } = instance;
  if (latest && state !== "running") {
    throw new AwsError("IncorrectInstanceState", `The instance '${id}' is not in the state 'running'.`);
  }
  const posted = lastPost(instance, now);
  const bytes = latest || posted ? Buffer.from(text()).subarray(0, latest ? undefined : posted!.consoleBytes) : Buffer.alloc(0);
  const output = bytes.subarray(-KEPT_BYTES);
  return {
    InstanceId: id,
    Timestamp: new Date(posted && !latest ? posted.at + POSTED_MS : now),
    ...(output.length > 0 && { Output: output.toString("base64") }),
  };
}

function lastPost({ switchedOff = [], endedAt }: Instance, now: number): { at: number; consoleBytes?: number } | undefined {
  const moments: { at: number; consoleBytes?: number }[] = [...switchedOff, ...(endedAt === undefined ? [] : [{ at: endedAt }])];
  return moments.filter(({ at }) => now - at >= POSTED_MS).at(-1);
}
