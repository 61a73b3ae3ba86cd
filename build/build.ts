/**
 * `npm run build`: makes the function bundles and the host bundle in `dist/` and writes down what they were made of.
 * The same source gives the same bytes on any machine; a second run changes nothing.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bundleEntries } from "../host-config/actions-runner-pool/bundle";
import { filesBelow, sha256, writeProduct } from "./files";
import { bundleFunction } from "./functions";
import { FUNCTION_NAMES, HOST_BUNDLE, MANIFEST, type Manifest, ROOT, functionFile, functionFolder } from "./layout";
import { deterministicTar } from "./tar";

/** What the host bundle is made of: its builder may read any file of these folders. */
const HOST_INPUT_FOLDERS = ["host-config", "contract"];

/** @param out where `dist/` is put; the sources are always those of this project. */
export async function build(out: string = ROOT): Promise<Manifest> {
  const inputs = new Set<string>(["package-lock.json", ...filesBelow(ROOT, "build")]);
  for (const folder of HOST_INPUT_FOLDERS) filesBelow(ROOT, folder).forEach((file) => inputs.add(file));

  const functions = {} as Manifest["functions"];
  const bundles = await Promise.all(FUNCTION_NAMES.map(async (name) => ({ name, ...(await bundleFunction(ROOT, name)) })));
  for (const { name, ...bundle } of bundles) {
    bundle.inputs.forEach((file) => inputs.add(file));
    writeProduct(join(out, functionFile(name)), bundle.code);
    functions[name] = { dir: functionFolder(name), sha256: sha256(bundle.code) };
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
  return manifest;
}

if (require.main === module) {
  const started = Date.now();
  build().then(
    (manifest) => {
      for (const name of FUNCTION_NAMES) console.log(`${manifest.functions[name].sha256.slice(0, 12)}  ${manifest.functions[name].dir}`);
      console.log(`${manifest.hostBundle.sha256.slice(0, 12)}  ${manifest.hostBundle.file}`);
      console.log(`built in ${((Date.now() - started) / 1000).toFixed(1)} s`);
    },
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = 1;
    },
  );
}
