/** The agent of a component's hosts as one file; for the build, and in no bundle itself. */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { buildSync } from "esbuild";

export interface BundleEntry {
  /** Relative to the folder of the installed programs. */
  path: string;
  mode: number;
  content: Buffer;
}

interface AgentBundle {
  code: Buffer;
  /** Every source file, relative to the repository's root. */
  inputs: string[];
}

const ROOT = join(__dirname, "../..");
/** The installer's functions, which each bundle has beside its installer. */
const INSTALL_FUNCTIONS = join(__dirname, "install-runner.sh");

/**
 * As one CommonJS file. It runs on the Node.js that the runner ships, version 20 or 24.
 *
 * @param entryPoint relative to the repository's root
 */
function bundleAgent(entryPoint: string): AgentBundle {
  const result = buildSync({
    absWorkingDir: ROOT,
    entryPoints: [entryPoint],
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

/** The contents of a component's host bundle: its agent, and its installer with the functions that each installer has. */
export class HostBundle {
  private readonly installer: string;

  /** @param component name of its folder */
  constructor(private readonly component: string) {
    this.installer = join(ROOT, "host-config", component, "install.sh");
  }

  /** In a fixed order; the same sources produce the same bytes. Takes about a second. */
  entries(): BundleEntry[] {
    return [
      { path: "agent.cjs", mode: 0o644, content: this.agent().code },
      { path: "install-runner.sh", mode: 0o644, content: readFileSync(INSTALL_FUNCTIONS) },
      { path: "install.sh", mode: 0o755, content: readFileSync(this.installer) },
    ];
  }

  /** Every source file of the entries, relative to the repository's root, sorted. */
  inputs(): string[] {
    return [...this.agent().inputs, ...[this.installer, INSTALL_FUNCTIONS].map((path) => relative(ROOT, path))].sort();
  }

  private agent(): AgentBundle {
    return bundleAgent(`host-config/${this.component}/agent/main.ts`);
  }
}
