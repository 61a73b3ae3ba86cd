import { readFileSync, readdirSync } from "node:fs";
import { join, posix, relative, resolve } from "node:path";
import ts from "typescript";

export const ROOT = resolve(__dirname, "../..");

/** Generated, or separate projects. */
const SKIPPED = new Set(["node_modules", "dist", "lib", ".git", "examples"].map((name) => join(ROOT, name)));

/** Our TypeScript sources, relative to the repository's root. */
export function sources(): string[] {
  const found: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (SKIPPED.has(path)) continue;
      if (entry.isDirectory()) walk(path);
      else if (entry.name.endsWith(".ts")) found.push(relative(ROOT, path));
    }
  };
  walk(ROOT);
  return found.sort();
}

/** `import type` and `export type ... from`, as the formatter writes them. */
const TYPE_IMPORTS = /^(import|export) type [^;]*;$/gm;

/**
 * Our modules that each module imports; all paths relative to the repository's root.
 *
 * @param types whether imports of types count, which load nothing at run time
 */
export function importGraph(files: readonly string[], { types } = { types: true }): Map<string, string[]> {
  const known = new Set(files);
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(ROOT, file), "utf8");
      return [file, imported(file, types ? text : text.replace(TYPE_IMPORTS, ""), known)];
    }),
  );
}

/** A module and all that it imports, directly or not. */
export function reachable(graph: ReadonlyMap<string, readonly string[]>, from: string): Set<string> {
  const found = new Set([from]);
  // A set is iterated in order of insertion, including what is added meanwhile.
  for (const file of found) for (const target of graph.get(file) ?? []) found.add(target);
  return found;
}

function imported(file: string, text: string, known: ReadonlySet<string>): string[] {
  const { importedFiles } = ts.preProcessFile(text, true, true);
  return importedFiles.flatMap(({ fileName }) => {
    if (!fileName.startsWith(".")) return [];
    const target = posix.join(posix.dirname(file), fileName);
    const module = [target, `${target}.ts`, posix.join(target, "index.ts")].find((candidate) => known.has(candidate));
    return module === undefined ? [] : [module];
  });
}

/** Import cycles: groups of modules that import each other, each sorted (Tarjan's strongly connected components). */
export function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const visit = (node: string): void => {
    index.set(node, index.size);
    low.set(node, index.get(node)!);
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(node, Math.min(low.get(node)!, low.get(next)!));
    }
    if (low.get(node) !== index.get(node)) return;
    const group = stack.splice(stack.indexOf(node));
    if (group.length > 1) found.push(group.sort());
  };
  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return found;
}
