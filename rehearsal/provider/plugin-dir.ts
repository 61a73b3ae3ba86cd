import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";

const ROOT = resolve(__dirname, "../..");

/**
 * Writes `pulumi-resource-aws` and `pulumi-resource-awsx` into a folder to which `plugins.providers` of a project points.
 * They run with the current Node and load packages from this project's `node_modules` rather than from the bundle.
 */
export function writePluginDir(dir: string): void {
  mkdirSync(dir, { recursive: true });
  for (const name of ["aws", "awsx"]) {
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
    const file = join(dir, `pulumi-resource-${name}`);
    writeFileSync(file, outputFiles[0]!.contents);
    chmodSync(file, 0o755);
  }
}

/** Resolves modules from the Pulumi SDK, whose dependencies (gRPC, protobuf) the plugins share. */
function preamble(name: string): string {
  const sdk = require.resolve("@pulumi/pulumi/package.json", { paths: [ROOT] });
  const version = JSON.parse(readFileSync(require.resolve(`@pulumi/${name}/package.json`, { paths: [ROOT] }), "utf8")).version;
  return [
    `#!${process.execPath}`,
    `require = require("node:module").createRequire(${JSON.stringify(sdk)});`,
    `process.env.CI_RUNNERS_REHEARSAL_${name === "aws" ? "PROVIDER" : "AWSX"}_VERSION = ${JSON.stringify(version)};`,
  ].join("\n");
}
