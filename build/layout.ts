import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * The package's own folder, which holds `dist/`: one level up from here in the sources, two in the compiled package.
 * The parts that are built, and where each one's source and product lie, are relative to it.
 */
export const ROOT = nearestPackage(__dirname);
export const DIST = "dist";
export const FUNCTION_NAMES = ["register", "deregister", "sweep"] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];

export const functionSource = (name: FunctionName): string => `functions/actions-runner-pool/${name}/index.ts`;
/** An archive of this folder is what Lambda gets; the handler is `index.handler`. */
export const functionFolder = (name: FunctionName): string => join(DIST, "functions", name);
export const functionFile = (name: FunctionName): string => join(functionFolder(name), "index.mjs");
export const HOST_BUNDLE = join(DIST, "host-bundle.tar");
/** The library's surface in Pulumi's other languages; committed, and shipped beside `package.json`. */
export const SCHEMA = "schema.json";
export const MANIFEST = join(DIST, "manifest.json");

/** What `npm run build` writes down about its products. Paths are relative to the project, digests SHA-256 in hex. */
export interface Manifest {
  hostBundle: { file: string; sha256: string };
  functions: Record<FunctionName, { dir: string; sha256: string }>;
  /** Every first-party file (and the lock file) that a product was made from. */
  inputs: Record<string, string>;
}

function nearestPackage(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error(`no package.json above ${__dirname}: ci-runners is not whole; install it again`);
  return nearestPackage(parent);
}
