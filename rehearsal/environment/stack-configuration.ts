import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { UsageError } from "../../cli/options";

/** A stack's configuration, read without the engine. */
export interface StackConfiguration {
  region: string;
  /** Value of a key of this project: the stack's, else the project's default. */
  get(key: string): any;
}

/**
 * Reads `Pulumi.<stack>.yaml` over the defaults in `Pulumi.yaml`, as the engine does.
 *
 * @throws UsageError when the stack has no configuration.
 */
export function readStackConfiguration(projectDir: string, stackDir: string, stack: string): StackConfiguration {
  if (!existsSync(join(stackDir, `Pulumi.${stack}.yaml`))) {
    const known = readdirSync(stackDir).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
    throw new UsageError(`--stack ${stack}: there is no Pulumi.${stack}.yaml; give one of ${known.join(", ")}`);
  }
  const project = load(readFileSync(join(projectDir, "Pulumi.yaml"), "utf8")) as Record<string, any>;
  const own = load(readFileSync(join(stackDir, `Pulumi.${stack}.yaml`), "utf8")) as Record<string, any>;
  return {
    region: own.config?.["aws:region"] ?? "us-east-1",
    get: (key) => own.config?.[`${project.name}:${key}`] ?? project.config?.[key]?.default,
  };
}
