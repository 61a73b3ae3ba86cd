/** Set once the process that it stands for is gone: killed, ended or without power. */
export interface AbortFlag {
  aborted: boolean;
}

/** Thrown inside the model's own coroutines when the machine's power is gone or the process was killed. */
export class Aborted extends Error {}

export function throwIfAborted(signal: AbortFlag): void {
  if (signal.aborted) throw new Aborted();
}

/** What a process that is gone waits for. */
export function never(): Promise<never> {
  return new Promise(() => undefined);
}
