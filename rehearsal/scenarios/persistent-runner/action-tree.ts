import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Commit, commitOf } from "../../github/workflows/commits";

const PROJECT = join(__dirname, "../../..");
const ACTIONS = "actions/persistent-runner";
/** What GitHub's machines get of an action. */
const PUBLISHED = /\.(yml|mjs)$/;

/** Message of the first commit of a repository in the stand-in: see `WorkflowRepository.seed`. */
const MESSAGE = "Begin";

/** This checkout's actions, as workflows get them: the committed bundles. */
export function actionFiles(): Record<string, string> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(join(PROJECT, ACTIONS), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !PUBLISHED.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    files[path.slice(PROJECT.length + 1)] = readFileSync(path, "utf8");
  }
  return Object.fromEntries(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The commit that a repository with nothing else has. */
export function actionsCommit(): Commit {
  return commitOf(actionFiles(), MESSAGE);
}
