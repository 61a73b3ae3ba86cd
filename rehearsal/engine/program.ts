import { join, resolve, sep } from "node:path";
import { cacheTranspiled } from "./transpile-cache";

/** Folders that are not part of the program: the code that runs the rehearsal must stay loaded. */
const KEPT = ["node_modules", "rehearsal", "test"];

/**
 * The program, evaluated anew on every call: its module registers resources when it is loaded, so a cached module would
 * register nothing in the second run.
 */
export function freshProgram(projectDir: string, entry = "index.ts"): () => Promise<Record<string, unknown>> {
  cacheTranspiled();
  const root = resolve(projectDir);
  const kept = KEPT.map((folder) => join(root, folder) + sep);
  return async () => {
    for (const file of Object.keys(require.cache)) {
      if (file.startsWith(root + sep) && !kept.some((folder) => file.startsWith(folder))) delete require.cache[file];
    }
    return { ...require(join(root, entry)) };
  };
}
