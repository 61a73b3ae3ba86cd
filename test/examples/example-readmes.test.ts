import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EXAMPLES, read, typescriptExamples } from "./projects";

const yaml = require("js-yaml") as { load(text: string): any };

const configOf = (name: string): Record<string, any> => yaml.load(read(name, "Pulumi.dev.yaml")).config;

/** Of the machine that a run starts, whose label is known only then. */
const WITHOUT_LABELS = new Set(["persistent"]);

describe("the README of an example", () => {
  it("is listed in the index, and each row of the index has a README", () => {
    const rows = [...readFileSync(join(EXAMPLES, "README.md"), "utf8").matchAll(/^\| \[([\w-]+)\]\(\1\/README\.md\) \|/gm)];
    const named = rows.map(([, name]) => name!);
    for (const name of named) assert.ok(existsSync(join(EXAMPLES, name, "README.md")), name);
    for (const name of typescriptExamples()) assert.ok(named.includes(name), `examples/README.md does not name ${name}`);
  });

  for (const name of typescriptExamples()) {
    const schema: Record<string, any> = yaml.load(read(name, "Pulumi.yaml")).config;

    it(`${name} fits a screen and has every section`, () => {
      const text = read(name, "README.md");
      assert.ok(text.split("\n").length <= 62, `${text.split("\n").length} lines`);
      const headings = [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
      assert.deepEqual(headings, ["What it makes", "What you need first", "Deploy", "See it work", "Cost and limits"]);
      if (WITHOUT_LABELS.has(name)) return;
      const labels = [...read(name, "index.ts").matchAll(/labels: \["([^"]+)"\]/g)].map(([, label]) => label!);
      const asked = text.match(/`runs-on: \[?([^`\]]+)/)![1]!.split(", ");
      assert.ok(labels.includes(asked.at(-1)!), `runs-on names ${asked}, index.ts registers ${labels}`);
    });

    it(`${name} names every key to configure, and no missing file`, () => {
      const text = read(name, "README.md");
      for (const key of Object.keys(schema)) assert.ok(text.includes(`\`${key}\``), `its README does not name ${key}`);
      for (const [, file] of text.matchAll(/`((?:Pulumi|index|package|tsconfig)[\w.]*\.(?:yaml|ts|json))`/g)) {
        assert.ok(existsSync(join(EXAMPLES, name, file!)), file);
      }
    });

    it(`${name} contains only commands of npm, Pulumi and the AWS CLI`, () => {
      const blocks = [...read(name, "README.md").matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)].map(([, block]) => block!.trim());
      assert.ok(blocks.length >= 4);
      for (const line of blocks.flatMap((block) => block.split("\n"))) {
        assert.match(
          line.trim(),
          /^(npm install|pulumi (stack init|up --stack|destroy --stack) dev|(GROUP|ID)=\$\(pulumi stack output |aws [a-z0-9]+ [a-z-]+ --)/,
        );
      }
    });

    it(`${name} goes with a project that declares each key it reads, has a sample of each, and contains no secret`, () => {
      const source = read(name, "index.ts");
      const asked = [...source.matchAll(/config\.\w+(?:<[^(]*>)?\("(\w+)"\)/g)].map(([, key]) => key!);
      assert.deepEqual([...new Set(asked)].sort(), Object.keys(schema).sort());
      const sampled = Object.keys(configOf(name)).filter((key) => key !== "aws:region");
      assert.deepEqual(
        sampled.sort(),
        Object.keys(schema)
          .map((key) => `ci-runners-${name}:${key}`)
          .sort(),
      );
      assert.doesNotMatch(source + read(name, "Pulumi.dev.yaml"), /PRIVATE KEY|gh[a-z]_\w{20}|github_pat_|AKIA\w{16}/);
      assert.ok(source.trim().split("\n").length <= 45, "an example is short");
    });
  }
});
