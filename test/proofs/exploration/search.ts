/** Breadth-first over hashed states, so that what it finds first is the shortest way there. */
import { agentTransitions, promptTransitions } from "./agent";
import { cloudTransitions, slowTransitions } from "./cloud";
import { bootTransitions, faultTransitions } from "./faults";
import type { Parts } from "./parts";
import { NotYetKnown } from "./replay";
import { runnerTransitions } from "./runner";
import { unitTransitions } from "./systemd";
import type { Transition } from "./transition";
import { decode, encode } from "./codec";
import { Edges, StateSet } from "./state-set";
import { fenced, type ModelState } from "./model";

export interface Exploration {
  states: number;
  transitions: number;
  depth: number;
  /** Undefined: every promise held in every state. */
  broken?: { promise: string; path: string[] };
  /** States from which no way leads to the instance's end without a further fault. */
  stuck: { count: number; path: string[] };
  /** States in service, with a unit that runs, from which no way leads to a listener that hears of jobs. */
  deaf: { count: number; path: string[] };
}

/** How each state was first come to: from which one, and by which of its transitions. */
interface Tree {
  parents: number[];
  turns: number[];
}

interface Turn extends Transition {
  text: string;
}

/** All that may happen next. Minutes pass only where nothing of our own is left to happen. */
function turns(here: string, parts: Parts): Turn[] {
  const w = decode(here);
  const found: Turn[] = [];
  let urgent = false;
  const take = (transition: Transition): void => {
    // Each fault may cost its own wait.
    if (transition.kind === "fault" && transition.to.idleFor > 0) transition = { ...transition, to: { ...transition.to, idleFor: 0 } };
    const text = encode(transition.to);
    if (text === here) return;
    urgent ||= transition.kind === "own";
    found.push({ ...transition, text });
  };
  // What happens within milliseconds whatever else does, and changes nothing that anybody decides by meanwhile, comes first.
  for (const transition of promptTransitions(w, parts)) take(transition);
  if (urgent) return found;
  for (const source of [agentTransitions, unitTransitions, runnerTransitions, cloudTransitions, bootTransitions, faultTransitions]) {
    for (const transition of source(w, parts)) take(transition);
  }
  if (!urgent) for (const transition of slowTransitions(w)) take(transition);
  return found;
}

export async function explore(parts: Parts, world: ModelState, budget = Infinity): Promise<Exploration> {
  const states = new StateSet();
  const tree: Tree = { parents: [], turns: [] };
  const edges = new Edges();
  const start = encode(world);
  states.add(start);
  tree.parents.push(-1);
  tree.turns.push(-1);
  let layer: [number, string][] = [[0, start]];
  let count = 0;
  let depth = 0;
  const gone: number[] = [];
  const hearing: number[] = [];
  const serving: number[] = [];
  const none = { count: 0, path: [] };
  while (layer.length > 0) {
    const next: [number, string][] = [];
    for (const [id, text] of layer) {
      const here = decode(text);
      if (here.hook === "none" && here.listener?.phase === "polling" && !fenced(here)) hearing.push(id);
      if (here.hook === "none" && here.unit === "active") serving.push(id);
      const found = await known(() => turns(text, parts));
      for (let turn = 0; turn < found.length; turn++) {
        const { label, to, kind, text: there } = found[turn]!;
        count += 1;
        const target = states.add(there);
        if (target === tree.parents.length) {
          tree.parents.push(id);
          tree.turns.push(turn);
          if (to.gone) gone.push(target);
          else next.push([target, there]);
        }
        if (kind !== "fault" && kind !== "chance") edges.add(id, target);
        if (to.broken !== null) {
          const path = [...(await wayTo(id, tree, start, parts)), label];
          return {
            states: states.size,
            transitions: count,
            depth: depth + 1,
            broken: { promise: to.broken, path },
            stuck: none,
            deaf: none,
          };
        }
      }
      if (states.size > budget) throw new Error(`more than ${budget} states, at depth ${depth}`);
    }
    layer = next;
    if (next.length > 0) depth += 1;
  }
  const judged = async (goals: number[], from?: number[]) => {
    const reaches = edges.reach(goals, states.size);
    const lost = (from ?? [...tree.parents.keys()]).filter((id) => !reaches[id]);
    return { count: lost.length, path: lost.length > 0 ? await wayTo(lost[0]!, tree, start, parts) : [] };
  };
  return { states: states.size, transitions: count, depth, stuck: await judged(gone), deaf: await judged(hearing, serving) };
}

/** The labels on the way to a state. Worlds are not kept, so they are made once more, turn by turn. */
async function wayTo(id: number, tree: Tree, start: string, parts: Parts): Promise<string[]> {
  const taken: number[] = [];
  for (let at = id; tree.parents[at]! >= 0; at = tree.parents[at]!) taken.unshift(tree.turns[at]!);
  const labels: string[] = [];
  let here = start;
  for (const turn of taken) {
    const { label, text } = (await known(() => turns(here, parts)))[turn]!;
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
