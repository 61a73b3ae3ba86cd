import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RefusedError } from "./refused-error";
import { type GateResult, closed, open } from "./gates";
import { ReleaseFolder } from "./release-folder";
import { type Repository, short } from "./repository";
import { InterruptedError, CommandRunner } from "./run-command";
import { oneLine } from "../cli/one-line";

/** Ways for a rehearsal to make its hosts; see its own `--hosts`. */
export const HOSTS = ["auto", "systemd", "simulated"] as const;
export type Hosts = (typeof HOSTS)[number];

/** Rehearses a commit's code with a stack's configuration. */
export type Rehearse = (what: { commit: string; tag: string; stack: string; configuration: string }) => Promise<GateResult>;

/**
 * The gate outside tests: the release's own rehearsal, the only one that fits its code, run in a separate folder with the
 * target stack's configuration. It uses only flags that 0.1.0 already had.
 */
export function rehearsalGate(repository: Repository, hosts: Hosts): Rehearse {
  return async ({ commit, tag, stack, configuration }) => {
    const commandRunner = new CommandRunner();
    const folder = new ReleaseFolder(repository, commandRunner);
    const results = mkdtempSync(join(tmpdir(), "ci-runners-rehearsal-"));
    const json = join(results, "figures.json");
    const what = `rehearsal of ${tag} (${short(commit)}) with ${stack}'s configuration`;
    try {
      await folder.fill(commit, stack, configuration);
      const flags = ["--stack", stack, "--hosts", hosts, "--json", json, "--report", join(results, "report.html")];
      const code = await commandRunner.run("npm", ["run", "--silent", "rehearse", "--", ...flags], { cwd: folder.dir, stdout: "stderr" });
      const found = failures(json);
      // A script that does nothing exits with 0, too.
      if (code === 0 && found?.length === 0) return open("rehearsal", `green: ${what}`);
      return closed(
        "rehearsal",
        `red: ${what}: ${found?.join("; ") || `exit code ${code}, ${found ? "no failure reported" : "no figures written"}`}`,
      );
    } catch (error) {
      if (error instanceof InterruptedError || error instanceof RefusedError) throw error;
      return closed("rehearsal", oneLine(`red: ${what}: ${(error as Error).message}`));
    } finally {
      folder.remove();
      rmSync(results, { recursive: true, force: true });
      commandRunner.close();
    }
  };
}

/** The failures that the rehearsal found; undefined if it wrote no figures. */
function failures(json: string): string[] | undefined {
  if (!existsSync(json)) return undefined;
  const found: unknown = JSON.parse(readFileSync(json, "utf8")).failures;
  return Array.isArray(found) ? found.map(String) : undefined;
}
