/**
 * Runs a real async function as a step machine. A running function cannot be copied, but it is deterministic: run again
 * from its start with the same answers, it makes the same next call. That call is determined once per list of answers
 * and cached.
 */
export type Answer = { value?: unknown } | { error: string };

/** Lists of answers as numbers: 0 is the empty list, and equal lists have equal numbers. */
class Answers {
  private readonly longer: Map<string, number>[] = [new Map()];
  private readonly lists: Answer[][] = [[]];
  /** For each list, the list without its last answer. */
  readonly shorter: number[] = [0];

  list(number: number): Answer[] {
    return this.lists[number]!;
  }

  with(number: number, answer: Answer): number {
    const key = keyOf(answer);
    let found = this.longer[number]!.get(key);
    if (found === undefined) {
      found = this.lists.length;
      this.longer[number]!.set(key, found);
      this.lists.push([...this.lists[number]!, answer]);
      this.longer.push(new Map());
      this.shorter.push(number);
    }
    return found;
  }
}

/** Most answers are plain values, and serializing a million of them as JSON takes seconds. */
function keyOf(answer: Answer): string {
  if ("error" in answer) return `error ${answer.error}`;
  const { value } = answer;
  return typeof value === "object" ? JSON.stringify(value) : `${typeof value} ${String(value)}`;
}

export interface PortCall {
  port: string;
  args: unknown[];
}

/** What a function does after these answers: it calls a port, returns or fails. */
export type Outcome = { call: PortCall } | { value: unknown } | { error: string };

export type Ask = (port: string, ...args: unknown[]) => Promise<any>;

/** Thrown for an outcome that is not cached yet: the search awaits `learn` and retries the same state. */
export class NotYetKnown extends Error {
  constructor(readonly learn: () => Promise<void>) {
    super("not yet known");
  }
}

export class Replay {
  readonly answers = new Answers();
  private readonly known = new Map<string, Outcome[]>();

  /** @param name the function's name with all its inputs other than ports */
  outcome(name: string, answers: number, run: (ask: Ask) => Promise<unknown>): Outcome {
    return this.outcomes(name, run)(answers);
  }

  /** The same for several lists of answers, whose names need then be looked up only once. */
  outcomes(name: string, run: (ask: Ask) => Promise<unknown>): (answers: number) => Outcome {
    let outcomes = this.known.get(name);
    if (!outcomes) this.known.set(name, (outcomes = []));
    const known = outcomes;
    return (answers) => {
      const outcome = known[answers];
      if (outcome) return outcome;
      throw new NotYetKnown(async () => void (known[answers] = await replay(this.answers.list(answers), run)));
    };
  }
}

async function replay(answers: Answer[], run: (ask: Ask) => Promise<unknown>): Promise<Outcome> {
  let next = 0;
  let call: PortCall | undefined;
  let end: Outcome | undefined;
  const ask: Ask = (port, ...args) => {
    const answer = answers[next++];
    if (answer === undefined) {
      call ??= { port, args };
      return new Promise(() => undefined);
    }
    return "error" in answer ? Promise.reject(new Error(answer.error)) : Promise.resolve(answer.value);
  };
  // The functions set timeouts, but no time passes here.
  const { setTimeout } = globalThis;
  globalThis.setTimeout = (() => undefined) as never;
  try {
    run(ask).then(
      (value) => (end = { value }),
      (error: unknown) => (end = { error: String(error) }),
    );
    // Everything that needs no further answer is done before the next iteration of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  const outcome = end ?? (call && { call });
  if (!outcome) throw new Error("the function waits for something other than a port");
  return outcome;
}
