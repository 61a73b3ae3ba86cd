import { request } from "node:http";
import type { HostClock } from "../ports/clock";

/** It takes 2 to 5 s, and longer where it first deletes what containers left. The start of the runner is then tried again. */
export const ANSWER_BOUND_MS = 60_000;
/** An engine answers within milliseconds. What listens there instead of one may never answer. */
const ANSWER_MS = 2_000;
const PAUSE_MS = 200;
/** In what an engine answers, which is `OK`. */
const ANSWER = "OK";

/** Whether an engine of Docker answers at the socket now. Never rejects. */
export function answers(socket: string, boundMs = ANSWER_MS): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ socketPath: socket, path: "/_ping", agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text = `${text}${part}`.slice(0, ANSWER.length);
        if (text === ANSWER) end(response.statusCode === 200);
      });
      response.on("end", () => end(false)).on("error", () => end(false));
    });
    const timer = setTimeout(() => end(false), boundMs);
    const end = (answer: boolean) => {
      clearTimeout(timer);
      asked.destroy();
      resolve(answer);
    };
    asked.on("error", () => end(false)).end();
  });
}

/** Whether it does so before the time is over. */
export async function answersWithin(boundMs: number, clock: HostClock, answer: () => Promise<boolean>): Promise<boolean> {
  const end = clock.now() + boundMs;
  for (;;) {
    if (await answer()) return true;
    if (clock.now() >= end) return false;
    await clock.sleep(PAUSE_MS);
  }
}
