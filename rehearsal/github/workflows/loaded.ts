import type { Files, PlannedAction } from "../../runner/steps/plan";
import { type ActionSource, resolveActions } from "./actions";
import type { WorkflowFile } from "./model";
import { parseWorkflow } from "./parse";
import { excessOf, type Granted, permissionsOf } from "./permissions";
import { WorkflowError } from "./workflow-error";

/** A workflow file with all that it refers to: a reference that leads nowhere is found before a job runs. */
export interface LoadedWorkflow {
  file: WorkflowFile;
  /** Of its jobs' steps, by the job's id. */
  actions: Record<string, Record<string, PlannedAction>>;
  /** Called workflows, by the reference in `uses:`. */
  calls: Record<string, LoadedWorkflow>;
  /** `OWNER/REPO/PATH@REF` and the commit, of a called workflow. */
  reusable?: { ref: string; sha: string };
}

export interface WorkflowSource extends ActionSource {
  commit(repository: string, ref: string): { ref: string; sha: string; files: Files } | undefined;
}

interface Place {
  repository: string;
  ref: string;
  sha: string;
  files: Files;
  /** Of the run: what jobs check out, and where `uses: ./` of a step leads. */
  workspace: Files;
}

/** GitHub's limit on workflows that call others: the top one and nine below it. */
const DEEPEST = 10;

/** @throws WorkflowError */
export async function loadWorkflow(path: string, place: Place, source: WorkflowSource, depth = 1): Promise<LoadedWorkflow> {
  const content = place.files[path];
  if (content === undefined) throw new WorkflowError(path, [`${place.repository} has no such file at ${place.ref}`]);
  if (depth > DEEPEST) throw new WorkflowError(path, [`workflows call each other more than ${DEEPEST} deep`]);
  const file = await parseWorkflow(path, content);
  const loaded: LoadedWorkflow = { file, actions: {}, calls: {} };
  for (const { id, work } of file.jobs) {
    if (work.kind === "steps") loaded.actions[id] = resolveActions(work.steps, place.workspace, source, `${path}: jobs.${id}`);
    else loaded.calls[work.reference] ??= await loadCalled(work.reference, `${path}: jobs.${id}`, place, source, depth);
  }
  if (depth === 1) checkPermissions(path, loaded);
  return loaded;
}

/** GitHub runs nothing of a file that calls a workflow whose jobs ask for more than the calling job has. */
function checkPermissions(path: string, { file, calls }: LoadedWorkflow, own?: Granted): void {
  for (const { permissions, work } of file.jobs) {
    if (work.kind === "steps") continue;
    const called = calls[work.reference]!;
    const most = permissionsOf(file.permissions, permissions, false, own);
    for (const { id, permissions: asked } of called.file.jobs) {
      const excess = excessOf(called.file.permissions, asked, most);
      if (!excess) continue;
      const reason = `The nested job '${id}' is requesting '${excess.asked}', but is only allowed '${excess.allowed}'.`;
      throw new WorkflowError(path, [`Error calling workflow '${work.reference}'. ${reason}`]);
    }
    checkPermissions(path, called, most);
  }
}

async function loadCalled(reference: string, label: string, place: Place, source: WorkflowSource, depth: number): Promise<LoadedWorkflow> {
  const { called, path } = placeOf(reference, label, place, source);
  const loaded = await loadWorkflow(path, called, source, depth + 1);
  if (!loaded.file.call) throw new WorkflowError(label, [`uses: ${reference}: the workflow has no workflow_call`]);
  if (loaded.file.concurrency) throw new WorkflowError(path, ["concurrency of a called workflow is not supported by this GitHub stand-in"]);
  return { ...loaded, reusable: { ref: `${called.repository}/${path}@${called.ref}`, sha: called.sha } };
}

function placeOf(reference: string, label: string, place: Place, source: WorkflowSource): { called: Place; path: string } {
  if (reference.startsWith("./")) return { called: place, path: reference.slice(2) };
  const match = /^([^/@\s]+\/[^/@\s]+)\/([^@\s]+)@(\S+)$/.exec(reference);
  if (!match) throw new WorkflowError(label, [`uses: ${reference}: is neither ./PATH nor OWNER/REPO/PATH@REF`]);
  const [, repository = "", path = "", ref = ""] = match;
  const found = source.commit(repository, ref);
  if (!found) throw new WorkflowError(label, [`uses: ${reference}: no repository ${repository} with ${ref} exists here`]);
  return { called: { repository, ...found, workspace: place.workspace }, path };
}
