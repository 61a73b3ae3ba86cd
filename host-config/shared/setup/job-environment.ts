import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Stage } from "../prepare/stage";

/**
 * The content of the runner's `.env` with these variables: one `NAME=value` a line, without quotes. What the image brings along
 * stays, unless a variable of the same name replaces it. The line end matters: config.sh appends lines of its own.
 */
export function mergedEnvironment(present: string, variables: Readonly<Record<string, string>>): string {
  const kept = present.split(/\r?\n/).filter((line) => line.trim() !== "" && !Object.hasOwn(variables, line.split("=", 1)[0]!));
  const added = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return [...kept, ...added, ""].join("\n");
}

/** @param runner folder of the runner, which reads the file `.env` there at each start. No job has run there yet. */
export function jobEnvironmentStage(runner: string): Stage {
  return {
    name: "jobEnvironment",
    due: ({ jobEnvironment }) => jobEnvironment !== undefined,
    async run({ setup }) {
      const file = join(runner, ".env");
      const present = existsSync(file) ? readFileSync(file, "utf8") : "";
      const draft = `${file}.new`;
      try {
        writeFileSync(draft, mergedEnvironment(present, setup.jobEnvironment!), { mode: 0o644, flush: true });
        renameSync(draft, file);
      } catch (error) {
        rmSync(draft, { force: true });
        throw error;
      }
    },
  };
}
