/**
 * `npm run schema`: writes `schema.json` and `docs/reference.md`. The schema is the library's surface in Pulumi's other languages, as Pulumi's analyzer reads
 * it off the sources. It is committed, so that a change of the surface is a change that a reviewer sees.
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

/** Without the version, which the plugin adds: a release alone changes nothing of the surface. */
export function schema(): string {
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const names = getPulumiComponents(components).map(({ name }) => name);
  const found = new Analyzer(ROOT, manifest.name, manifest, new Set(names)).analyze();
  const { version, ...surface } = generateSchema(
    manifest.name,
    manifest.version,
    manifest.description,
    found.components,
    found.typeDefinitions,
    found.dependencies,
  ) as unknown as Record<string, unknown>;
  return `${JSON.stringify(surface, asTheEngineTellsIt, 2)}\n`;
}

/** The engine drops what its schema of schemas does not know or what says nothing. */
function asTheEngineTellsIt(key: string, value: unknown): unknown {
  const saysNothing = (key === "optional" && value === true) || (key === "required" && Array.isArray(value) && value.length === 0);
  return saysNothing ? undefined : value;
}

if (require.main === module) {
  const text = schema();
  writeFileSync(join(ROOT, SCHEMA), text);
  writeFileSync(join(ROOT, REFERENCE), reference(JSON.parse(text)));
}
