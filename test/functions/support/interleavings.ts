/** One process of an exploration: each `step` waits until the exploration lets it happen. */
export type Process = (step: <T>(act: () => T) => Promise<T>) => Promise<void>;

interface Waiting {
  process: number;
  go(): void;
}

/**
 * Runs processes in every order in which their steps can interleave, from the start each time: `processes` makes fresh ones, with
 * what they share, and `check` looks at the end of each run.
 *
 * @returns the number of orders.
 */
export async function everyInterleaving(scenario: () => { processes: Process[]; check(): void }): Promise<number> {
  const choices: number[] = [];
  for (let runs = 1; ; runs += 1) {
    const { processes, check } = scenario();
    const options = await run(processes, (depth) => choices[depth] ?? 0);
    try {
      check();
    } catch (error) {
      throw new Error(`in the order ${options.map(({ chosen }) => chosen).join("")}: ${(error as Error).message}`, { cause: error });
    }
    // The next order in depth first: the last step at which another process could have gone first.
    while (choices.length < options.length) choices.push(0);
    choices.length = options.length;
    while (choices.length > 0 && choices.at(-1)! + 1 >= options[choices.length - 1]!.count) choices.pop();
    if (choices.length === 0) return runs;
    choices[choices.length - 1]! += 1;
  }
}

const RESOLVED = Promise.resolve();

/**
 * Afterwards each process waits at a step, or has ended: a tick that a microtask asks for comes after all microtasks. A turn of the
 * event loop would do as well, at several times the cost.
 */
function settled(): Promise<void> {
  return new Promise((resolve) => void RESOLVED.then(() => process.nextTick(resolve)));
}

async function run(processes: Process[], choose: (depth: number) => number): Promise<{ chosen: number; count: number }[]> {
  const waiting: Waiting[] = [];
  const taken: { chosen: number; count: number }[] = [];
  const ends = processes.map((process, index) =>
    process(
      (act) =>
        new Promise((resolve, reject) => {
          const go = () => {
            try {
              resolve(act());
            } catch (error) {
              reject(error);
            }
          };
          waiting.push({ process: index, go });
        }),
    ),
  );
  const ended = Promise.all(ends);
  ended.catch(() => undefined);
  for (;;) {
    await settled();
    if (waiting.length === 0) break;
    waiting.sort((a, b) => a.process - b.process);
    const at = choose(taken.length);
    const [next] = waiting.splice(at, 1);
    taken.push({ chosen: next!.process, count: waiting.length + 1 });
    next!.go();
  }
  await ended;
  return taken;
}
