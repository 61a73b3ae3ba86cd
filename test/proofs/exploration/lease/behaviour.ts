/**
 * What a request still does, as opposed to what it has done. A request under way is known by the answers that it has got, and most of these no
 * longer decide anything: requests that will make the same calls, whatever these are answered, are one, and one that will change nothing
 * is none. Both are found by asking the code itself, for each answer that a call may have.
 */
import type { Item } from "../../../../functions/shared/ledger/attributes";
import type { ItemWrite } from "../../../../functions/shared/ledger/single-item";
import { type Answer, NotYetKnown, type Outcome, type PortCall } from "../replay";
import { isDoomed } from "./advance";
import { powerAnswers } from "./answers";
import { known } from "./known";
import { nameOf, NO_ANSWER, type Parts, runOf } from "./parts";
import { renamedObject, type Renaming } from "./renaming";
import type { Process } from "./state";

type Of = Pick<Process, "kind" | "run" | "generation">;

/** From a list of answers on. */
interface Studied {
  signature: number;
  /** If all its writes were refused: these writes, whether it acts besides, replies something final, or begins anew. */
  writes: readonly ItemWrite[];
  acts: boolean;
  replies: boolean;
  beginsAnew: boolean;
}

export class Behaviours {
  private readonly signatures = new Map<string, number>();
  private readonly studied = new Map<string, Studied[]>();
  private readonly firsts = new Map<string, Map<number, number>>();
  private readonly renamed = new Map<string, number[]>();
  private readonly compared = new Set<string>();

  constructor(private readonly parts: Parts) {}

  outcome(of: Of, answers: number): Outcome {
    return this.parts.replay.outcome(nameOf(of), answers, runOf(of, this.parts));
  }

  /**
   * Whether it begins anew: reads the lease as its first request did, and remembers nothing but how often it has. A request that ends
   * instead is no other one, for its run repeats it, as the reaper's schedule repeats a pass. So how often is not counted.
   */
  beginsAnew(of: Of, answers: number): boolean {
    const outcome = this.outcome(of, answers);
    const anew = this.outcome(of, 0);
    if (!("call" in outcome) || !("call" in anew) || outcome.call.port !== anew.call.port) return false;
    const list = this.parts.replay.answers.list(answers);
    // After a call that failed it reads the lease to decide what that means.
    const reads = list.filter((answer) => leaseOf(answer) !== undefined).length;
    if (reads === 0 || (reads === 1 && list.some((answer) => "error" in answer))) return false;
    this.compare(of, answers, list);
    return true;
  }

  /** By its next two calls: the code may have changed. */
  private compare(of: Of, answers: number, list: readonly Answer[]): void {
    const key = `${nameOf(of)} ${answers}`;
    if (this.compared.has(key)) return;
    let [again, anew] = [answers, 0];
    for (const answer of list.slice(0, 2)) {
      again = this.parts.replay.answers.with(again, answer);
      anew = this.parts.replay.answers.with(anew, answer);
      const [left, right] = [this.outcome(of, again), this.outcome(of, anew)];
      if (JSON.stringify(left) !== JSON.stringify(right))
        throw new Error(`${nameOf(of)} does not begin anew: ${JSON.stringify([left, right])}`);
      if (!("call" in left)) break;
    }
    this.compared.add(key);
  }

  /** The first list of answers after which it does the same. */
  first(of: Of, answers: number): number {
    const { signature } = this.study(of, answers);
    const key = keyOf(of);
    let firsts = this.firsts.get(key);
    if (firsts === undefined) this.firsts.set(key, (firsts = new Map()));
    const first = firsts.get(signature);
    if (first !== undefined) return first;
    firsts.set(signature, answers);
    return answers;
  }

  /**
   * What becomes of one that changes nothing any more, because all its writes are doomed: its last calls only read, and so come at once. A fault
   * on its way, by which it ends sooner, would be one less for others. Undefined: it ends.
   */
  reduced(process: Process, item: Item | null): Process | undefined {
    if (process.answers === 0) return process;
    const { writes, acts, replies, beginsAnew } = this.study(process, process.answers);
    if (acts || (process.awaited && replies) || !writes.every((write) => isDoomed(write, item))) return process;
    const isRepeated = process.awaited || process.run === null;
    // If it may also end now, it may do so then, too.
    return isRepeated || !beginsAnew ? undefined : { ...process, answers: 0, generation: null, confirmed: false };
  }

  /** It may be about to start the machine that it has seen. */
  hasSeenOff(answers: number): boolean {
    return this.parts.replay.answers.list(answers).some((answer) => powerOf(answer)?.state === "stopped");
  }

  /** It may be about to ask for the runner of a machine that it has seen ready. */
  hasSeenReady(answers: number): boolean {
    return this.parts.replay.answers.list(answers).some((answer) => leaseOf(answer)?.phase === "ready");
  }

  /** The same request under other names of what it remembers. */
  rename(answers: number, renaming: Renaming): number {
    const key = `${renaming.by} ${renaming.flip} ${renaming.swap}`;
    let renamed = this.renamed.get(key);
    if (renamed === undefined) this.renamed.set(key, (renamed = []));
    const { replay } = this.parts;
    return (renamed[answers] ??= replay.answers
      .list(answers)
      .reduce((to, answer) => replay.answers.with(to, renamedAnswer(answer, renaming)), 0));
  }

