import { existsSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import { cacheTranspiled } from "./transpile-cache";

/** Folders that are not part of the program: the code that runs the rehearsal must stay loaded, or its classes would exist twice. */
const KEPT = ["node_modules", "cli", "rehearsal", "test"];

/** Where the program's components wait, so that a virtual clock can replace it. Earlier releases have no such file. */
const PAUSE = "components/shared/pause.ts";

export interface ProgramOptions {
  /** Default: `index.ts`. */
  entry?: string;
  /** How the program's components wait between two lookups. Default: on the wall clock. */
  pause?: (milliseconds: number) => Promise<void>;
}

/**
 * The program, evaluated anew on every call: its module registers resources when it is loaded, so a cached module would
 * register nothing in the second run.
 */
export function freshProgram(
  projectDir: string,
  { entry = "index.ts", pause }: ProgramOptions = {},
): () => Promise<Record<string, unknown>> {
  cacheTranspiled();
  const root = resolve(projectDir);
  const kept = KEPT.map((folder) => join(root, folder) + sep);
  return async () => {
    for (const file of Object.keys(require.cache)) {
      if (file.startsWith(root + sep) && !kept.some((folder) => file.startsWith(folder))) delete require.cache[file];
    }
    const pauseFile = join(root, PAUSE);
    if (pause && existsSync(pauseFile)) require(pauseFile).waiting.pause = pause;
    return { ...require(join(root, entry)) };
  };
}
