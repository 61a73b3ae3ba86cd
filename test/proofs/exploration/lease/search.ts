/** Breadth-first search, so that the first path to a state is a shortest one. */
import { Random } from "../../../../rehearsal/random";
import { Edges, StateSet } from "../state-set";
import { lateTransitions } from "./answers";
import { Behaviours } from "./behaviour";
import { canonical } from "./canonical";
import { Codec } from "./codec";
import { known } from "./known";
import { machineTransitions } from "./machine";
import type { Parts } from "./parts";
import { type Code, processTransitions } from "./processes";
import { mayMinutesPass, runTransitions } from "./runs";
import type { ModelState, Transition } from "./state";
import { hoursPass, minutesPass } from "./time";

export interface Exploration {
  states: number;
  transitions: number;
  depth: number;
  /** Undefined: every promise held in every state. */
  broken?: { promise: string; path: string[] };
  /** States from which the machine cannot come to rest, off and free, with all runs ended, without a further fault. */
  restless: { count: number; path: string[] };
}

export interface Wandering {
  states: number;
  /** Undefined: every promise held in every state. */
  broken?: { promise: string; walk: number; path: string[] };
}

/** How each state was first reached: from which state, and by which of its transitions. */
interface Tree {
  parents: number[];
  steps: number[];
}

interface Step {
  label: string;
  kind: Transition["kind"];
  broken: string | null;
  text: string;
}

export async function explore(parts: Parts, initial: ModelState): Promise<Exploration> {
  return new Search(parts).run(initial);
}

/** Where a search would have no end: walks by chance, each of so many steps. Of a hundred steps, five are faults, and one a cancellation. */
export async function wander(parts: Parts, initial: ModelState, walks: number, length: number): Promise<Wandering> {
  return new Search(parts).wander(initial, walks, length);
}

class Search {
  private readonly code: Code;
  private readonly codec = new Codec();
  private readonly states = new StateSet();
  private readonly tree: Tree = { parents: [-1], steps: [-1] };
  private readonly edges = new Edges();
  private start = "";

  constructor(parts: Parts) {
    this.code = { parts, behaviours: new Behaviours(parts) };
  }

  async run(initial: ModelState): Promise<Exploration> {
    this.start = await known(() => this.text(initial));
    this.states.add(this.start);
    const resting: number[] = [];
    let layer: [number, string][] = [[0, this.start]];
    let [transitions, depth] = [0, 0];
    for (; layer.length > 0; depth += 1) {
      const next: [number, string][] = [];
      for (const [id, text] of layer) {
        if (isAtRest(this.codec.decode(text))) resting.push(id);
        for (const [step, { label, kind, text: there, broken }] of (await known(() => this.steps(text))).entries()) {
          transitions += 1;
          const target = this.states.add(there);
          if (target === this.tree.parents.length) {
            this.tree.parents.push(id);
            this.tree.steps.push(step);
            next.push([target, there]);
          }
          if (kind === "own") this.edges.add(id, target);
          if (broken === null) continue;
          const path = [...(await this.pathTo(id)), label];
          return {
            states: this.states.size,
            transitions,
            depth: depth + 1,
            broken: { promise: broken, path },
            restless: { count: 0, path: [] },
          };
        }
      }
      layer = next;
    }
    return { states: this.states.size, transitions, depth, restless: await this.cutOff(resting) };
  }

  async wander(initial: ModelState, walks: number, length: number): Promise<Wandering> {
    const start = await known(() => this.text(initial));
    for (let walk = 0; walk < walks; walk += 1) {
      const random = new Random(walk);
      const path: string[] = [];
      let here = start;
      while (path.length < length && !isAtRest(this.codec.decode(here))) {
        const possible = await known(() => this.steps(here));
        const drawn = random.next();
        const wanted = drawn < 0.05 ? "fault" : drawn < 0.06 ? "chance" : "own";
        const step = random.pick(possible.filter(({ kind }) => kind === wanted)) ?? random.pick(possible);
        if (step === undefined) break;
        path.push(step.label);
        this.states.add(step.text);
        if (step.broken !== null) return { states: this.states.size, broken: { promise: step.broken, walk, path } };
        here = step.text;
      }
    }
    return { states: this.states.size };
  }

  private steps(text: string): Step[] {
    const w = this.codec.decode(text);
    const found = [...processTransitions(w, this.code), ...lateTransitions(w), ...machineTransitions(w), ...runTransitions(w)];
    if (mayMinutesPass(w)) {
      found.push({ label: "minutes pass", to: minutesPass(w), kind: "own" });
      const isWaitedFor = w.runs.some(({ phase }) => phase === "asking");
      if (w.host?.phase === "hung" && !isWaitedFor) found.push({ label: "hours pass", to: hoursPass(w), kind: "own" });
    }
    return found
      .map(({ label, kind, to }) => ({ label, kind, broken: to.broken, text: this.text(to) }))
      .filter((step) => step.text !== text);
  }

  private text(w: ModelState): string {
    return this.codec.encode(canonical(w, this.code.behaviours));
  }

  private async cutOff(goals: number[]): Promise<Exploration["restless"]> {
    const reaches = this.edges.reach(goals, this.states.size);
    const lost = [...this.tree.parents.keys()].filter((id) => !reaches[id]);
    return { count: lost.length, path: lost.length > 0 ? await this.pathTo(lost[0]!) : [] };
  }

  /** The labels on the path to a state. States are not kept, so they are computed again, step by step. */
  private async pathTo(id: number): Promise<string[]> {
    const taken: number[] = [];
    for (let at = id; this.tree.parents[at]! >= 0; at = this.tree.parents[at]!) taken.unshift(this.tree.steps[at]!);
    const labels: string[] = [];
    let here = this.start;
    for (const step of taken) {
      const { label, text } = (await known(() => this.steps(here)))[step]!;
      labels.push(label);
      here = text;
    }
    return labels;
  }
}

function isAtRest({ item, ec2, runs, processes, late }: ModelState): boolean {
  const isFree = item === null || (item["phase"] === "stopped" && item["holder"] === undefined);
  return isFree && ec2 === "stopped" && processes.length === 0 && late === null && runs.every(({ phase }) => phase === "done");
}
