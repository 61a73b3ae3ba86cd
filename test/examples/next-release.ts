import { createHash } from "node:crypto";
import { appendFileSync, cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MANIFEST, type Manifest } from "../../components/shared/package-layout";

/** What the program needs to run from another folder. The sources of the bundles are not among it. */
const PROGRAM = [
  "components",
  "contract",
  "dist",
  "host-config",
  "index.ts",
  "package.json",
  "Pulumi.dev.yaml",
  "Pulumi.yaml",
  "schema.json",
  "stack-config",
];
const DOCUMENT = "components/actions-runner-pool/stop-document-content.ts";

/** A copy of the program whose functions, host bundle and stop command differ, as those of a next release do. */
export function nextRelease(root: string, folder: string): string {
  for (const part of PROGRAM) cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const manifest = JSON.parse(readFileSync(join(folder, MANIFEST), "utf8")) as Manifest;
  const change = (file: string): string => {
    appendFileSync(join(folder, file), "\n");
    return createHash("sha256")
      .update(readFileSync(join(folder, file)))
      .digest("hex");
  };
  for (const built of Object.values(manifest.functions)) built.sha256 = change(join(built.dir, "index.mjs"));
  for (const built of Object.values(manifest.hostBundles)) built.sha256 = change(built.file);
  // Without its sources: they are those of the bundles before the change.
  writeFileSync(join(folder, MANIFEST), JSON.stringify({ ...manifest, inputs: {} }));
  const source = readFileSync(join(folder, DOCUMENT), "utf8");
  const changed = source.replace(/(description: ?["`])/, "$1Next: ");
  if (changed === source) throw new Error(`${DOCUMENT} has no description to change`);
  writeFileSync(join(folder, DOCUMENT), changed);
  return folder;
}
