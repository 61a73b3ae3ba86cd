import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HostSetup } from "../../../contract/shared/host-setup";
import type { Stage } from "../prepare/stage";

/** The runner, its listener and its steps follow the file rather than the environment of their unit, where the stack's proxy is. */
const OF_A_PROXY = /^(https?|no)_proxy$/i;

const linesOf = (file: string) => file.split(/\r?\n/).filter((line) => line.trim() !== "");
const nameIn = (line: string) => line.split("=", 1)[0]!;

/**
 * The content of the runner's `.env` with these variables: one `NAME=value` a line, without quotes. What the image brings along
 * stays, unless a variable of the same name replaces it. The line end matters: config.sh appends lines of its own.
 */
export function mergedEnvironment(present: string, variables: Readonly<Record<string, string>>): string {
  const kept = linesOf(present).filter((line) => !Object.hasOwn(variables, nameIn(line)));
  const added = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return [...kept, ...added, ""].join("\n");
}

/**
 * Writes the stack's variables into the runner's `.env`. The proxy's are in the runner's unit instead, but those that the image has in
 * the file would replace them, and with them the exceptions for the metadata. So they are removed where the stack has a proxy.
 *
 * @param runner folder of the runner, which reads the file `.env` there at each start. No job has run there yet.
 */
export function jobEnvironmentStage(runner: string): Stage {
  const file = join(runner, ".env");
  const present = () => (existsSync(file) ? readFileSync(file, "utf8") : "");
  const replaced = ({ proxy }: HostSetup) =>
    proxy === undefined ? [] : linesOf(present()).filter((line) => OF_A_PROXY.test(nameIn(line)));
  return {
    name: "jobEnvironment",
    due: (setup) => setup.jobEnvironment !== undefined || replaced(setup).length > 0,
    async run({ setup, say }) {
      const former = replaced(setup);
      if (former.length > 0)
        say(`jobEnvironment: the image's .env sets ${former.map(nameIn).join(", ")}: removed, the stack's proxy counts`);
      const kept = linesOf(present()).filter((line) => !former.includes(line));
      const draft = `${file}.new`;
      try {
        writeFileSync(draft, mergedEnvironment(kept.join("\n"), setup.jobEnvironment ?? {}), { mode: 0o644, flush: true });
        renameSync(draft, file);
      } catch (error) {
        rmSync(draft, { force: true });
        throw error;
      }
    },
  };
}
