import { join } from "node:path";
import { build } from "esbuild";
import { type FunctionKey, functionSource } from "../components/shared/package-layout";

interface Bundles {
  code: Map<FunctionKey, Buffer>;
  /** First-party source files, relative to the project. */
  inputs: string[];
}

/**
 * Some dependencies are CommonJS and call `require` for Node's built-in modules, which an ES module does not have. The
 * unusual name avoids collisions: the banner shares its scope with the minified bundle.
 */
const BANNER = `import{createRequire as __ciRunnersRequire}from"node:module";const require=__ciRunnersRequire(import.meta.url);`;

/**
 * Bundles each function as one ES module. The AWS SDK is included: the version in Lambda's runtime changes without notice,
 * and a rehearsal must run exactly the bytes that are deployed to production. The output does not depend on where or when
 * it is built: paths are relative to the project, and legal comments, which contain file names, are omitted. Nor do the
 * bytes of one function depend on the others: esbuild parses common modules once, but links each entry point on its own.
 */
export async function bundleFunctions(root: string, keys: FunctionKey[]): Promise<Bundles> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: keys.map((key) => ({ in: functionSource(key), out: key })),
    // Only to tell the products apart: nothing is written.
    outdir: root,
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    // Lambda runs Node 24, a rehearsal runs the locally installed version: 20 is the oldest that the project supports.
    target: "node20",
    format: "esm",
    mainFields: ["module", "main"],
    minify: true,
    legalComments: "none",
    charset: "utf8",
    banner: { js: BANNER },
    logLevel: "silent",
  });
  const code = new Map<FunctionKey, Buffer>();
  for (const key of keys) {
    const output = result.outputFiles.find(({ path }) => path === join(root, `${key}.js`));
    if (!output) throw new Error(`function "${key}": the bundler returned nothing`);
    code.set(key, Buffer.from(output.contents));
  }
  const inputs = Object.keys(result.metafile.inputs).filter((path) => !path.includes("node_modules/"));
  return { code, inputs };
}
