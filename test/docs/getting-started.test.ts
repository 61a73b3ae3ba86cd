import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { monthlyCosts, prices, table } from "./costs";
import { codeSpans, page, ROOT, shellLines } from "./markdown";

const FILE = join(ROOT, "docs/getting-started.md");
const text = () => readFileSync(FILE, "utf8");
const BETWEEN = /(<!-- costs: generated -->\n)[\s\S]*?(\n<!-- end of costs -->)/;
/** How the page calls an estimated price. */
const NAMED: Record<string, string> = { keyMonth: "a KMS key", dashboardMonth: "a dashboard" };
const BOOTSTRAP = join(ROOT, "examples/bootstrap");

describe("docs/getting-started.md", () => {
  it("computes what a stack costs from the dated prices and the stack's own configuration, so that neither can change alone", async () => {
    const expected = table(await monthlyCosts());
    if (process.env.COSTS_WRITE === "1") writeFileSync(FILE, text().replace(BETWEEN, `$1${expected}$2`));
    assert.equal(BETWEEN.exec(text())?.[0], `<!-- costs: generated -->\n${expected}\n<!-- end of costs -->`, "write it: COSTS_WRITE=1");
    const { date, region } = JSON.parse(readFileSync(join(BOOTSTRAP, "prices.json"), "utf8"));
    assert.ok(text().includes(date) && text().includes(region), "the page names the date and the Region of the prices");
  });

  it("would notice a price that changed", async () => {
    const before = table(await monthlyCosts());
    const { instanceHour } = prices();
    assert.ok(Object.values(instanceHour).every((price) => price > 0));
    assert.ok(Math.abs(instanceHour["t3.medium"]! * prices().hoursPerMonth - Number(/instances.*?\| (\d+)/.exec(before)![1])) < 1);
  });

  it("says which prices are estimates: a reader would take them for AWS's own", () => {
    const { source, estimates, ...listed } = JSON.parse(readFileSync(join(BOOTSTRAP, "prices.json"), "utf8"));
    assert.deepEqual(estimates, ["instanceHour:m7i.large", "keyMonth", "dashboardMonth"]);
    for (const path of estimates as string[]) {
      const [key, name] = path.split(":") as [string, string?];
      assert.equal(typeof (name === undefined ? listed[key] : listed[key][name]), "number", path);
      assert.ok(text().includes(name ?? NAMED[key]!), path);
    }
    assert.match(source, /except the estimates/);
    assert.match(text(), /are estimates/);
  });

  it("names every key of the bootstrap's configuration, and the outputs that it has", () => {
    const { config } = load(readFileSync(join(BOOTSTRAP, "Pulumi.yaml"), "utf8")) as { config: Record<string, unknown> };
    const spans = codeSpans(page("docs/getting-started.md", text()));
    const commands = shellLines(page("docs/getting-started.md", text())).join("\n");
    for (const key of Object.keys(config)) assert.ok(spans.includes(key), `${key} is not explained`);
    const source = readFileSync(join(BOOTSTRAP, "index.ts"), "utf8");
    const outputs = [...source.matchAll(/^export const (\w+)/gm)].map(([, name]) => name!);
    for (const [, name] of commands.matchAll(/stack output (?:--json )?(\w+)/g)) assert.ok(outputs.includes(name!), `no output ${name}`);
    for (const name of outputs) assert.ok(commands.includes(name), `the output ${name} is used nowhere`);
  });

  it("names every variable that the workflows read from an environment with a role", () => {
    for (const file of ["deploy-stack.yml", "preview.yml"]) {
      const workflow = readFileSync(join(ROOT, ".github/workflows", file), "utf8");
      for (const [, name] of workflow.matchAll(/vars\.(\w+)/g)) assert.ok(text().includes(name!), name);
    }
  });

  it("keeps the App's private key out of the shell's history and out of the repository", () => {
    const commands = shellLines(page("docs/getting-started.md", text()));
    assert.ok(commands.some((line) => /--secret-string file:\/\//.test(line)));
    assert.ok(!commands.some((line) => /PRIVATE KEY|--secret-string ["'$]/.test(line)));
    assert.ok(existsSync(join(BOOTSTRAP, "app-manifest.json")));
  });

  it("says that the list of permissions was never run against AWS", () => {
    assert.match(text().replaceAll("\n", " "), /never run against AWS/);
  });
});
