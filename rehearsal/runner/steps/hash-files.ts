import { createHash } from "node:crypto";
import { type Dirent, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** `hashFiles()`: one digest for all files of the workspace that the patterns match; empty if none does. */
export function hashFiles(workspace: string, patterns: readonly string[]): string {
  const lines = patterns
    .flatMap((pattern) => pattern.split("\n"))
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const rules = lines.map((line) => ({ isExcluded: line.startsWith("!"), match: globOf(line.replace(/^!/, "")) }));
  const all = createHash("sha256");
  let found = false;
  for (const path of filesOf(workspace)) {
    let isIncluded = false;
    for (const { isExcluded, match } of rules) if (match.test(path)) isIncluded = !isExcluded;
    if (!isIncluded) continue;
    found = true;
    all.update(
      createHash("sha256")
        .update(readFileSync(join(workspace, path)))
        .digest(),
    );
  }
  return found ? all.digest("hex") : "";
}

/** A pattern that names a folder matches what is in it, as with `@actions/glob`. */
function globOf(pattern: string): RegExp {
  const rooted = pattern.replace(/^\.?\//, "").replace(/\/$/, "");
  let source = "";
  for (let at = 0; at < rooted.length; at++) {
    const rest = rooted.slice(at);
    if (rest.startsWith("**/")) {
      source += "(?:[^/]+/)*";
      at += 2;
    } else if (rest.startsWith("**")) {
      source += ".*";
      at += 1;
    } else if (rest.startsWith("*")) source += "[^/]*";
    else if (rest.startsWith("?")) source += "[^/]";
    else source += rest[0]!.replace(/[.+^${}()|[\]\\]/, "\\$&");
  }
  return new RegExp(`^${source}(?:/.*)?$`);
}

function filesOf(folder: string, below = ""): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(join(folder, below), { withFileTypes: true })
    .sort((a: Dirent, b: Dirent) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) return filesOf(folder, path);
      return entry.isFile() ? [path] : [];
    });
}
