/** States as short strings, one character per field. States that can never behave differently share one string. */
import { changed } from "./changed";
import { GONE, inService } from "./model";
import type { ModelState } from "./state";

/** In the order of `changed`, as every state is one of its results. */
const TEMPLATE = changed(inService(0), {});
const KEYS = Object.keys(TEMPLATE) as (keyof ModelState)[];

/** All values that a field has had so far. Object values are deduplicated by content (see `unique`). */
class Values {
  private readonly numbers = new Map<unknown, number>();
  readonly known: unknown[] = [];

  number(value: unknown): number {
    let number = this.numbers.get(value);
    if (number === undefined) {
      const one = unique(value);
      number = one === value ? undefined : this.numbers.get(one);
      if (number === undefined) {
        number = this.known.push(one) - 1;
        this.numbers.set(one, number);
      }
      // Long-lived objects, such as those in the replay cache, need not be compared again.
      if (one !== value && this.numbers.size < 10_000) this.numbers.set(value, number);
    }
    return number;
  }
}

const byText = new Map<string, unknown>();

/** The one shared object with this content; returns non-objects unchanged. */
export function unique<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  const text = JSON.stringify(value);
  if (!byText.has(text)) byText.set(text, value);
  return byText.get(text) as T;
}

const FIELDS = KEYS.map(() => new Values());

/** @param before the text of a state from which this one differs in few fields: the others need not be looked up */
export function encode(state: ModelState, before = ""): string {
  const w = state.gone && state.broken === null ? GONE : canonical(state);
  const codes = Object.values(w).map((value, index) => {
    const field = FIELDS[index]!;
    const code = before.charCodeAt(index);
    return field.known[code] === value ? code : field.number(value);
  });
  return String.fromCharCode(...codes);
}

export function decode(text: string): ModelState {
  const w = changed(TEMPLATE, {}) as unknown as Record<string, unknown>;
  for (let index = 0; index < KEYS.length; index++) w[KEYS[index]!] = FIELDS[index]!.known[text.charCodeAt(index)];
  return w as unknown as ModelState;
}

function canonical(w: ModelState): ModelState {
  let to = w;
  const set = (change: Partial<ModelState>) => void (to = changed(to, change));
  // A pid matters only to a drain that remembers one.
  if (w.generation !== 0 && !remembers(w)) set({ generation: 0, listener: w.listener && { ...w.listener, generation: 0 } });
  // The age of an idle announcement is never read.
  if (w.announcement !== "busy" && w.announcementAge !== 0) set({ announcementAge: 0 });
  if (w.stopping && ["inactive", "auto-restart", "active", "start-pre"].includes(w.unit)) set({ stopping: false });
  if (w.main === "dead" && w.listener === null && w.supervisor !== w.relaunch) set({ supervisor: w.relaunch });
  // The only open question is whether a job is accepted before the instance terminates.
  if (w.hook === "continued" && w.completion !== null && (w.completion === "again" || w.completion.drain === null))
    set({ completion: null });
  return to;
}

function remembers({ drain, reap, completion }: ModelState): boolean {
  const inCompletion = completion !== null && completion !== "again" ? completion.drain : null;
  return [drain, reap && reap.drain, inCompletion].some((process) => process?.state.listener !== undefined);
}
