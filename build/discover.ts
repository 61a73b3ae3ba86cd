import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type FunctionKey, functionKey, functionSource, ROOT } from "../components/shared/package-layout";

/** Every function in the sources, in a stable order. */
export function discoverFunctions(root: string = ROOT): FunctionKey[] {
  return foldersIn(root, "functions")
    .flatMap((component) => foldersIn(root, join("functions", component)).map((name) => functionKey(component, name)))
    .filter((key) => existsSync(join(root, functionSource(key))))
    .sort();
}

/** Every component in the sources that has a host bundle, in a stable order. */
export function discoverHostBundles(root: string = ROOT): string[] {
  return foldersIn(root, "host-config")
    .filter((component) => existsSync(join(root, "host-config", component, "bundle.ts")))
    .sort();
}

/** Subfolders, except `shared`: it holds code for several components or functions and is neither. */
function foldersIn(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "shared")
    .map(({ name }) => name);
}
