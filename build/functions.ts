import { build } from "esbuild";
import { type FunctionKey, functionSource } from "../components/shared/package-layout";

export interface Bundle {
  code: Buffer;
  /** First-party source files, relative to the project. */
  inputs: string[];
}

/**
 * Some dependencies are CommonJS and call `require` for Node's own modules, which an ES module does not have. The
 * name is unlikely on purpose: the banner shares its scope with the minified bundle.
 */
const BANNER = `import{createRequire as __ciRunnersRequire}from"node:module";const require=__ciRunnersRequire(import.meta.url);`;

/**
 * One function as one ES module. The SDK is bundled too: what Lambda has on board changes without notice, and a
 * rehearsal must run the very bytes that go to production. Nothing in the output depends on where or when it is
 * built: paths are relative to the project and legal comments, which name the files that they came from, are left out.
 */
export async function bundleFunction(root: string, key: FunctionKey): Promise<Bundle> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [functionSource(key)],
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    // Lambda runs Node 24, a rehearsal whatever the laptop has: 20 is the oldest that the project supports.
    target: "node20",
    format: "esm",
    mainFields: ["module", "main"],
    minify: true,
    legalComments: "none",
    charset: "utf8",
    banner: { js: BANNER },
    outfile: "index.mjs",
    logLevel: "silent",
  });
  const output = result.outputFiles[0];
  if (!output) throw new Error(`function "${key}": the bundler returned nothing`);
  const inputs = Object.keys(result.metafile.inputs)
    .filter((path) => !path.includes("node_modules/"))
    .sort();
  return { code: Buffer.from(output.contents), inputs };
}