  private study(of: Of, answers: number): Studied {
    const found = this.studied.get(keyOf(of))?.[answers];
    if (found !== undefined) return found;
    throw new NotYetKnown(async () => void (await this.learn(of, answers)));
  }

  private async learn(of: Of, answers: number): Promise<Studied> {
    const key = keyOf(of);
    let studied = this.studied.get(key);
    if (studied === undefined) this.studied.set(key, (studied = []));
    return (studied[answers] ??= await this.learnAnew(of, answers));
  }

  private async learnAnew(of: Of, answers: number): Promise<Studied> {
    const outcome = await known(() => this.outcome(of, answers));
    const isAnew = answers !== 0 && (await known(() => this.beginsAnew(of, answers)));
    const leaf = { writes: [], acts: false, replies: false, beginsAnew: false };
    if (isAnew) return { ...leaf, signature: this.sign("begins anew"), beginsAnew: true };
    if (!("call" in outcome)) {
      // A pass has no reply.
      const text = of.run === null && "value" in outcome ? "ends" : JSON.stringify(outcome);
      return { ...leaf, signature: this.sign(text), acts: "error" in outcome, replies: isFinal(outcome) };
    }
    const { call } = outcome;
    const possible = answersOf(call, of);
    // What may be read of the lease is not known beforehand.
    if (possible === undefined) return { ...leaf, signature: this.sign(`reads after ${answers}`), acts: true };
    const next: Studied[] = [];
    for (const answer of possible) next.push(await this.learn(generationOf(call, of), this.parts.replay.answers.with(answers, answer)));
    const signature = this.sign(`${JSON.stringify(call)} ${next.map((one) => one.signature).join()}`);
    const isWrite = call.port === "write";
    // The second answer (see answersOf).
    const refused = isWrite ? [next[1]!] : next;
    return {
      signature,
      writes: [...new Set([...(isWrite ? [call.args[0] as ItemWrite] : []), ...refused.flatMap(({ writes }) => writes)])],
      acts: !(isWrite || READS.includes(call.port)) || refused.some(({ acts }) => acts),
      replies: refused.some(({ replies }) => replies),
      beginsAnew: refused.some(({ beginsAnew }) => beginsAnew),
    };
  }

  private sign(text: string): number {
    let number = this.signatures.get(text);
    if (number === undefined) this.signatures.set(text, (number = this.signatures.size));
    return number;
  }
}

const READS = ["power", "runner"];

function keyOf(of: Of): string {
  return `${nameOf(of)} ${of.generation}`;
}

/** A run that gets it goes on. */
function isFinal(outcome: Outcome): boolean {
  const { state } = ("value" in outcome ? (outcome.value ?? {}) : {}) as { state?: string };
  return state === "ready" || state === "failed" || state === "released";
}

/** All that a call may be answered, of a write first that it is applied, then that it is refused; undefined: it depends on the state. */
function answersOf({ port }: PortCall, { generation }: Of): readonly Answer[] | undefined {
  const values = (...list: unknown[]): Answer[] => list.map((value) => ({ value }));
  const errors = (...list: string[]): Answer[] => list.map((error) => ({ error }));
  switch (port) {
    case "power":
      return values(...powerAnswers());
    case "write":
      return [...values(true, false), ...errors(NO_ANSWER)];
    case "create":
      return [...values({ runnerId: generation, configuration: "" }), ...errors("GitHub is down")];
    case "order":
      return [...values("created"), ...errors(NO_ANSWER)];
    case "runner":
      return values("absent", "busy", "idle", "offline");
    case "remove":
      return values("busy", "deleted");
    case "retire":
      return [...values("busy", "retired"), ...errors("GitHub is down")];
    case "start":
      return [...values(undefined), ...errors("IncorrectInstanceState", "InsufficientInstanceCapacity", NO_ANSWER)];
    case "stop":
      return [...values(undefined), ...errors("IncorrectInstanceState", NO_ANSWER)];
    default:
      return undefined;
  }
}

/** As the model has it after the call (answers.ts). */
function generationOf({ port, args }: PortCall, of: Of): Of {
  const write = args[0] as { set?: { startedAt?: number }; when?: { all?: { attribute?: string; value?: number }[] } } | undefined;
  if (port !== "write" || write?.set?.startedAt === undefined) return of;
  const generation = write.when?.all?.find(({ attribute }) => attribute === "generation")?.value;
  return generation === undefined ? of : { ...of, generation };
}

function leaseOf(answer: Answer): { phase: string } | undefined {
  return partOf(answer, "phase");
}

function powerOf(answer: Answer): { state: string } | undefined {
  return partOf(answer, "launchedAt");
}

function partOf<T>(answer: Answer, name: string): T | undefined {
  if ("error" in answer || typeof answer.value !== "object" || answer.value === null) return undefined;
  return name in answer.value ? (answer.value as T) : undefined;
}

function renamedAnswer(answer: Answer, renaming: Renaming): Answer {
  if ("error" in answer || typeof answer.value !== "object" || answer.value === null) return answer;
  return { value: renamedObject(answer.value, renaming) };
}
