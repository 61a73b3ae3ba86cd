import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "./sha256";
import { MANIFEST, type Manifest, ROOT, functionKey } from "./package-layout";

/** What a deployment takes from `dist/`: absolute paths and SHA-256 digests in hex. */
export interface Artefacts {
  /**
   * The host bundle of a component.
   *
   * @throws when it has none.
   */
  hostBundle(component: string): { file: string; sha256: string };
  /**
   * One function of a component, by its folders below `functions/`.
   *
   * @throws when there is no such function; the text names those that there are.
   */
  functions(component: string, name: string): FunctionBundle;
}

/** `dir` holds `index.mjs` alone; the handler is `index.handler`. */
interface FunctionBundle {
  dir: string;
  sha256: string;
}

const REMEDY = "run `npm run build`";

/**
 * The built products, after a check that they are whole and that no recorded source has changed since: deploying
 * yesterday's bundle with today's program is how a fix seems not to work. A source that is not on disk is no
 * objection, because a published package carries the products without them.
 *
 * @param root the project's folder.
 * @throws when a product is missing or damaged, or a source has changed since; the text names it and the remedy.
 */
export function artefacts(root: string = ROOT): Artefacts {
  const manifest = readManifest(root);
  const changed = Object.entries(manifest.inputs)
    .filter(([file, digest]) => existsSync(join(root, file)) && digestOf(root, file) !== digest)
    .map(([file]) => file);
  if (changed.length > 0) {
    const others = changed.length > 1 ? ` and ${changed.length - 1} more` : "";
    throw new Error(`dist/ is stale: ${changed[0]}${others} changed since it was built; ${REMEDY}`);
  }
  for (const { dir, sha256: digest } of Object.values(manifest.functions)) verify(root, join(dir, "index.mjs"), digest);
  for (const { file, sha256: digest } of Object.values(manifest.hostBundles)) verify(root, file, digest);
  return {
    hostBundle(component) {
      const built = manifest.hostBundles[component];
      if (!built) throw new Error(`dist/ has no host bundle of ${component}; ${REMEDY}`);
      return { file: join(root, built.file), sha256: built.sha256 };
    },
    functions(component, name) {
      const built = manifest.functions[functionKey(component, name)];
      if (!built) {
        const known = Object.keys(manifest.functions).join(", ");
        throw new Error(`dist/ has no function ${functionKey(component, name)}, only ${known}; ${REMEDY}`);
      }
      return { dir: join(root, built.dir), sha256: built.sha256 };
    },
  };
}

function readManifest(root: string): Manifest {
  const file = join(root, MANIFEST);
  if (!existsSync(file)) throw new Error(`${MANIFEST} is missing: the bundles are not built yet; ${REMEDY}`);
  return JSON.parse(readFileSync(file, "utf8")) as Manifest;
}

function verify(root: string, file: string, digest: string): void {
  if (!existsSync(join(root, file))) throw new Error(`${file} is missing; ${REMEDY}`);
  if (digestOf(root, file) !== digest) throw new Error(`${file} is not what the manifest records; ${REMEDY}`);
}

function digestOf(root: string, file: string): string {
  return sha256(readFileSync(join(root, file)));
}
