import type { Repository } from "../repository";
import type { RepositorySettings } from "./repository-settings";
import { met, missing, type Setting, unknown } from "./setting";

/** GitHub uses the first that exists. */
const LOCATIONS = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

/** What decides about a promotion, or runs in a job that has credentials before the release's own code does. */
const JUDGES = /^(\.github|promotion|cli|contract|scripts)\/|^(package|package-lock|tsconfig)\.json$/;

/** Files listed in a reason; the rest are counted. */
const LISTED = 3;

/** Whether each file that judges a pull request has an owner, who must then approve a change of it. */
export function codeOwnerSettings(repository: Repository, main: string, { codeOwnersErrors }: RepositorySettings): Setting[] {
  const file = LOCATIONS.find((path) => repository.file(main, path) !== undefined);
  const [owners, valid] = ["code owners: files", "code owners: errors"];
  if (file === undefined) {
    const why = `main has no ${LOCATIONS[0]}; name owners there of ${["/.github/", "/promotion/", "/cli/", "/contract/", "/scripts/"].join(" ")} and /*.json`;
    return [missing(owners, why), missing(valid, "there is no file")];
  }
  const rules = parse(repository.file(main, file)!);
  const files = repository.git(["ls-tree", "-r", "-z", "--name-only", main]).split("\0");
  const judges = files.filter((path) => JUDGES.test(path) || path === file);
  const unowned = judges.filter((path) => !(rules.filter(({ pattern }) => pattern.test(path)).at(-1)?.owned ?? false));
  const more = unowned.length > LISTED ? ` and ${unowned.length - LISTED} more` : "";
  return [
    unowned.length === 0
      ? met(owners, `${file} covers ${judges.length} files`)
      : missing(owners, `${file} names no owner of ${unowned.slice(0, LISTED).join(", ")}${more}; add them`),
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
