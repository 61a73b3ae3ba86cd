import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * The package's own folder, which holds `dist/`, wherever in it this module lies: in the sources or compiled. What is
 * built, and where each one's source and product lie, is relative to it.
 */
export const ROOT = nearestPackage(__dirname);
export const DIST = "dist";
const FUNCTIONS = join(DIST, "functions");

/** A function by its folders below `functions/`: `<component>/<function>`. */
export type FunctionKey = `${string}/${string}`;

export const functionKey = (component: string, name: string): FunctionKey => `${component}/${name}`;
export const functionSource = (key: FunctionKey): string => `functions/${key}/index.ts`;
/** An archive of this folder is what Lambda gets; the handler is `index.handler`. */
export const functionFolder = (key: FunctionKey): string => join(FUNCTIONS, key);
export const functionFile = (key: FunctionKey): string => join(functionFolder(key), "index.mjs");
const HOST_BUNDLES = join(DIST, "host-bundles");
/** Of one component; see `host-config/<component>/bundle.ts`. */
export const hostBundleFile = (component: string): string => join(HOST_BUNDLES, `${component}.tar`);
/** The library's surface in Pulumi's other languages; committed, and shipped beside `package.json`. */
export const SCHEMA = "schema.json";
export const MANIFEST = join(DIST, "manifest.json");

/** What `npm run build` writes down about its products. Paths are relative to the project, digests SHA-256 in hex. */
export interface Manifest {
  /** By component. */
  hostBundles: Record<string, { file: string; sha256: string }>;
  functions: Record<FunctionKey, { dir: string; sha256: string }>;
  /** Every first-party file (and the lock file) that a product was made from. */
  inputs: Record<string, string>;
}

function nearestPackage(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error(`no package.json above ${__dirname}: ci-runners is not whole; install it again`);
  return nearestPackage(parent);
}
