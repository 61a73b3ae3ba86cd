/**
 * `npm run build`: builds the function bundles and the host bundles in `dist/` and records their sources. The same source
 * gives the same bytes on any machine; a second run changes nothing.
 */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "../components/shared/sha256";
import { filesBelow, writeProduct } from "./files";
import { bundleFunctions } from "./functions";
import { DIST, MANIFEST, type Manifest, ROOT, functionFile, functionFolder, hostBundleFile } from "../components/shared/package-layout";
import { discoverFunctions, discoverHostBundles } from "./discover";
import { type TarEntry, deterministicTar } from "./tar";

/** Sources of the host bundles: their builders may read any file of these folders. */
const HOST_INPUT_FOLDERS = ["host-config", "contract"];

/** Exports of `host-config/<component>/bundle.ts`. */
interface HostBundleSource {
  bundleEntries(): TarEntry[];
}

/** @param out parent folder of `dist/`; the sources are always those of this project. */
export async function build(out: string = ROOT): Promise<Manifest> {
  const inputs = new Set<string>(["package-lock.json", ...filesBelow(ROOT, "build")]);
  for (const folder of HOST_INPUT_FOLDERS) filesBelow(ROOT, folder).forEach((file) => inputs.add(file));

  const functions: Manifest["functions"] = {};
  const bundles = await bundleFunctions(ROOT, discoverFunctions());
  bundles.inputs.forEach((file) => inputs.add(file));
  for (const [key, code] of bundles.code) {
    writeProduct(join(out, functionFile(key)), code);
    functions[key] = { dir: functionFolder(key), sha256: sha256(code) };
  }

  const hostBundles: Manifest["hostBundles"] = {};
  for (const component of discoverHostBundles()) {
    const source: HostBundleSource = require(join(ROOT, "host-config", component, "bundle"));
    const archive = deterministicTar(source.bundleEntries());
    writeProduct(join(out, hostBundleFile(component)), archive);
    hostBundles[component] = { file: hostBundleFile(component), sha256: sha256(archive) };
  }

  const manifest: Manifest = {
    hostBundles,
    functions,
    inputs: Object.fromEntries([...inputs].sort().map((file) => [file, sha256(readFileSync(join(ROOT, file)))])),
  };
  // Last, so that the manifest never lists products that do not exist yet.
  writeProduct(join(out, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  // Otherwise a product that was renamed or removed would still be published. Temporary files of a concurrent build are kept.
  const products = new Set([...[...bundles.code.keys()].map(functionFile), ...Object.values(hostBundles).map(({ file }) => file)]);
  const obsolete = filesBelow(out, DIST).filter((file) => /\.(mjs|tar)$/.test(file) && !products.has(file));
  for (const file of obsolete) rmSync(join(out, file));
  return manifest;
}

if (require.main === module) {
  const started = Date.now();
  build().then(
    (manifest) => {
      for (const { sha256, dir } of Object.values(manifest.functions)) console.log(`${sha256.slice(0, 12)}  ${dir}`);
      for (const { sha256, file } of Object.values(manifest.hostBundles)) console.log(`${sha256.slice(0, 12)}  ${file}`);
      console.log(`built in ${((Date.now() - started) / 1000).toFixed(1)} s`);
    },
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = 1;
    },
  );
}
