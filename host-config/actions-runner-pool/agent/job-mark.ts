import type { JobMark } from "./ports/job-mark";

export function jobMark(): JobMark {
  return { set: () => undefined, get: () => undefined, clear: () => undefined };
}
