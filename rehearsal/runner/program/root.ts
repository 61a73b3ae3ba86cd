import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { RUNNER_FILES, type RunnerCredentials, type RunnerSettings } from "../../github/runner-files";

export type { RunnerSettings } from "../../github/runner-files";

/** The folder that the archive was unpacked into; its `bin` holds the programs. */
export const ROOT = dirname(dirname(process.argv[1] ?? __filename));

export function isConfigured(): boolean {
  return existsSync(join(ROOT, RUNNER_FILES.settings));
}

export function readSettings(): RunnerSettings {
  return JSON.parse(readFileSync(join(ROOT, RUNNER_FILES.settings), "utf8")) as RunnerSettings;
}

/** Bearer token for calls in the runner's own name. */
export function readBearer(): string {
  const { data } = JSON.parse(readFileSync(join(ROOT, RUNNER_FILES.credentials), "utf8")) as RunnerCredentials;
  const { secret } = JSON.parse(readFileSync(join(ROOT, RUNNER_FILES.secret), "utf8")) as { secret: string };
  return `${data.clientId}:${secret}`;
}

export function writeConfiguration(settings: RunnerSettings, credentials: RunnerCredentials, secret: string, root = ROOT): void {
  writeFileSync(join(root, RUNNER_FILES.secret), `${JSON.stringify({ secret })}\n`, { mode: 0o600 });
  writeFileSync(join(root, RUNNER_FILES.credentials), `${JSON.stringify(credentials, null, 2)}\n`);
  writeFileSync(join(root, RUNNER_FILES.settings), `${JSON.stringify(settings, null, 2)}\n`);
}

export function deleteConfiguration(): void {
  for (const file of Object.values(RUNNER_FILES)) rmSync(join(ROOT, file), { force: true });
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
