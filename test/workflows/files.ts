import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { load } from "js-yaml";

export const ROOT = resolve(__dirname, "../..");
const FOLDER = join(ROOT, ".github", "workflows");
export const SCRIPTS = join(ROOT, ".github", "scripts");

export interface Step {
  id?: string;
  uses?: string;
  run?: string;
  if?: string;
  with?: Record<string, unknown>;
  env?: Record<string, string>;
}
export interface Job {
  if?: string;
  "runs-on"?: string;
  environment?: string;
  permissions?: Record<string, string>;
  outputs?: Record<string, string>;
  concurrency?: { group: string; "cancel-in-progress": unknown };
  strategy?: { "fail-fast"?: boolean };
  "timeout-minutes"?: number;
  needs?: string | string[];
  /** Another workflow of this repository; such a job has no steps of its own. */
  uses?: string;
  with?: Record<string, unknown>;
  steps: Step[];
}
export interface Workflow {
  name: string;
  text: string;
  on: Record<string, any>;
  permissions: unknown;
  concurrency?: { group: string; "cancel-in-progress": unknown };
  jobs: Record<string, Job>;
}

export function workflows(): Workflow[] {
  return readdirSync(FOLDER)
    .sort()
    .map((file) => {
      const text = readFileSync(join(FOLDER, file), "utf8");
      const loaded = load(text) as Omit<Workflow, "name" | "text">;
      for (const job of Object.values(loaded.jobs)) job.steps ??= [];
      return { ...loaded, name: file, text };
    });
}

export function workflow(name: string): Workflow {
  const found = workflows().find((one) => one.name === name);
  if (!found) throw new Error(`no workflow ${name}`);
  return found;
}

export function steps(): { where: string; job: Job; step: Step }[] {
  return workflows().flatMap(({ name, jobs }) =>
    Object.entries(jobs).flatMap(([id, job]) => job.steps.map((step, at) => ({ where: `${name} ${id} step ${at + 1}`, job, step }))),
  );
}

/** The step of a workflow that runs a script; it has the script's environment variables. */
export function stepOf(name: string, script: string): Step {
  const found = Object.values(workflow(name).jobs)
    .flatMap((job) => job.steps)
    .filter(({ run }) => run === `bash .github/scripts/${script}`);
  if (found.length !== 1) throw new Error(`${name} runs ${script} in ${found.length} steps`);
  return found[0]!;
}
