/**
 * The programs of the composite actions: each is one file beside its sources, and committed, because GitHub takes an action from a commit
 * and builds nothing. `npm run build:actions` writes them, and `npm run check` refuses a stale one: it must be a part of the change.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { ROOT } from "../components/shared/package-layout";
import { writeProduct } from "./files";

/** A program below `actions/`: `<component>/<action>`. */
type ActionKey = `${string}/${string}`;

/** Beside its sources, with the folder's own name. */
export const actionFile = (key: ActionKey): string => join("actions", key, `${key.split("/").at(-1)}.mjs`);

/** Some dependencies are CommonJS and call `require` for Node's built-in modules, which an ES module does not have. */
const BANNER = `import{createRequire as __ciRunnersRequire}from"node:module";const require=__ciRunnersRequire(import.meta.url);`;

/** Every program of the actions, in a stable order. */
export function discoverActions(root: string = ROOT): ActionKey[] {
  const folders = (folder: string) =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  return folders("actions")
    .flatMap((component) => folders(join("actions", component)).map((name): ActionKey => `${component}/${name}`))
    .filter((key) => existsSync(join(root, "actions", key, "main.ts")))
    .sort();
}

/** The bytes depend on the sources and on the lock file alone. */
export async function bundleActions(root: string = ROOT): Promise<Map<string, Buffer>> {
  const keys = discoverActions(root);
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: keys.map((key) => ({ in: `actions/${key}/main.ts`, out: key })),
    // Only to tell the products apart: nothing is written.
    outdir: root,
    bundle: true,
    write: false,
    platform: "node",
    // GitHub's hosted runners have at least this one.
    target: "node20",
    format: "esm",
    mainFields: ["module", "main"],
    minify: true,
    legalComments: "none",
    charset: "utf8",
    banner: { js: BANNER },
    logLevel: "silent",
  });
  return new Map(
    keys.map((key) => {
      const output = outputFiles.find(({ path }) => path === join(root, `${key}.js`));
      if (!output) throw new Error(`action "${key}": the bundler returned nothing`);
      return [actionFile(key), Buffer.from(output.contents)];
    }),
  );
}

/** The committed programs that are not what the sources give. */
export async function staleActions(root: string = ROOT): Promise<string[]> {
  const isStale = ([file, code]: [string, Buffer]) => !existsSync(join(root, file)) || !readFileSync(join(root, file)).equals(code);
  return [...(await bundleActions(root))].filter(isStale).map(([file]) => file);
}

export async function writeActions(root: string = ROOT): Promise<string[]> {
  const bundles = await bundleActions(root);
  for (const [file, code] of bundles) writeProduct(join(root, file), code);
  return [...bundles.keys()];
}

if (require.main === module) {
  const check = process.argv.includes("--check");
  (check ? staleActions() : writeActions()).then(
    (files) => {
      if (!check) return console.log(files.join("\n"));
      for (const file of files) console.error(`${file} is stale: run \`npm run build:actions\` and commit it`);
      if (files.length > 0) process.exitCode = 1;
    },
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = 1;
    },
  );
}
