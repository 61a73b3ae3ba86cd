/** Lives as long as the process that it stands for. */
export interface Life {
  over: boolean;
}

/** Thrown inside the model's own coroutines when the machine's power is gone or the process was killed. */
export class Gone extends Error {}

export function alive(life: Life): void {
  if (life.over) throw new Gone();
}

/** What a process that is no more waits for. */
export function forever(): Promise<never> {
  return new Promise(() => undefined);
}
