/** Breadth-first search over hashed states, so that the first path to a state is a shortest one. */
import { changed } from "./changed";
import { agentTransitions, promptTransitions } from "./agent";
import { cloudTransitions, slowTransitions } from "./cloud";
import { bootTransitions, faultTransitions } from "./faults";
import type { Parts } from "./parts";
import { pauseTransitions } from "./pause";
import { NotYetKnown } from "./replay";
import { runnerTransitions } from "./runner";
import { unitTransitions } from "./systemd";
import type { Transition } from "./transition";
import { decode, encode } from "./codec";
import { Edges, StateSet } from "./state-set";
import { fenced } from "./model";
import type { ModelState } from "./state";

export interface Exploration {
  states: number;
  transitions: number;
  depth: number;
  /** Undefined: every promise held in every state. */
  broken?: { promise: string; path: string[] };
  /** States from which the instance cannot terminate without a further fault. */
  stuck: { count: number; path: string[] };
  /** States before a termination, with a unit that runs or that only a pause stopped, from which no listener can receive jobs any more. */
  cutOff: { count: number; path: string[] };
}

/** How each state was first reached: from which state, and by which of its transitions. */
interface Tree {
  parents: number[];
  steps: number[];
}

interface Step extends Transition {
  text: string;
}

/** All transitions from a state. Minutes pass only when nothing of our own is left to happen. */
function steps(here: string, parts: Parts): Step[] {
  const w = decode(here);
  const found: Step[] = [];
  let urgent = false;
  const take = (transition: Transition): void => {
    // Each fault allows a new wait.
    if (transition.kind === "fault" && transition.to.idleFor > 0)
      transition = { ...transition, to: changed(transition.to, { idleFor: 0 }) };
    const text = encode(transition.to, here);
    if (text === here) return;
    urgent ||= transition.kind === "own";
    found.push({ ...transition, text });
  };
  // Steps that happen within milliseconds in any case, and that no other decision depends on, come first.
  for (const transition of promptTransitions(w, parts)) take(transition);
  if (urgent) return found;
  for (const source of [
    agentTransitions,
    pauseTransitions,
    unitTransitions,
    runnerTransitions,
    cloudTransitions,
    bootTransitions,
    faultTransitions,
  ]) {
    for (const transition of source(w, parts)) take(transition);
  }
  if (!urgent) for (const transition of slowTransitions(w)) take(transition);
  return found;
}

export async function explore(parts: Parts, initial: ModelState, budget = Infinity): Promise<Exploration> {
  const states = new StateSet();
  const tree: Tree = { parents: [], steps: [] };
  const edges = new Edges();
  const start = encode(changed(initial, {}));
  states.add(start);
  tree.parents.push(-1);
  tree.steps.push(-1);
  let layer: [number, string][] = [[0, start]];
  let count = 0;
  let depth = 0;
  const gone: number[] = [];
  const receiving: number[] = [];
  const serving: number[] = [];
  const none = { count: 0, path: [] };
  while (layer.length > 0) {
    const next: [number, string][] = [];
    for (const [id, text] of layer) {
      const here = decode(text);
      const inService = here.hook === "none" && !here.pause?.standby;
      if (inService && here.listener?.phase === "polling" && !fenced(here)) receiving.push(id);
      if (here.hook === "none" && (here.unit === "active" || here.pause?.operated === false)) serving.push(id);
      const found = await known(() => steps(text, parts));
      for (let step = 0; step < found.length; step++) {
        const { label, to, kind, text: there } = found[step]!;
        count += 1;
        const target = states.add(there);
        if (target === tree.parents.length) {
          tree.parents.push(id);
          tree.steps.push(step);
          if (to.gone) gone.push(target);
          else next.push([target, there]);
        }
        if (kind !== "fault" && kind !== "chance") edges.add(id, target);
        if (to.broken !== null) {
          const path = [...(await pathTo(id, tree, start, parts)), label];
          return {
            states: states.size,
            transitions: count,
            depth: depth + 1,
            broken: { promise: to.broken, path },
            stuck: none,
            cutOff: none,
          };
        }
      }
      if (states.size > budget) throw new Error(`more than ${budget} states, at depth ${depth}`);
    }
    layer = next;
    if (next.length > 0) depth += 1;
  }
  const unreached = async (goals: number[], from?: number[]) => {
    const reaches = edges.reach(goals, states.size);
    const lost = (from ?? [...tree.parents.keys()]).filter((id) => !reaches[id]);
    return { count: lost.length, path: lost.length > 0 ? await pathTo(lost[0]!, tree, start, parts) : [] };
  };
  return { states: states.size, transitions: count, depth, stuck: await unreached(gone), cutOff: await unreached(receiving, serving) };
}

/** The labels on the path to a state. States are not kept, so they are computed again, step by step. */
async function pathTo(id: number, tree: Tree, start: string, parts: Parts): Promise<string[]> {
  const taken: number[] = [];
  for (let at = id; tree.parents[at]! >= 0; at = tree.parents[at]!) taken.unshift(tree.steps[at]!);
  const labels: string[] = [];
  let here = start;
  for (const step of taken) {
    const { label, text } = (await known(() => steps(here, parts)))[step]!;
    labels.push(label);
    here = text;
  }
  return labels;
}

async function known<T>(work: () => T): Promise<T> {
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof NotYetKnown)) throw error;
      await error.learn();
    }
  }
}
