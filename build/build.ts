/**
 * `npm run build`: makes the function bundles and the host bundle in `dist/` and writes down what they were made of.
 * The same source gives the same bytes on any machine; a second run changes nothing.
 */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bundleEntries } from "../host-config/actions-runner-pool/bundle";
import { filesBelow, sha256, writeProduct } from "./files";
import { bundleFunction } from "./functions";
import { FUNCTIONS, HOST_BUNDLE, MANIFEST, type Manifest, ROOT, discoverFunctions, functionFile, functionFolder } from "./layout";
import { deterministicTar } from "./tar";

/** What the host bundle is made of: its builder may read any file of these folders. */
const HOST_INPUT_FOLDERS = ["host-config", "contract"];

/** @param out where `dist/` is put; the sources are always those of this project. */
export async function build(out: string = ROOT): Promise<Manifest> {
  const inputs = new Set<string>(["package-lock.json", ...filesBelow(ROOT, "build")]);
  for (const folder of HOST_INPUT_FOLDERS) filesBelow(ROOT, folder).forEach((file) => inputs.add(file));

  const functions: Manifest["functions"] = {};
  const bundles = await Promise.all(discoverFunctions().map(async (key) => ({ key, ...(await bundleFunction(ROOT, key)) })));
  for (const { key, ...bundle } of bundles) {
    bundle.inputs.forEach((file) => inputs.add(file));
    writeProduct(join(out, functionFile(key)), bundle.code);
    functions[key] = { dir: functionFolder(key), sha256: sha256(bundle.code) };
  }

  const archive = deterministicTar(bundleEntries());
  writeProduct(join(out, HOST_BUNDLE), archive);

  const manifest: Manifest = {
    hostBundle: { file: HOST_BUNDLE, sha256: sha256(archive) },
    functions,
    inputs: Object.fromEntries([...inputs].sort().map((file) => [file, sha256(readFileSync(join(ROOT, file)))])),
  };
  // Last, so that a manifest never speaks of products that are not there yet.
  writeProduct(join(out, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  // A function that was renamed or removed would go on to be published. Drafts of a build beside this one stay.
  const products = new Set(bundles.map(({ key }) => functionFile(key)));
  const old = filesBelow(out, FUNCTIONS).filter((file) => file.endsWith("/index.mjs") && !products.has(file));
  for (const file of old) rmSync(join(out, file));
  return manifest;
}

if (require.main === module) {
  const started = Date.now();
  build().then(
    (manifest) => {
      for (const { sha256, dir } of Object.values(manifest.functions)) console.log(`${sha256.slice(0, 12)}  ${dir}`);
      console.log(`${manifest.hostBundle.sha256.slice(0, 12)}  ${manifest.hostBundle.file}`);
      console.log(`built in ${((Date.now() - started) / 1000).toFixed(1)} s`);
    },
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = 1;
    },
  );
}
