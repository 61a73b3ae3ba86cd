import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseDeployOptions } from "../../promotion/deploy-options";
import { parsePromoteOptions } from "../../promotion/promote-options";
import { parseOptions } from "../../rehearsal/rehearsal-options";
import { parseScalingOptions } from "../../rehearsal/scaling/options";
import { parseSimulationOptions } from "../../rehearsal/simulation/options";
import { parseRotateOptions } from "../../webhook-secret/options";
import { ROOT, anchors, codeSpans, links, page, pages, shellLines } from "./markdown";

const PAGES = pages();
const SCRIPTS = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).scripts as Record<string, string>;
const TOP = new Set(readdirSync(ROOT));

/** Paths of this repository that a text in backticks names, if it names one. */
function pathsIn(span: string): string[] {
  const [first = ""] = span.split("/");
  // A path that begins with a folder of this repository must exist. What is built or installed is exempt, as are GitHub's own actions, and
  // NAME stands for anything.
  if (
    !/^[\w.*/{}-]+$/.test(span) ||
    !span.includes("/") ||
    !TOP.has(first) ||
    /^(dist|lib|node_modules)\/|^actions\/checkout$|NAME/.test(span)
  )
    return [];
  return [span];
}

const FILES = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: ROOT, encoding: "utf8" }).split("\n");

function exists(path: string): boolean {
  if (!path.includes("*")) return existsSync(join(ROOT, path));
  const parts = path
    .split(/(\*\*\/|\*)/)
    .map((part) => (part === "**/" ? "(?:.*/)?" : part === "*" ? "[^/]*" : part.replaceAll(/[.{}]/g, "\\$&")));
  return FILES.some((file) => new RegExp(`^${parts.join("")}$`).test(file));
}

interface Command {
  script: string;
  args: string[];
}

function commands(line: string): Command[] {
  const match = /^npm (?:run (?:--silent )?)?([\w:-]+)(?: -- (.*))?$/.exec(line.replace(/\s+#.*$/, ""));
  if (!match || (!line.startsWith("npm run") && !["start", "test"].includes(match[1]!))) return [];
  // Text in brackets is optional; placeholders in capitals are replaced by examples.
  const args = (match[2] ?? "").replaceAll(/\[[^\]]*\]/g, "").split(/\s+/);
  return [{ script: match[1]!, args: args.filter((word) => word !== "").map((word) => PLACEHOLDERS[word] ?? word) }];
}

const PLACEHOLDERS: Record<string, string> = { NAME: "sandbox", STAGE: "sandbox", TAG: "v1.2.3", REV: "HEAD" };

/** Option parsers of the commands, which have no side effects. */
const PARSERS: Record<string, (args: string[]) => unknown> = {
  rehearse: parseOptions,
  start: parseOptions,
  simulate: parseSimulationOptions,
  scaling: parseScalingOptions,
  promote: parsePromoteOptions,
  deploy: parseDeployOptions,
  "rotate-webhook-secret": parseRotateOptions,
};

describe("the documents", () => {
  const complaints = (check: (one: (typeof PAGES)[number]) => string[]) =>
    PAGES.flatMap((one) => check(one).map((text) => `${one.path}: ${text}`));

  it("have a blank line before each heading, or a merge has joined two sections", () => {
    assert.deepEqual(
      complaints(({ prose }) => [...prose.matchAll(/[^\n]\n(##+ .*)$/gm)].map(([, heading]) => heading!)),
      [],
    );
  });

  it("link only to existing files and headings", () => {
    const byPath = new Map(PAGES.map((one) => [one.path, one]));
    const all = PAGES.flatMap(links);
    assert.ok(all.length > 40, `${all.length} links: is anything read at all?`);
    assert.deepEqual(
      complaints((one) =>
        links(one).flatMap(({ target, anchor }) => {
          if (!existsSync(join(ROOT, target))) return [`no ${target}`];
          const there = byPath.get(target);
          return anchor === undefined || (there && anchors(there).has(anchor)) ? [] : [`no heading ${target}#${anchor}`];
        }),
      ),
      [],
    );
  });

  it("name only existing files of the repository", () => {
    assert.ok(PAGES.flatMap(codeSpans).flatMap(pathsIn).length > 60);
    assert.deepEqual(
      complaints((one) =>
        codeSpans(one)
          .flatMap(pathsIn)
          .filter((path) => !exists(path)),
      ),
      [],
    );
  });

  it("name only commands of package.json, and only options that the command accepts", () => {
    assert.ok(PAGES.flatMap(shellLines).flatMap(commands).length > 20);
    assert.deepEqual(
      complaints((one) =>
        shellLines(one)
          .flatMap(commands)
          .flatMap(({ script, args }) => {
            if (!(script in SCRIPTS)) return [`no script ${script}`];
            try {
              // Without options the command is only mentioned.
              if (args.length > 0) PARSERS[script]?.(args);
              return [];
            } catch (error) {
              return [`npm run ${script} -- ${args.join(" ")}: ${(error as Error).message}`];
            }
          }),
      ),
      [],
    );
  });

  it("are all reachable from the README", () => {
    const reached = new Set(["README.md"]);
    const byPath = new Map(PAGES.map((one) => [one.path, one]));
    for (const path of reached) for (const { target } of byPath.has(path) ? links(byPath.get(path)!) : []) reached.add(target);
    // GitHub shows a folder's README for a link to the folder.
    const found = (path: string) => reached.has(path) || reached.has(path.replace(/\/?README\.md$/, ""));
    assert.deepEqual(
      PAGES.map(({ path }) => path).filter((path) => !found(path)),
      [],
    );
  });

  it("list every decision, and each has a context, a decision and consequences within forty lines", () => {
    const decisions = PAGES.filter(({ path }) => /^docs\/decisions\/\d{4}-/.test(path));
    assert.ok(decisions.length >= 10);
    const listed = links(PAGES.find(({ path }) => path === "docs/decisions/README.md")!).map(({ target }) => target);
    assert.deepEqual(
      listed.filter((path) => /\d{4}-/.test(path)),
      decisions.map(({ path }) => path),
    );
    for (const { path, text } of decisions) {
      assert.deepEqual(
        [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading),
        ["Context", "Decision", "Consequences"],
        path,
      );
      assert.ok(text.split("\n").length <= 40, `${path} is too long`);
    }
  });

  it("would fail for a dead link, a wrong heading, a missing path, an unknown command or a refused option", () => {
    const bad = page("docs/x.md", "# A heading: `code`\n\n[a](y.md#z) [b](#a-heading-code)\n\n`docs/no.md` `docs/aws-facts.md`\n");
    assert.deepEqual(links(bad), [
      { target: "docs/y.md", anchor: "z" },
      { target: "docs/x.md", anchor: "a-heading-code" },
    ]);
    assert.ok(anchors(bad).has("a-heading-code"));
    assert.deepEqual(
      codeSpans(bad)
        .flatMap(pathsIn)
        .filter((path) => !exists(path)),
      ["docs/no.md"],
    );
    assert.deepEqual(commands("npm run nothing -- --at all   # ever"), [{ script: "nothing", args: ["--at", "all"] }]);
    assert.deepEqual(commands("npm run --silent promote -- --to NAME [--dry-run]"), [{ script: "promote", args: ["--to", "sandbox"] }]);
    assert.throws(() => PARSERS.rehearse!(["--no-such-option"]), /no-such-option/);
  });
});
