import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * The package's root folder, which holds `dist/`, whether this module runs from the sources or compiled. All paths of
 * sources and build products are relative to it.
 */
export const ROOT = nearestPackage(__dirname);
export const DIST = "dist";
const FUNCTIONS = join(DIST, "functions");

/** A function's folder below `functions/`: `<component>/<function>`. */
export type FunctionKey = `${string}/${string}`;

export const functionKey = (component: string, name: string): FunctionKey => `${component}/${name}`;
export const functionSource = (key: FunctionKey): string => `functions/${key}/index.ts`;
/** Deployed to Lambda as an archive; the handler is `index.handler`. */
export const functionFolder = (key: FunctionKey): string => join(FUNCTIONS, key);
export const functionFile = (key: FunctionKey): string => join(functionFolder(key), "index.mjs");
const HOST_BUNDLES = join(DIST, "host-bundles");
/** The host bundle of a component; see `host-config/<component>/bundle.ts`. */
export const hostBundleFile = (component: string): string => join(HOST_BUNDLES, `${component}.tar`);
/** The library's API in Pulumi's other languages; committed, and published next to `package.json`. */
export const SCHEMA = "schema.json";
export const MANIFEST = join(DIST, "manifest.json");

/** What `npm run build` records about its products. Paths are relative to the project; digests are SHA-256 in hex. */
export interface Manifest {
  /** By component. */
  hostBundles: Record<string, { file: string; sha256: string }>;
  functions: Record<FunctionKey, { dir: string; sha256: string }>;
  /** Every first-party file (and the lock file) from which a product was built. */
  inputs: Record<string, string>;
}

function nearestPackage(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error(`no package.json above ${__dirname}: the ci-runners package is incomplete; install it again`);
  return nearestPackage(parent);
}
