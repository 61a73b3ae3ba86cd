import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as ts from "typescript";
import { ROOT } from "../package/installed-package";

export const EXAMPLES = join(ROOT, "examples");

/** Folders of the examples in TypeScript that deploy a pool; the others have separate tests. */
export const typescriptExamples = (): string[] =>
  exampleFolders().filter((name) => existsSync(join(EXAMPLES, name, "index.ts")) && "ci-runners" in dependenciesOf(name));

const dependenciesOf = (name: string): Record<string, string> => JSON.parse(read(name, "package.json")).dependencies ?? {};

export const exampleFolders = (): string[] =>
  readdirSync(EXAMPLES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();

export const read = (name: string, file: string): string => readFileSync(join(EXAMPLES, name, file), "utf8");

/** The compiler's errors for these programs, with the options of an example. */
export function complaints(projectDir: string, files: string[]): string[] {
  const config = join(projectDir, "tsconfig.json");
  const { options, errors } = ts.parseJsonConfigFileContent(ts.readConfigFile(config, ts.sys.readFile).config, ts.sys, projectDir);
  const found = [...errors, ...ts.getPreEmitDiagnostics(ts.createProgram(files, options))];
  return found.map(({ file, messageText }) => `${file?.fileName ?? config}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`);
}
