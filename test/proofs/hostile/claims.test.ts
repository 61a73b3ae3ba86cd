import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { hostPolicy } from "../../../components/actions-runner-pool/policies/instance";
import { poolNames } from "../../../contract/actions-runner-pool/names";

const ROOT = join(__dirname, "../../..");
const PAGE = readFileSync(join(ROOT, "docs/security.md"), "utf8");
/** Titles are in italics and may wrap to a second line. */
const named = (text: string) =>
  [...text.matchAll(/(?<!\*)\*([^*\n]+(?:\n[^*\n]+)?)\*(?!\*)/g)].map((match) => match[1]!.replace(/\s*\n\s*/g, " "));

/** The titles of the tests in this folder, and of those about a team's machines, as mocha lists them without running any. */
function titles(): Set<string> {
  const files = [__dirname, join(__dirname, "../team")].flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith(".test.ts") && file !== "claims.test.ts")
      .map((file) => join(folder, file)),
  );
  const mocha = join(ROOT, "node_modules/mocha/bin/mocha.js");
  const args = [mocha, "--dry-run", "--reporter", "json", ...files];
  const text = execFileSync(process.execPath, args, { cwd: ROOT, encoding: "utf8", maxBuffer: 1e8, stdio: ["ignore", "pipe", "inherit"] });
  return new Set((JSON.parse(text.slice(text.indexOf("{"))) as { tests: { title: string }[] }).tests.map(({ title }) => title));
}

describe("docs/security.md", () => {
  const section = (heading: string) => {
    const [, text] = PAGE.split(`## ${heading}\n`);
    assert.ok(text, `there is no section "${heading}"`);
    return text.split("\n## ")[0]!;
  };
  let known: Set<string>;
  before(() => (known = titles()));

  it("names only tests that exist", () => {
    const missing = named(PAGE).filter((title) => title.split(" ").length > 4 && !known.has(title));
    assert.deepEqual(missing, []);
    assert.ok(known.size >= 60, `${known.size} tests`);
    assert.ok(!known.has("no such test"));
  });

  it("names a test for each claim about what a job cannot do", () => {
    const lines = section("A job cannot")
      .split("\n")
      .filter((line) => line.startsWith("| ") && !line.startsWith("| what"));
    assert.ok(lines.length >= 15);
    for (const line of lines) {
      const shown = named(line.split("|")[2]!);
      assert.ok(shown.length > 0 && shown.every((title) => known.has(title)), line);
    }
  });

  it("explains exactly the statements of the instance's role", () => {
    const account = { partition: "aws", region: "us-east-1", accountId: "123456789012" };
    const statements = hostPolicy(account, poolNames("x"), "arn:aws:s3:::x", "arn:aws:kms:x", true).Statement.map(({ Sid }) => Sid);
    const rows = section("The instance's role")
      .split("\n")
      .filter((line) => line.startsWith("| `"));
    const explained = rows.flatMap((row) => [...row.split("|")[1]!.matchAll(/`(\w+)`/g)].map((match) => match[1]));
    assert.deepEqual(explained.sort(), statements.sort());
  });
});
