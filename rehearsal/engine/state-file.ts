import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Where the engine's own file backend keeps a stack, below the folder of its URL. */
export function stateFile(stateDir: string, projectName: string, stackName: string): string {
  return join(stateDir, ".pulumi", "stacks", projectName, `${stackName}.json`);
}

/**
 * The resources of a stack as its file has them, or undefined where there is no such file. Asking the engine instead
 * costs 1 s each time, most of it for a key that decrypts nothing here: secrets stay encrypted either way.
 */
export function readResources(file: string): any[] | undefined {
  if (!existsSync(file)) return undefined;
  return JSON.parse(readFileSync(file, "utf8")).checkpoint?.latest?.resources ?? [];
}
