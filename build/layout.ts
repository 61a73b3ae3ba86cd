import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * The package's own folder, which holds `dist/`: one level up from here in the sources, two in the compiled package.
 * The parts that are built, and where each one's source and product lie, are relative to it.
 */
export const ROOT = nearestPackage(__dirname);
export const DIST = "dist";
export const FUNCTIONS = join(DIST, "functions");

/** A function by its folders below `functions/`: `<component>/<function>`. */
export type FunctionKey = `${string}/${string}`;

export const functionKey = (component: string, name: string): FunctionKey => `${component}/${name}`;
export const functionSource = (key: FunctionKey): string => `functions/${key}/index.ts`;
/** An archive of this folder is what Lambda gets; the handler is `index.handler`. */
export const functionFolder = (key: FunctionKey): string => join(FUNCTIONS, key);
export const functionFile = (key: FunctionKey): string => join(functionFolder(key), "index.mjs");
export const HOST_BUNDLE = join(DIST, "host-bundle.tar");
/** The library's surface in Pulumi's other languages; committed, and shipped beside `package.json`. */
export const SCHEMA = "schema.json";
export const MANIFEST = join(DIST, "manifest.json");

/** What `npm run build` writes down about its products. Paths are relative to the project, digests SHA-256 in hex. */
export interface Manifest {
  hostBundle: { file: string; sha256: string };
  functions: Record<FunctionKey, { dir: string; sha256: string }>;
  /** Every first-party file (and the lock file) that a product was made from. */
  inputs: Record<string, string>;
}

/** Every function in the sources, in a stable order. A folder `shared` holds what several functions need, and no function. */
export function discoverFunctions(root: string = ROOT): FunctionKey[] {
  const foldersIn = (folder: string): string[] =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== "shared")
      .map(({ name }) => name);
  return foldersIn("functions")
    .flatMap((component) => foldersIn(join("functions", component)).map((name) => functionKey(component, name)))
    .filter((key) => existsSync(join(root, functionSource(key))))
    .sort();
}

function nearestPackage(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error(`no package.json above ${__dirname}: ci-runners is not whole; install it again`);
  return nearestPackage(parent);
}
