import type { Repository } from "../repository";
import type { RepositorySettings } from "./repository-settings";
import { met, missing, type Setting, unknown } from "./setting";

/** GitHub uses the first that exists. */
const LOCATIONS = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

/** What decides about a promotion, or runs in a job that has credentials before the release's own code does. */
const FOLDERS = [".github", "promotion", "cli", "contract", "scripts"];
/** .npmrc decides which shell and which options of Node run a script (`script-shell`, `node-options`). npm prefers a shrinkwrap. */
const FILES = ["package.json", "package-lock.json", "npm-shrinkwrap.json", "tsconfig.json", ".npmrc"];
/**
 * In a folder also a new file must have an owner, and one in a new folder: Node would load `promotion/pin.js` instead of
 * `pin.ts`, and a package from `promotion/node_modules/`.
 */
const PROBES = FOLDERS.flatMap((folder) => [`${folder}/new-file`, `${folder}/new-folder/new-file`]);
const REMEDY = [...FOLDERS.map((folder) => `/${folder}/`), "/*.json", "/.npmrc"].join(" ");

/** Files listed in a reason; the rest are counted. */
const LISTED = 3;

/** Whether each file that judges a pull request, or could be added and then does, has an owner, who must approve the change. */
export function codeOwnerSettings(repository: Repository, main: string, { codeOwnersErrors }: RepositorySettings): Setting[] {
  const file = LOCATIONS.find((path) => repository.file(main, path) !== undefined);
  const [owners, valid] = ["code owners: files", "code owners: errors"];
  if (file === undefined) {
    const why = `main has no ${LOCATIONS[0]}; name owners there of ${REMEDY}`;
    return [missing(owners, why), missing(valid, "there is no file")];
  }
  const rules = parse(repository.file(main, file)!);
  const files = repository.git(["ls-tree", "-r", "-z", "--name-only", main]).split("\0");
  const existing = files.filter((path) => FOLDERS.some((folder) => path.startsWith(`${folder}/`)) || path === file);
  const judges = [...new Set([...existing, ...FILES, ...PROBES])];
  const unowned = judges.filter((path) => !(rules.filter(({ pattern }) => pattern.test(path)).at(-1)?.owned ?? false));
  const more = unowned.length > LISTED ? ` and ${unowned.length - LISTED} more` : "";
  return [
    unowned.length === 0
      ? met(owners, `${file} covers ${existing.length} files, what may be added to their folders, and ${FILES.join(", ")}`)
      : missing(owners, `${file} names no owner of ${unowned.slice(0, LISTED).join(", ")}${more}; it needs owners of ${REMEDY}`),
    errorsIn(valid, file, codeOwnersErrors),
  ];
}

/** GitHub ignores a line with an error, such as an owner without write access. */
function errorsIn(setting: string, file: string, read: RepositorySettings["codeOwnersErrors"]): Setting {
  if (read.refusal) return unknown(setting, read.refusal.text);
  const errors = read.value.errors.map(({ line, kind }) => `line ${line}: ${kind}`);
  return errors.length === 0
    ? met(setting, "none")
    : missing(setting, `${file}, ${errors.join("; ")}; GitHub ignores these lines, so correct them`);
}

interface OwnerRule {
  pattern: RegExp;
  /** A pattern without owners takes away those of earlier lines. */
  owned: boolean;
}

function parse(text: string): OwnerRule[] {
  return text.split("\n").flatMap((line) => {
    const [pattern, ...owners] = line
      .replace(/(^|\s)#.*$/, "")
      .trim()
      .split(/\s+/);
    return pattern ? [{ pattern: asRegExp(pattern), owned: owners.length > 0 }] : [];
  });
}

/** The syntax of .gitignore without negations and ranges, which GitHub does not support in this file. */
function asRegExp(pattern: string): RegExp {
  const anchored = /\/./.test(pattern);
  const body = pattern.replace(/^\//, "").replace(/\/$/, "");
  const parts = body.split(/(\*\*\/|\/\*\*$|\*|\?)/).map((part) => {
    if (part === "**/") return "(?:.*/)?";
    if (part === "/**") return "/.*";
    if (part === "*") return "[^/]*";
    return part === "?" ? "[^/]" : part.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&");
  });
  // `docs/*` covers the files of the folder, but not those of its folders.
  const below = pattern.endsWith("/") ? "/.*" : /\/\*$/.test(pattern) ? "" : "(?:/.*)?";
  return new RegExp(`^${anchored || pattern.startsWith("/") ? "" : "(?:.*/)?"}${parts.join("")}${below}$`);
}
