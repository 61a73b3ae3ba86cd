import type { ControlReply } from "../../../contract/persistent-runner/control";
import { FunctionError } from "../../shared/invoke-function";

export interface Waiting {
  /** Sends the request once. */
  ask(): Promise<ControlReply>;
  pause(milliseconds: number): Promise<void>;
  /** Milliseconds of a clock that never goes back. */
  elapsed(): number;
  info(text: string): void;
}

export interface Bounds {
  /** Seconds for the whole. */
  timeout: number;
  /** Seconds for another run's machine. */
  waiting: number;
}

export type FinalReply = Extract<ControlReply, { state: "ready" | "released" }>;

/** Failures in a row after which the request is given up. */
const FAILURES = 5;
/** Milliseconds before each further try. */
const AFTER_FAILURE = [2_000, 5_000, 10_000, 20_000];
/** Seconds. What a reply asks for beyond this is a fault of the function's. */
const LONGEST_PAUSE = 60;

/**
 * Repeats a request until its reply is final. Every repetition is harmless: the function knows what this run has already.
 *
 * @throws with the last reply's words once it fails, or one of the bounds is reached.
 */
export async function untilFinal({ ask, pause, elapsed, info }: Waiting, { timeout, waiting }: Bounds): Promise<FinalReply> {
  let failures = 0;
  let shown = "";
  for (;;) {
    const reply = await ask().catch((error: unknown) => error as Error);
    if (reply instanceof Error) {
      failures += 1;
      if (!isTransient(reply) || failures >= FAILURES)
        throw new Error(`${reply.message}${failures > 1 ? `, at ${failures} attempts` : ""}`);
      info(`trying again: ${reply.message}`);
      await pause(AFTER_FAILURE[failures - 1] ?? 0);
      continue;
    }
    failures = 0;
    if (reply.state === "failed") throw new Error(reply.detail);
    if (reply.state === "ready" || reply.state === "released") return reply;
    const { state, detail, retryAfter } = reply;
    // A line for each change, and none for each of a hundred repetitions.
    if (detail !== shown) info(`${state}: ${detail}`);
    shown = detail;
    const seconds = elapsed() / 1000;
    if (seconds >= timeout) throw new Error(`given up after ${Math.round(seconds)} s: ${detail}`);
    if (state === "waiting" && seconds >= waiting) throw new Error(`the machine was not free within ${waiting} s: ${detail}`);
    await pause(1000 * Math.min(Math.max(retryAfter, 1), LONGEST_PAUSE));
  }
}

/** Names by which AWS and Node.js say that a later try may succeed. A refusal is none. */
const TRANSIENT =
  /^(FunctionError|TimeoutError|AbortError|ServiceException|ServiceUnavailable|InternalFailure|EC2ThrottledException|TooManyRequestsException|ThrottlingException|IDPCommunicationError\w*|ECONNRESET|ECONNREFUSED|ENOTFOUND|ETIMEDOUT|EPIPE|EAI_AGAIN)$/;

/** STS could not read GitHub's keys. The same error with another text is a refusal of the token. */
const KEYS_UNREAD = /verification key/i;

function isTransient(error: Error): boolean {
  if (/^InvalidIdentityToken/.test(error.name) && KEYS_UNREAD.test(error.message)) return true;
  const { name, code = "", $metadata } = error as Error & { code?: string; $metadata?: { httpStatusCode?: number } };
  return error instanceof FunctionError || TRANSIENT.test(name) || TRANSIENT.test(code) || ($metadata?.httpStatusCode ?? 0) >= 500;
}
