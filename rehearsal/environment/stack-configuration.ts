import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { load } from "js-yaml";
import { UsageError } from "../../cli/options";

/** A stack's configuration, read without the engine. */
export interface StackConfiguration {
  region: string;
  /** Value of a key of this project: the stack's, else the project's default. */
  get(key: string): any;
}

const PROJECT_FILE = "Pulumi.yaml";
const EXAMPLES = "examples";
const stackFile = (stack: string): string => `Pulumi.${stack}.yaml`;

/**
 * The folder with the stack's file: the project's, else that of the one example that has it. Only a rehearsal reads those of
 * examples; what is deployed is in the project's folder.
 *
 * @throws UsageError when no folder has it, or two examples do.
 */
export function findStackDir(projectDir: string, stack: string): string {
  const file = stackFile(stack);
  if (existsSync(join(projectDir, file))) return projectDir;
  const examples = exampleDirs(projectDir);
  const [found, another] = examples.filter((dir) => existsSync(join(dir, file)));
  if (found === undefined) {
    const ofExamples = examples.flatMap(stacksIn);
    throw new UsageError(
      `--stack ${stack}: there is no ${file}; give one of ${stacksIn(projectDir).join(", ")}` +
        (ofExamples.length === 0 ? "" : `, or of the examples: ${ofExamples.join(", ")}`),
    );
  }
  if (another !== undefined) {
    const [one, other] = [found, another].map((dir) => relative(projectDir, join(dir, file)));
    throw new UsageError(`--stack ${stack}: there are ${one} and ${other}; rename one of them`);
  }
  return found;
}

/** Examples that are a stack of this project. Those that are projects of their own have keys of their own, too. */
function exampleDirs(projectDir: string): string[] {
  const folder = join(projectDir, EXAMPLES);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !existsSync(join(folder, entry.name, PROJECT_FILE)))
    .map(({ name }) => join(folder, name))
    .sort();
}

function stacksIn(dir: string): string[] {
  return readdirSync(dir)
    .flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? [])
    .sort();
}

/** Reads the stack's file in its folder over the defaults in the project's, as the engine does. */
export function readStackConfiguration(projectDir: string, stackDir: string, stack: string): StackConfiguration {
  const project = load(readFileSync(join(projectDir, PROJECT_FILE), "utf8")) as Record<string, any>;
  const own = load(readFileSync(join(stackDir, stackFile(stack)), "utf8")) as Record<string, any>;
  return {
    region: own.config?.["aws:region"] ?? "us-east-1",
    get: (key) => own.config?.[`${project.name}:${key}`] ?? project.config?.[key]?.default,
  };
}
