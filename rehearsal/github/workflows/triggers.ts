import type { WorkflowEvent } from "./events";
import type { EventFilter, WorkflowFile } from "./model";
import { matchesPatterns } from "./patterns";

/** Activities that start a workflow whose filter names none. Of other events, all do. */
const DEFAULT_TYPES: Readonly<Record<string, readonly string[]>> = {
  pull_request: ["opened", "synchronize", "reopened"],
  pull_request_target: ["opened", "synchronize", "reopened"],
};
const SKIP = /\[(?:skip ci|ci skip|no ci|skip actions|actions skip)\]/;

/** Whether the event starts the workflow. */
export function starts(file: WorkflowFile, event: WorkflowEvent): boolean {
  const filter = file.events[event.name];
  if (!filter) return false;
  if (event.workflow !== undefined && event.workflow !== file.path) return false;
  if ((event.name === "push" || event.name === "pull_request") && SKIP.test(event.message ?? "")) return false;
  const types = filter.types ?? DEFAULT_TYPES[event.name];
  if (types && event.action !== undefined && !types.includes(event.action)) return false;
  return admitsRef(filter, event) && admitsPaths(filter, event) && admitsWorkflow(filter, event);
}

/** `workflow_run`: the names of the workflows whose runs it is about. */
function admitsWorkflow({ workflows }: EventFilter, { payload }: WorkflowEvent): boolean {
  if (!workflows) return true;
  const { name } = (payload.workflow_run ?? {}) as { name?: string };
  return name !== undefined && matchesPatterns(workflows, name);
}

/** A push of a branch is not for a workflow that names only tags, and the other way round. */
function admitsRef(filter: EventFilter, { branch, tag }: WorkflowEvent): boolean {
  const namesBranches = filter.branches ?? filter.branchesIgnore;
  const namesTags = filter.tags ?? filter.tagsIgnore;
  if (branch !== undefined) {
    if (!namesBranches) return !namesTags;
    return filter.branches ? matchesPatterns(filter.branches, branch) : !matchesPatterns(filter.branchesIgnore!, branch);
  }
  if (tag !== undefined) {
    if (!namesTags) return !namesBranches;
    return filter.tags ? matchesPatterns(filter.tags, tag) : !matchesPatterns(filter.tagsIgnore!, tag);
  }
  return true;
}

/** Paths are not evaluated for pushes of tags. */
function admitsPaths(filter: EventFilter, { paths, tag }: WorkflowEvent): boolean {
  if (!paths || tag !== undefined) return true;
  if (filter.paths) return paths.some((path) => matchesPatterns(filter.paths!, path));
  if (filter.pathsIgnore) return paths.some((path) => !matchesPatterns(filter.pathsIgnore!, path));
  return true;
}
