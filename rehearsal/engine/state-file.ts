import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Where the engine's file backend keeps a stack's state, below the folder of its URL. */
export function stateFile(stateDir: string, projectName: string, stackName: string): string {
  return join(stateDir, ".pulumi", "stacks", projectName, `${stackName}.json`);
}

/**
 * The resources in a stack's state file, or undefined when there is no such file. Asking the engine instead costs 1 s
 * each time, mostly to derive a key that is not needed: secrets stay encrypted either way.
 */
export function readResources(file: string): any[] | undefined {
  if (!existsSync(file)) return undefined;
  return JSON.parse(readFileSync(file, "utf8")).checkpoint?.latest?.resources ?? [];
}
