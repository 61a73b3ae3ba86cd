import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const yaml = require("js-yaml") as { load(text: string): any; dump(value: unknown): string };

/** Encryption needs the real stack's keys, and an ESC environment needs Pulumi Cloud: neither is available here. */
const NOT_HERE = ["secretsprovider", "encryptionsalt", "encryptedkey", "environment"];

export type ConfigOverrides = Record<string, unknown>;

/**
 * Lays out a folder that the engine treats as the project: the project's `Pulumi.yaml` (so that the engine checks the
 * configuration's types and defaults) with the rehearsal's providers added, and the stack's configuration with the
 * overrides applied. The project's folder itself is only read.
 *
 * @throws when the stack's configuration holds encrypted values that no override replaces.
 */
export function prepareWorkspace(options: {
  projectDir: string;
  workDir: string;
  stack: string;
  /** Folder of `Pulumi.<stack>.yaml`. Default: the project's own. */
  stackDir?: string;
  pluginDir: string;
  overrides: ConfigOverrides;
}): { projectName: string } {
  const { projectDir, workDir, stack, stackDir = projectDir, pluginDir, overrides } = options;
  const project = yaml.load(readFileSync(join(projectDir, "Pulumi.yaml"), "utf8"));
  delete project.main;
  delete project.backend;
  const own = (project.plugins?.providers ?? []).map((plugin: { path: string }) => ({ ...plugin, path: resolve(projectDir, plugin.path) }));
  project.plugins = { providers: [...own, ...["aws", "awsx"].map((name) => ({ name, path: pluginDir }))] };
  mkdirSync(join(workDir, "state"), { recursive: true });
  writeFileSync(join(workDir, "Pulumi.yaml"), yaml.dump(project));

  const file = `Pulumi.${stack}.yaml`;
  const given = existsSync(join(stackDir, file)) ? (yaml.load(readFileSync(join(stackDir, file), "utf8")) ?? {}) : undefined;
  if (given === undefined) throw new Error(`stack ${stack}: ${file} does not exist in ${stackDir}; choose a stack that has one`);
  for (const key of NOT_HERE) delete given[key];
  const config = { ...(given.config ?? {}), ...qualified(project.name, overrides) };
  given.config = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null));
  const encrypted = Object.entries(given.config)
    .filter(([, value]) => containsSecure(value))
    .map(([key]) => key);
  if (encrypted.length > 0) {
    throw new Error(
      `stack ${stack}: ${encrypted.join(", ")} is encrypted with the stack's key, which a rehearsal cannot access; override it`,
    );
  }
  // Keep the salt that the engine added on an earlier run.
  const salt = join(workDir, file);
  const kept = existsSync(salt) ? yaml.load(readFileSync(salt, "utf8"))?.encryptionsalt : undefined;
  writeFileSync(salt, yaml.dump(kept === undefined ? given : { ...given, encryptionsalt: kept }));
  return { projectName: project.name };
}

function qualified(projectName: string, overrides: ConfigOverrides): ConfigOverrides {
  return Object.fromEntries(
    Object.entries(overrides)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key.includes(":") ? key : `${projectName}:${key}`, value]),
  );
}

function containsSecure(value: unknown): boolean {
  if (value === null || typeof value !== "object") return false;
  return "secure" in value || Object.values(value).some(containsSecure);
}
