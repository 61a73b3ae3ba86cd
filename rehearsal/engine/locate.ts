import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { PulumiCommand } from "@pulumi/pulumi/automation";
import type { SemVer } from "semver";
import { brokenSeal, ownFolder, seal } from "../cache-folder";
import { buildEngine, goProblem } from "./build";
import { ENGINE_VERSION, engineCache, OLDEST_ENGINE } from "./cache";
import { withLock } from "./lock";

/** The SDK's own copy of semver: it refuses version objects of any other copy. */
const semver: { SemVer: typeof SemVer } = createRequire(require.resolve("@pulumi/pulumi/package.json"))("semver");

export interface LocatedEngine {
  command: PulumiCommand;
  /** As reported by the engine. */
  version: string;
  source: "path" | "cache" | "built";
}

export interface LocateOptions {
  /** Receives progress lines while the engine is built. Default: discarded. */
  progress?: (message: string) => void;
  /** Default: the user's cache folder. */
  cacheDir?: string;
}

/**
 * The Pulumi engine to rehearse with: `pulumi` on PATH when it is new enough, else the cached one, else one built from
 * its Go module, whose code go.sum pins. Never Pulumi's installer: it is a script that nothing pins, and a rehearsal with
 * real machines would run it as root.
 *
 * @throws an error that lists why each of these failed.
 */
export async function locate({ progress = () => undefined, cacheDir = engineCache() }: LocateOptions = {}): Promise<LocatedEngine> {
  const onPath = await attempt(() => PulumiCommand.get({ version: new semver.SemVer(OLDEST_ENGINE) }));
  if (onPath.command) return engine(onPath.command, "path");

  const wanted = new semver.SemVer(ENGINE_VERSION);
  const root = join(cacheDir, ENGINE_VERSION);
  ownFolder(cacheDir);
  const cached = () =>
    attempt(async () => {
      const problem = existsSync(root) ? brokenSeal(root) : undefined;
      if (problem !== undefined) throw new Error(`not found as it was prepared: ${problem}`);
      return PulumiCommand.get({ root, version: wanted });
    });
  const first = await cached();
  if (first.command) return engine(first.command, "cache");

  return withLock(
    root,
    () => progress("engine: waiting for another process that is preparing it"),
    async () => {
      const meanwhile = await cached();
      if (meanwhile.command) return engine(meanwhile.command, "cache");

      const noGo = await goProblem();
      let noBuild = noGo;
      if (noGo === undefined) {
        const built = await attempt(async () => {
          await buildEngine(join(root, "bin", "pulumi"), progress);
          return PulumiCommand.get({ root, version: wanted });
        });
        if (built.command) {
          seal(root);
          return engine(built.command, "built");
        }
        noBuild = built.problem;
      }

      throw new Error(
        [
          `No Pulumi engine ${OLDEST_ENGINE} or newer is available on this machine.`,
          `  pulumi on PATH: ${onPath.problem}`,
          `  cache ${root}: ${existsSync(root) ? first.problem : "empty"}`,
          `  building from the Go module: ${noBuild}`,
          `Install Pulumi ${OLDEST_ENGINE} or newer (https://www.pulumi.com/docs/install/) or Go, and try again.`,
        ].join("\n"),
      );
    },
  );
}

function engine(command: PulumiCommand, source: LocatedEngine["source"]): LocatedEngine {
  return { command, version: command.version?.version ?? "unknown", source };
}

async function attempt(get: () => Promise<PulumiCommand>): Promise<{ command?: PulumiCommand; problem: string }> {
  try {
    return { command: await get(), problem: "" };
  } catch (error) {
    const [line] = (error as Error).message
      .split("\n")
      .map((text) => text.trim())
      .filter((text) => /error|require|version|found|ENOENT/i.test(text));
    return { problem: line ?? (error as Error).message };
  }
}
