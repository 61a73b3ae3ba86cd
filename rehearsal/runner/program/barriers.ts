import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pause } from "./client";

/**
 * Points in the life of a runner and its job at which a test can hold a program, in the order of that life. The
 * official runner has no such thing; without the folder, neither has this one.
 */
export type Boundary =
  /** A listener that has just been started, without a session. */
  | "listener-start"
  /** The listener has the message in its hands and has told nobody, not even its performance log. */
  | "message-arrived"
  /** The message is in the performance log; nothing is acquired. */
  | "message-received"
  /** GitHub has given the job; the reply is on its way to the listener. */
  | "acquire-answered"
  /** Announced; the job's lock is not renewed, and there is no worker. */
  | "acquired"
  /** The lock is renewed; there is still no worker. */
  | "lock-renewed"
  | "set-up"
  | "started-hook"
  | "steps"
  | "post-steps"
  | "completed-hook"
  /** The result is known to the worker and to nobody else. */
  | "reporting"
  /** The listener has announced the job's end and not asked for the next one. */
  | "between-jobs"
  /** A newer version is unpacked beside this one and waits for the running job. */
  | "update-downloaded"
  /** No listener lives, and `bin` is neither the old version nor the new one. Held by the update script itself. */
  | "update-swap";

/** Made by root in a machine, writable for the runner's user; `RUNNER_BARRIERS` names another one. */
export const BARRIERS = process.env.RUNNER_BARRIERS || "/run/runner-barriers";
const LOOK_MS = 20;

/**
 * As long as the file `<folder>/<boundary>` exists, the program stays here; it says so in `<boundary>.reached`. With a
 * signal something is under way that a stop cuts short (a request, a step), and this rejects like it. Without one the
 * program only is that slow: signals take effect when it goes on.
 */
export async function boundary(name: Boundary, job: string | undefined, signal?: AbortSignal): Promise<void> {
  const barrier = join(BARRIERS, name);
  if (!existsSync(barrier)) return;
  writeFileSync(`${barrier}.reached`, `${JSON.stringify({ pid: process.pid, job })}\n`);
  while (existsSync(barrier)) await pause(LOOK_MS, signal);
}
