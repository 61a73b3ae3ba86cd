/**
 * `npm run schema`: writes `schema.json` and `docs/reference.md`. The schema is the library's API in Pulumi's other languages, as Pulumi's analyzer derives it
 * from the sources. It is committed, so that reviewers see each change of the API.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { getPulumiComponents } from "@pulumi/pulumi/provider/experimental";
import { Analyzer } from "@pulumi/pulumi/provider/experimental/analyzer";
import { generateSchema } from "@pulumi/pulumi/provider/experimental/schema";
import * as components from "../components";
import { ROOT, SCHEMA } from "../components/shared/package-layout";
import { reference } from "./reference";

/** Path of the argument reference in the repository. */
export const REFERENCE = "docs/reference.md";

/** Without the version, which the plugin adds: a new release alone does not change the API. */
export function schema(): string {
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const names = getPulumiComponents(components).map(({ name }) => name);
  const found = new Analyzer(ROOT, manifest.name, manifest, new Set(names)).analyze();
  const { version, ...unversioned } = generateSchema(
    manifest.name,
    manifest.version,
    manifest.description,
    found.components,
    found.typeDefinitions,
    found.dependencies,
  ) as unknown as Record<string, unknown>;
  return `${JSON.stringify(unversioned, withoutNoOps, 2)}\n`;
}

/** Omits what the engine omits: properties that its metaschema does not define, and empty ones. */
function withoutNoOps(key: string, value: unknown): unknown {
  const isNoOp = (key === "optional" && value === true) || (key === "required" && Array.isArray(value) && value.length === 0);
  return isNoOp ? undefined : value;
}

if (require.main === module) {
  const text = schema();
  writeFileSync(join(ROOT, SCHEMA), text);
  writeFileSync(join(ROOT, REFERENCE), reference(JSON.parse(text)));
}
