import { hostname } from "node:os";
import { request, ServerError } from "./client";
import type { Flags } from "./flags";
import {
  deleteConfiguration,
  isConfigured,
  isService,
  readSettings,
  type RunnerSettings,
  version,
  workFolder,
  writeConfiguration,
} from "./root";

interface Registered {
  runnerId: number;
  name: string;
  clientId: string;
  clientSecret: string;
}

/** `config.sh`: registers the runner and writes its files. Returns the exit code. */
export async function configure(flags: Flags): Promise<number> {
  if (isConfigured()) {
    return fail(
      "Cannot configure the runner because it is already configured. To reconfigure the runner, run 'config.cmd remove' or './config.sh remove' first.",
    );
  }
  const url = flags.value("url");
  const token = flags.value("token");
  if (!url || !token) return fail(`Invalid configuration provided for ${url ? "token" : "url"}. Terminating unattended configuration.`);
  if (flags.has("no-default-labels") && labelsOf(flags).length === 0) {
    return fail("--no-default-labels needs --labels: no job can target a runner without labels.");
  }
  try {
    await register(url, token, flags);
    process.stdout.write("\n√ Runner successfully added\n");
  } catch (error) {
    return fail(registrationError(error, url));
  }
  process.stdout.write("√ Settings Saved.\n");
  return 0;
}

/** Registers the runner that was unpacked into the folder, and writes its files. */
export async function register(url: string, token: string, flags: Flags, root?: string): Promise<void> {
  const registered = await request<Registered>("POST", `${apiUrl(url)}/actions/runners/register`, {
    bearer: token,
    body: {
      url,
      name: flags.value("name") ?? hostname(),
      labels: labelsOf(flags),
      systemLabels: flags.has("no-default-labels") ? [] : ["self-hosted", "Linux", architecture()],
      group: flags.value("runnergroup"),
      replace: flags.has("replace"),
      ephemeral: flags.has("ephemeral"),
      version: version(root),
    },
  });
  save(url, flags, registered, root);
}

function labelsOf(flags: Flags): string[] {
  return (flags.value("labels") ?? "").split(",").filter((label) => label !== "");
}

/** `config.sh remove`. With `--local`, it deletes only the files. Returns the exit code. */
export async function unconfigure(flags: Flags): Promise<number> {
  if (isService()) return fail("Uninstall service first");
  if (!isConfigured()) {
    process.stdout.write("Does not exist. Skipping Removing .runner\n");
    return 0;
  }
  if (!flags.has("local")) {
    const { gitHubUrl, agentId } = readSettings();
    const token = flags.value("token");
    if (!token) return fail("Invalid configuration provided for token. Terminating unattended configuration.");
    try {
      await request("POST", `${apiUrl(gitHubUrl)}/actions/runners/unregister`, {
        bearer: token,
        body: { url: gitHubUrl, runnerId: agentId },
      });
      process.stdout.write("√ Runner removed successfully\n");
    } catch (error) {
      if (!(error instanceof ServerError && error.code === "RunnerNotFound")) {
        return fail(registrationError(error, gitHubUrl));
      }
      process.stdout.write("Does not exist. Skipping Removing runner from the server\n");
    }
  }
  deleteConfiguration();
  process.stdout.write("√ Removed .credentials\n√ Removed .runner\n");
  return 0;
}

function save(url: string, flags: Flags, registered: Registered, root?: string): void {
  const server = runnerServiceUrl(url);
  const settings: RunnerSettings = {
    agentId: registered.runnerId,
    agentName: registered.name,
    poolName: flags.value("runnergroup") ?? "Default",
    serverUrl: server,
    serverUrlV2: server,
    gitHubUrl: url,
    workFolder: flags.value("work") ?? "_work",
    ephemeral: flags.has("ephemeral"),
    disableUpdate: flags.has("disableupdate"),
    useV2Flow: true,
  };
  const authorizationUrl = `${server}/_runner/token`;
  const credentials = { scheme: "OAuth" as const, data: { clientId: registered.clientId, authorizationUrl } };
  writeConfiguration(settings, credentials, registered.clientSecret, root);
  workFolder(settings, root);
}

/** The official runner calls `api.github.com`, or `/api/v3` of an Enterprise Server. */
function apiUrl(url: string): string {
  const { protocol, host } = new URL(url);
  return host === "github.com" ? "https://api.github.com" : `${protocol}//${host}/api/v3`;
}

function runnerServiceUrl(url: string): string {
  const { protocol, host } = new URL(url);
  return host === "github.com" ? "https://broker.actions.githubusercontent.com" : `${protocol}//${host}`;
}

function architecture(): string {
  return process.arch === "arm64" ? "ARM64" : "X64";
}

function registrationError(error: unknown, url: string): string {
  if (error instanceof ServerError && error.code === "InvalidToken") {
    return `Http response code: NotFound from 'POST ${apiUrl(url)}/actions/runner-registration'\n${error.message}`;
  }
  return error instanceof Error ? error.message : String(error);
}

function fail(message: string): number {
  process.stderr.write(`${message}\n`);
  return 1;
}
