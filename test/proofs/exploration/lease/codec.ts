/** States as short strings, one character per field, so that a search holds millions of them. */
import type { Item } from "../../../../functions/shared/ledger/attributes";
import { changed } from "./changed";
import type { Host, ModelState, Process, Run } from "./state";

/** How a field's value is told from others; much faster than JSON, by which half of a search's time went. */
const TEXTS: { [K in Exclude<keyof ModelState, "processes">]: (value: ModelState[K]) => unknown } = {
  item: itemText,
  ec2: itself,
  launchedAt: itself,
  reason: itself,
  host: (host: Host | null) => host && `${host.phase} ${host.generation}`,
  order: itself,
  runner: itself,
  runs: ([first, second]: readonly [Run, Run]) => `${runText(first)} ${runText(second)}`,
  atOnce: itself,
  late: (late: ModelState["late"]) => late && JSON.stringify(late),
  started: itself,
  limit: itself,
  taken: itself,
  faults: itself,
  broken: itself,
};

function itself<T>(value: T): T {
  return value;
}

function runText({ phase, label, again }: Run): string {
  return `${phase} ${label} ${again}`;
}

function processText({ kind, run, answers, generation, confirmed, awaited }: Process): string {
  return `${kind} ${run} ${answers} ${generation} ${confirmed} ${awaited}`;
}

/** A write appends what it sets, so that equal items may have their attributes in different orders. */
function itemText(item: Item | null): string | null {
  if (item === null) return null;
  let text = "";
  for (const name of Object.keys(item).sort()) text += `${name}=${String(item[name])};`;
  return text;
}

/** All values that a field has had so far; those with the same text are one object. */
class Values<T> {
  private readonly numbers = new Map<T, number>();
  private readonly byText = new Map<unknown, number>();
  readonly known: T[] = [];

  constructor(private readonly textOf: (value: T) => unknown) {}

  number(value: T): number {
    const known = this.numbers.get(value);
    if (known !== undefined) return known;
    const text = this.textOf(value);
    let number = this.byText.get(text);
    if (number === undefined) {
      number = this.known.push(value) - 1;
      if (number > 0xffff) throw new Error("a field has more values than a character can say");
      this.byText.set(text, number);
      this.numbers.set(value, number);
    }
    return number;
  }
}

const KEYS = Object.keys(TEXTS) as (keyof typeof TEXTS)[];

export class Codec {
  private readonly fields = KEYS.map((key) => new Values<unknown>(TEXTS[key] as (value: unknown) => unknown));
  private readonly processes = new Values(processText);

  encode(w: ModelState): string {
    const codes = KEYS.map((key, index) => this.fields[index]!.number(w[key]));
    // In any order: which of them is the first is no difference.
    const underWay = w.processes.map((process) => this.processes.number(process)).sort((a, b) => a - b);
    return String.fromCharCode(...codes, ...underWay);
  }

  decode(text: string): ModelState {
    const w: Record<string, unknown> = {};
    for (let index = 0; index < KEYS.length; index += 1) w[KEYS[index]!] = this.fields[index]!.known[text.charCodeAt(index)];
    const processes: Process[] = [];
    for (let index = KEYS.length; index < text.length; index += 1) processes.push(this.processes.known[text.charCodeAt(index)]!);
    w["processes"] = processes;
    return changed(w as unknown as ModelState, {});
  }
}
