import { RefusedError } from "../refused-error";
import type { Repository } from "../repository";
import { actionsSettings } from "./actions";
import { codeOwnerSettings } from "./code-owners";
import { environmentSettings } from "./environments";
import { GitHubReader } from "./github-reader";
import { readSettings } from "./repository-settings";
import { ruleSettings } from "./rules";
import type { Setting } from "./setting";

interface SettingsResult {
  outcome: "met" | "missing";
  repository: string;
  settings: Setting[];
}

/** Checks what docs/promotion.md asks for, by GitHub's REST API and main's CODEOWNERS. @throws RefusedError if it cannot */
export async function checkSettings(
  repository: Repository,
  main: string,
  given: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<SettingsResult> {
  const token = env.GH_TOKEN || env.GITHUB_TOKEN;
  if (!token)
    throw new RefusedError("GH_TOKEN: set it to a token of an admin of the repository; others do not see who may bypass a ruleset");
  const name = given ?? env.GITHUB_REPOSITORY ?? nameOf(repository);
  if (!/^[A-Za-z0-9][\w-]*\/(?!\.\.?$)[\w.-]+$/.test(name)) throw new RefusedError(`--repository ${name}: give OWNER/REPO`);
  const apiUrl = env.GITHUB_API_URL || "https://api.github.com";
  const read = await readSettings(new GitHubReader(name, { apiUrl, token }), name);
  const settings = [
    ...ruleSettings(read),
    ...codeOwnerSettings(repository, main, read),
    ...environmentSettings(read),
    ...actionsSettings(read),
  ];
  return { outcome: settings.every(({ state }) => state === "met") ? "met" : "missing", repository: name, settings };
}

/** OWNER/REPO of the remote `origin`. */
function nameOf(repository: Repository): string {
  const name = /[/:]([\w.-]+\/[\w.-]+?)(?:\.git)?\/?$/.exec(repository.remote("origin"))?.[1];
  if (name === undefined) throw new RefusedError("--repository: give OWNER/REPO; this clone has no remote origin that names it");
  return name;
}

/** The result as plain text: a heading, and a line for each setting. */
export function settingsTable({ repository, settings }: SettingsResult): string {
  const count = settings.filter(({ state }) => state !== "met").length;
  const heading =
    count === 0
      ? `${repository} has all settings that the workflows rest on.`
      : `${repository} lacks ${count} of ${settings.length} settings:`;
  const width = Math.max(...settings.map(({ setting }) => setting.length));
  return [heading, ...settings.map(({ setting, state, reason }) => `  ${setting.padEnd(width)}  ${state.padEnd(7)}  ${reason}`)].join("\n");
}
