/** Loads real modules from their sources, unchanged or with small substitutions (a mutant), beside those that other tests have loaded. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve, sep } from "node:path";
import ts from "typescript";

const ROOT = resolve(__dirname, "../..");
const local = createRequire(__filename);

export interface Substitution {
  /** Relative to the repository's root. */
  file: string;
  /** Occurs exactly once in it. */
  from: string;
  to: string;
}

/**
 * Gives `load` a `require` that loads fresh copies of the modules below `folders`, with the substitutions applied. Paths are relative
 * to the repository's root.
 */
export function withSubstitutions<T>(
  folders: readonly string[],
  substitutions: readonly Substitution[],
  load: (require: (path: string) => any) => T,
): T {
  const roots = folders.map((folder) => join(ROOT, folder) + sep);
  const ours = (path: string) => roots.some((root) => path.startsWith(root));
  const kept = Object.entries(local.cache).filter(([path]) => ours(path));
  const compile = local.extensions[".ts"]!;
  for (const [path] of kept) delete local.cache[path];
  local.extensions[".ts"] = (module, path) => {
    const mine = substitutions.filter(({ file }) => join(ROOT, file) === path);
    if (mine.length === 0) return compile(module, path);
    const code = mine.reduce(substitute, readFileSync(path, "utf8"));
    const options: ts.CompilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true };
    (module as unknown as { _compile(code: string, path: string): void })._compile(
      ts.transpileModule(code, { compilerOptions: options, fileName: path }).outputText,
      path,
    );
  };
  try {
    return load((path) => local(join(ROOT, path)));
  } finally {
    local.extensions[".ts"] = compile;
    for (const path of Object.keys(local.cache)) if (ours(path)) delete local.cache[path];
    for (const [path, module] of kept) local.cache[path] = module;
  }
}

/** @throws when the code no longer has the text. Reads the file alone: in a second, before minutes of exploration. */
export function checkApplies(substitution: Substitution): void {
  substitute(readFileSync(join(ROOT, substitution.file), "utf8"), substitution);
}

function substitute(code: string, { file, from, to }: Substitution): string {
  assert.equal(code.split(from).length, 2, `${file} no longer has exactly one "${from}": adapt the mutant`);
  return code.replace(from, () => to);
}
