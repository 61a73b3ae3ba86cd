import { requireRunnerAccess } from "./access";
import type { GitHubOptions } from "./github-options";
import { HttpError } from "./http";
import { ProtocolError } from "./messages";
import { type Act, ok, scopeOf } from "./routes";
import { RUNNER_FILES, type RunnerCredentials, type RunnerSettings } from "./runner-files";
import type { Runner, Runners } from "./runners";
import { runnerBody } from "./shapes";

/** Labels that a runner has by its kind. GitHub lists them as read-only, whoever gave them. */
const SYSTEM_LABELS: ReadonlySet<string> = new Set(["self-hosted", "linux", "x64", "arm64"]);
/** GitHub's limit on a runner's name, in characters. */
const NAME_LIMIT = 64;

/** Creates a just-in-time runner: registered and ephemeral, offline, with the files that its program needs. */
export function createJitRunner(runners: Runners, options: GitHubOptions): Act {
  return ({ body }, match, caller) => {
    const scope = scopeOf(match);
    requireRunnerAccess(caller, scope, "write");
    const { name, runner_group_id: groupId, labels, work_folder: workFolder = "_work" } = body;
    const isValid = typeof name === "string" && name !== "" && name.length <= NAME_LIMIT && areLabels(labels);
    if (!isValid || !Number.isInteger(groupId) || typeof workFolder !== "string" || workFolder === "") {
      throw new HttpError(422, "Validation Failed");
    }
    const group = runners.groups.list(scope).find(({ id }) => id === groupId);
    if (!group) throw new HttpError(404, "Not Found");
    const given = [...new Set([...labels, ...(options.jitSystemLabels ? ["self-hosted", "Linux", "X64"] : [])])];
    const systemLabels = given.filter((label) => SYSTEM_LABELS.has(label.toLowerCase()));
    let runner: Runner;
    try {
      runner = runners.register({ scope, name, labels: given, systemLabels, group: group.name, ephemeral: true });
    } catch (error) {
      if (!(error instanceof ProtocolError && error.code === "RunnerExists")) throw error;
      throw new HttpError(409, `Already exists - A runner with the name ${name} already exists.`);
    }
    // Until it has connected.
    runner.os = "unknown";
    return ok({ runner: runnerBody(runner, false), encoded_jit_config: encodedFiles(runner, workFolder, options) }, 201);
  };
}

function areLabels(labels: unknown): labels is string[] {
  if (!Array.isArray(labels) || labels.length < 1 || labels.length > 100) return false;
  return labels.every((label) => typeof label === "string" && label !== "" && label.length <= 256);
}

/** The files by name, each in base64, as JSON in base64. */
function encodedFiles(runner: Runner, workFolder: string, { host, baseUrl }: GitHubOptions): string {
  const web = baseUrl ?? `https://${host}`;
  const service = baseUrl ?? (host === "github.com" ? "https://broker.actions.githubusercontent.com" : web);
  const settings: RunnerSettings = {
    agentId: runner.id,
    agentName: runner.name,
    poolName: runner.group.name,
    serverUrl: service,
    serverUrlV2: service,
    gitHubUrl: `${web}/${runner.scope}`,
    workFolder,
    ephemeral: true,
    disableUpdate: false,
    useV2Flow: true,
  };
  const credentials: RunnerCredentials = {
    scheme: "OAuth",
    data: { clientId: runner.clientId, authorizationUrl: `${service}/_runner/token` },
  };
  const contents = { settings, credentials, secret: { secret: runner.clientSecret } };
  const files = Object.entries(contents).map(([file, content]) => [RUNNER_FILES[file as keyof typeof contents], base64(content)]);
  return base64(Object.fromEntries(files));
}

/** What a simulated runner needs of a configuration: the real one writes it into files. Throws if it is none. */
export function runnerOf(encoded: string): { runnerId: number; name: string } {
  const files = JSON.parse(Buffer.from(encoded, "base64").toString("utf8")) as Record<string, string>;
  const settings = JSON.parse(Buffer.from(files[RUNNER_FILES.settings] ?? "", "base64").toString("utf8")) as RunnerSettings;
  return { runnerId: settings.agentId, name: settings.agentName };
}

function base64(content: unknown): string {
  return Buffer.from(JSON.stringify(content)).toString("base64");
}
