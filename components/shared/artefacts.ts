import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "./sha256";
import { MANIFEST, type Manifest, ROOT, functionKey } from "./package-layout";

/** The build products in `dist/` that a deployment uses: absolute paths and SHA-256 digests in hex. */
export interface Artefacts {
  /**
   * The host bundle of a component.
   *
   * @throws if the component has none.
   */
  hostBundle(component: string): { file: string; sha256: string };
  /**
   * One function of a component, by its folders below `functions/`.
   *
   * @throws if there is no such function; the message lists the existing ones.
   */
  functions(component: string, name: string): FunctionBundle;
}

/** `dir` holds only `index.mjs`; the handler is `index.handler`. */
interface FunctionBundle {
  dir: string;
  sha256: string;
}

const REMEDY = "run `npm run build`";

/** The package's own products that have passed the check, and the manifest that listed them. */
let own: { manifest: string; artefacts: Artefacts } | undefined;

/**
 * The build products, after a check that they are intact and that no recorded source has changed since the build:
 * deploying an old bundle with a new program makes a fix seem not to work. A source that is not on disk is ignored,
 * because a published package contains the products without their sources.
 *
 * Those of the package itself are checked once per build and evaluation of the program: the check reads 300 files, and a
 * program may have ten pools. A program that outlives a build does not mix digests of the old one with files of the new one.
 *
 * @param root the project's folder.
 * @throws if a product is missing or damaged, or a source has changed since; the message names the file and the remedy.
 */
export function artefacts(root: string = ROOT): Artefacts {
  const manifest = readManifest(root);
  if (root !== ROOT) return checked(root, manifest);
  if (own?.manifest !== manifest) own = { manifest, artefacts: checked(root, manifest) };
  return own.artefacts;
}

function checked(root: string, text: string): Artefacts {
  const manifest = JSON.parse(text) as Manifest;
  const changed = Object.entries(manifest.inputs)
    .filter(([file, digest]) => existsSync(join(root, file)) && digestOf(root, file) !== digest)
    .map(([file]) => file);
  if (changed.length > 0) {
    const others = changed.length > 1 ? ` and ${changed.length - 1} more` : "";
    throw new Error(`dist/ is stale: ${changed[0]}${others} changed since the last build; ${REMEDY}`);
  }
  for (const { dir, sha256: digest } of Object.values(manifest.functions)) verify(root, join(dir, "index.mjs"), digest);
  for (const { file, sha256: digest } of Object.values(manifest.hostBundles)) verify(root, file, digest);
  return {
    hostBundle(component) {
      const built = manifest.hostBundles[component];
      if (!built) throw new Error(`dist/ has no host bundle for ${component}; ${REMEDY}`);
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

function readManifest(root: string): string {
  const file = join(root, MANIFEST);
  if (!existsSync(file)) throw new Error(`${MANIFEST} is missing: the bundles have not been built; ${REMEDY}`);
  return readFileSync(file, "utf8");
}

function verify(root: string, file: string, digest: string): void {
  if (!existsSync(join(root, file))) throw new Error(`${file} is missing; ${REMEDY}`);
  if (digestOf(root, file) !== digest) throw new Error(`${file} does not match the digest in the manifest; ${REMEDY}`);
}

function digestOf(root: string, file: string): string {
  return sha256(readFileSync(join(root, file)));
}
