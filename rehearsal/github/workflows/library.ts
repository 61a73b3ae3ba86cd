import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type * as Expressions from "@actions/expressions";
import type * as Parser from "@actions/workflow-parser";
import type * as ActionParser from "@actions/workflow-parser/actions/index";
import type * as Conditions from "@actions/workflow-parser/model/converter/if-condition";
import { cacheFolder, ownFolder } from "../../cache-folder";

export interface WorkflowLibrary {
  parser: typeof Parser;
  actions: typeof ActionParser;
  conditions: typeof Conditions;
  expressions: typeof Expressions;
}

const ENTRY = `
export * as parser from "@actions/workflow-parser";
export * as actions from "@actions/workflow-parser/actions/index";
export * as conditions from "@actions/workflow-parser/model/converter/if-condition";
export * as expressions from "@actions/expressions";
`;

let loaded: WorkflowLibrary | undefined;

/**
 * GitHub's own parser and evaluator of workflow files. Their modules import JSON in a way that Node 20 refuses, so they are bundled, once
 * for each version: that takes 0.3 s of processor time, which each process of a test run would otherwise spend again.
 */
export function workflowLibrary(): WorkflowLibrary {
  return (loaded ??= load());
}

function load(): WorkflowLibrary {
  const versions = ["@actions/workflow-parser", "@actions/expressions"].map(versionOf);
  const key = createHash("sha256").update(ENTRY).update(versions.join()).digest("hex").slice(0, 12);
  const file = join(ownFolder(cacheFolder("workflow-parser")), `${versions[0]}-${key}.cjs`);
  if (!existsSync(file)) bundle(file);
  return createRequire(__filename)(file) as WorkflowLibrary;
}

function bundle(file: string): void {
  // Here, because a simulation loads this module in each of its processes and never bundles.
  const { buildSync } = require("esbuild") as typeof import("esbuild");
  const { outputFiles } = buildSync({
    stdin: { contents: ENTRY, resolveDir: __dirname },
    bundle: true,
    write: false,
    platform: "node",
    target: "node20",
    format: "cjs",
    logLevel: "silent",
  });
  // Renamed, so that a process beside this one never reads half a file.
  const staging = mkdtempSync(join(dirname(file), "bundle-"));
  writeFileSync(join(staging, "library.cjs"), outputFiles[0]!.contents);
  renameSync(join(staging, "library.cjs"), file);
  rmSync(staging, { recursive: true, force: true });
}

/** The package exports no `package.json`. */
function versionOf(name: string): string {
  const main = join(__dirname, "..", "..", "..", "node_modules", name, "package.json");
  return (JSON.parse(readFileSync(main, "utf8")) as { version: string }).version;
}
