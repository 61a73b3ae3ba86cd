import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** The folder that the archive was unpacked into; its `bin` holds the programs. */
export const ROOT = dirname(dirname(process.argv[1] ?? __filename));

/** Content of `.runner`. */
export interface RunnerSettings {
  agentId: number;
  agentName: string;
  poolName: string;
  serverUrl: string;
  serverUrlV2: string;
  gitHubUrl: string;
  workFolder: string;
  ephemeral: boolean;
  disableUpdate: boolean;
  useV2Flow: true;
}

/** Content of `.credentials`; the secret itself is in `.credentials_rsaparams`, as with the official runner. */
export interface RunnerCredentials {
  scheme: "OAuth";
  data: { clientId: string; authorizationUrl: string };
}

const FILES = { settings: ".runner", credentials: ".credentials", secret: ".credentials_rsaparams" } as const;

export function isConfigured(): boolean {
  return existsSync(join(ROOT, FILES.settings));
}

export function readSettings(): RunnerSettings {
  return JSON.parse(readFileSync(join(ROOT, FILES.settings), "utf8")) as RunnerSettings;
}

/** Bearer token for calls in the runner's own name. */
export function readBearer(): string {
  const { data } = JSON.parse(readFileSync(join(ROOT, FILES.credentials), "utf8")) as RunnerCredentials;
  const { secret } = JSON.parse(readFileSync(join(ROOT, FILES.secret), "utf8")) as { secret: string };
  return `${data.clientId}:${secret}`;
}

export function writeConfiguration(settings: RunnerSettings, credentials: RunnerCredentials, secret: string, root = ROOT): void {
  writeFileSync(join(root, FILES.secret), `${JSON.stringify({ secret })}\n`, { mode: 0o600 });
  writeFileSync(join(root, FILES.credentials), `${JSON.stringify(credentials, null, 2)}\n`);
  writeFileSync(join(root, FILES.settings), `${JSON.stringify(settings, null, 2)}\n`);
}

export function deleteConfiguration(): void {
  for (const file of Object.values(FILES)) rmSync(join(ROOT, file), { force: true });
}

/** Whether the runner was installed as a service by its own script; `config.sh remove` refuses then. */
export function isService(): boolean {
  return existsSync(join(ROOT, ".service"));
}

/** Version of the archive, as the official listener prints it. */
export function version(root = ROOT): string {
  const file = join(root, "bin", "runnerversion");
  return existsSync(file) ? readFileSync(file, "utf8").trim() : "0.0.0";
}

/** Loads `.env`: `NAME=value` lines that are added to the environment, read once on start. */
export function loadEnvironmentFile(): void {
  const file = join(ROOT, ".env");
  if (!existsSync(file)) return;
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const at = line.indexOf("=");
    if (at > 0) process.env[line.slice(0, at)] = line.slice(at + 1).trim();
  }
}

/** As the official runner: an absolute folder is taken as it is. */
export function workFolder(settings: Pick<RunnerSettings, "workFolder">, root = ROOT): string {
  const folder = resolve(root, settings.workFolder);
  mkdirSync(folder, { recursive: true });
  return folder;
}
