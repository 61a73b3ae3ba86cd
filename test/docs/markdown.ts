import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

export const ROOT = resolve(__dirname, "../..");

export interface Page {
  /** Relative to the repository's root. */
  path: string;
  text: string;
  /** Without code blocks. */
  prose: string;
}

/** Every page that is committed or not ignored. */
export function pages(): Page[] {
  const list = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], { cwd: ROOT, encoding: "utf8" });
  return list
    .split("\n")
    .filter((path) => path !== "" && existsSync(join(ROOT, path)))
    .sort()
    .map((path) => page(path, readFileSync(join(ROOT, path), "utf8")));
}

export function page(path: string, text: string): Page {
  return { path, text, prose: text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, "") };
}

export interface Link {
  /** Relative to the repository's root; the page itself for a bare anchor. */
  target: string;
  anchor: string | undefined;
}

/** Links within the repository. */
export function links({ path, prose }: Page): Link[] {
  const found = [...prose.replaceAll(/`[^`\n]*`/g, "").matchAll(/\]\(([^)\s]+)(?: "[^"]*")?\)/g)].map(([, address]) => address!);
  return found
    .filter((address) => !/^[a-z]+:/.test(address))
    .map((address) => {
      const [file = "", anchor] = address.split("#");
      return { target: file === "" ? path : relative(ROOT, join(ROOT, dirname(path), file)), anchor };
    });
}

/** Anchors as GitHub generates them from headings. */
export function anchors({ prose }: Page): Set<string> {
  const seen = new Map<string, number>();
  const slugs = [...prose.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => {
    const slug = heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(" ", "-");
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    return times === 0 ? slug : `${slug}-${times}`;
  });
  return new Set(slugs);
}

/** Text in backticks, in prose and tables. */
export function codeSpans({ prose }: Page): string[] {
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!);
}

/** Shell lines, in `sh` blocks and in backticks. */
export function shellLines(one: Page): string[] {
  const blocks = [...one.text.matchAll(/^ *```(?:sh)?\n([\s\S]*?)^ *```$/gm)].flatMap(([, block]) => block!.split("\n"));
  return [...blocks, ...codeSpans(one)].map((line) => line.trim());
}
