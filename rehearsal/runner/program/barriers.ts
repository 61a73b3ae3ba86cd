import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pause } from "./client";

/**
 * Points in the lifetime of a runner and its job at which a test can hold a program, in chronological order. The official
 * runner has no barriers; without the folder, neither has this one.
 */
export type Boundary =
  /** The listener has just started and has no session yet. */
  | "listener-start"
  /** The listener has received the message and not recorded it anywhere, not even in its performance log. */
  | "message-arrived"
  /** The message is in the performance log; nothing is acquired. */
  | "message-received"
  /** GitHub has assigned the job; its reply is lost, and the listener will ask again. */
  | "acquire-unanswered"
  /** GitHub has assigned the job; the listener has not processed the reply yet. */
  | "acquire-answered"
  /** The job is announced; its lock is not renewed, and there is no worker. */
  | "acquired"
  /** The lock is renewed; there is still no worker. */
  | "lock-renewed"
  | "set-up"
  | "started-hook"
  | "steps"
  | "post-steps"
  | "completed-hook"
  /** Only the worker knows the result. */
  | "reporting"
  /** The listener has announced the end of the job and not polled for the next one. */
  | "between-jobs"
  /** The update is unpacked beside the current version and waits for the running job. */
  | "update-downloaded"
  /** No listener runs, and `bin` is neither the old version nor the new one. Held by the update script itself. */
  | "update-swap";

/** Created by root on a host, writable by the runner's user; `RUNNER_BARRIERS` overrides it. */
export const BARRIERS = process.env.RUNNER_BARRIERS || "/run/runner-barriers";
const POLL_MS = 20;

/**
 * Holds the program while the file `<folder>/<boundary>` exists, and reports this in `<boundary>.reached`. With a signal,
 * it stands for an operation that a stop interrupts (a request, a step), and rejects as that operation would. Without
 * one, the program is only slow: signals take effect when it continues. Resolves with whether it was held.
 */
export async function boundary(name: Boundary, job: string | undefined, signal?: AbortSignal): Promise<boolean> {
  const barrier = join(BARRIERS, name);
  if (!existsSync(barrier)) return false;
  writeFileSync(`${barrier}.reached`, `${JSON.stringify({ pid: process.pid, job })}\n`);
  while (existsSync(barrier)) await pause(POLL_MS, signal);
  return true;
}
