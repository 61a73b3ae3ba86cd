import { join, resolve, sep } from "node:path";
import { rememberTranspiled } from "./transpile-memory";

/** Folders of the project that hold no part of the program: what runs the rehearsal must stay loaded as it is. */
const KEPT = ["node_modules", "rehearsal", "test"];

/**
 * The program, evaluated anew at every call: registering resources is what its module does when it is loaded, so a
 * cached module would register nothing in the second run.
 */
export function freshProgram(projectDir: string, entry = "index.ts"): () => Promise<Record<string, unknown>> {
  rememberTranspiled();
  const root = resolve(projectDir);
  const kept = KEPT.map((folder) => join(root, folder) + sep);
  return async () => {
    for (const file of Object.keys(require.cache)) {
      if (file.startsWith(root + sep) && !kept.some((folder) => file.startsWith(folder))) delete require.cache[file];
    }
    return { ...require(join(root, entry)) };
  };
}
