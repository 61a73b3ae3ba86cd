/** Contents of the host bundle. Nothing in it depends on a pool: the installer renders the rest from the host's configuration. */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { buildSync } from "esbuild";

export interface BundleEntry {
  /** Relative to PATHS.home. */
  path: string;
  mode: number;
  content: Buffer;
}

const ROOT = join(__dirname, "../..");
const INSTALLER = join(__dirname, "install.sh");

/** Entries in a fixed order; the same sources produce the same bytes. Takes about a second. */
export function bundleEntries(): BundleEntry[] {
  return [
    { path: "agent.cjs", mode: 0o644, content: buildAgent().code },
    { path: "install.sh", mode: 0o755, content: readFileSync(INSTALLER) },
  ];
}

/** Every source file of the entries, relative to the repository's root, sorted. */
export function bundleInputs(): string[] {
  return [...buildAgent().inputs, relative(ROOT, INSTALLER)].sort();
}

/** The agent as one CommonJS file. It runs on the Node.js that the runner ships, version 20 or 24. */
function buildAgent(): { code: Buffer; inputs: string[] } {
  const result = buildSync({
    absWorkingDir: ROOT,
    entryPoints: ["host-config/actions-runner-pool/agent/main.ts"],
    outfile: "agent.cjs",
    bundle: true,
    minify: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    legalComments: "none",
    metafile: true,
    write: false,
    logLevel: "silent",
  });
  const inputs = Object.keys(result.metafile.inputs).filter((path) => !path.startsWith("("));
  return { code: Buffer.from(result.outputFiles[0]!.contents), inputs };
}
