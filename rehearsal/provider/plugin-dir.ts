import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";

const ROOT = resolve(__dirname, "../..");

/**
 * What the SDK loads to serialise functions, which no plugin here does: npm's resolver and the TypeScript compiler, half of the 0.8 s
 * of processor time that `awsx` takes to load. The engine starts it for every operation.
 */
const NEVER_CALLED = /^@npmcli\/arborist$|\/typescript-shim$/;

/** Built once per process: a rehearsal opens its stack anew for each change of its configuration. */
const built = new Map<string, Uint8Array>();

/**
 * Writes `pulumi-resource-aws` and `pulumi-resource-awsx` into a folder to which `plugins.providers` of a project points.
 * They run with the current Node and load packages from this project's `node_modules` rather than from the bundle.
 */
export function writePluginDir(dir: string): void {
  mkdirSync(dir, { recursive: true });
  for (const name of ["aws", "awsx"]) {
    const file = join(dir, `pulumi-resource-${name}`);
    const program = built.get(name) ?? bundle(name);
    built.set(name, program);
    writeFileSync(file, program);
    chmodSync(file, 0o755);
  }
}

function bundle(name: string): Uint8Array {
  const { outputFiles } = buildSync({
    entryPoints: [join(__dirname, "plugin", `${name}.ts`)],
    bundle: true,
    write: false,
    platform: "node",
    format: "cjs",
    target: "node20",
    packages: "external",
    banner: { js: preamble(name) },
  });
  return outputFiles[0]!.contents;
}

/** Resolves modules from the Pulumi SDK, whose dependencies (gRPC, protobuf) the plugins share. */
function preamble(name: string): string {
  const sdk = require.resolve("@pulumi/pulumi/package.json", { paths: [ROOT] });
  const version = JSON.parse(readFileSync(require.resolve(`@pulumi/${name}/package.json`, { paths: [ROOT] }), "utf8")).version;
  return [
    `#!${process.execPath}`,
    `{ const Module = require("node:module"), load = Module._load;`,
    `Module._load = (request, ...rest) => (${NEVER_CALLED}.test(request) ? {} : load.call(Module, request, ...rest)); }`,
    `require = require("node:module").createRequire(${JSON.stringify(sdk)});`,
    `process.env.CI_RUNNERS_REHEARSAL_${name === "aws" ? "PROVIDER" : "AWSX"}_VERSION = ${JSON.stringify(version)};`,
  ].join("\n");
}
