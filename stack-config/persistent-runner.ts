import type { PersistentRunnerArgs } from "../components";
import { readGithub } from "./github";
import type { Reader } from "./reader";

/** The arguments of a persistent runner, except those that the program sets itself. */
export type PersistentRunnerConfig = Omit<PersistentRunnerArgs, "release">;

/** Without `github`, the account and the App of the stack; without `subnetId`, its first subnet. */
type Given = Partial<PersistentRunnerConfig> & Omit<PersistentRunnerConfig, "github" | "subnetId">;

const COMPONENT = "PersistentRunner";

/** Reads the arguments, which are fields of one key. Undefined without the key, which means no persistent runner. */
export function readPersistentRunner(read: Reader, subnetIds: readonly string[] | undefined): PersistentRunnerConfig | undefined {
  const given = read.component<Given>(COMPONENT, "persistentRunner");
  if (given === undefined) return undefined;
  // Without any the component refuses it.
  return { ...given, github: given.github ?? readGithub(read), subnetId: given.subnetId ?? subnetIds?.[0] ?? "" };
}
