import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deploy } from "../../promotion/deploy";
import { RepositoryFixture, configuration } from "./repository-fixture";

describe("npm run deploy -- --changed", () => {
  let repo: RepositoryFixture;
  beforeEach(() => (repo = new RepositoryFixture()));
  afterEach(() => repo.close());

  /** What it lists, as "stack: from -> release, what changed". */
  const changed = async (base: string, head = "HEAD"): Promise<string[]> => {
    const file = join(repo.dir, "answer.json.out");
    const lines: string[] = [];
    const environment = { dir: repo.dir, log: () => undefined, print: (line: string) => lines.push(line) };
    assert.equal(await deploy(["--changed", "--base", base, "--head", head, "--json", file], environment), 0);
    const parsed = lines.map((line) => JSON.parse(line));
    assert.deepEqual(JSON.parse(readFileSync(file, "utf8")), parsed);
    return parsed.map(({ stack, from, release, ...what }) => {
      const names = Object.entries(what).flatMap(([name, is]) => (is ? [name] : []));
      return `${stack}: ${from} -> ${release}, ${names.join(" ")}`;
    });
  };

  it("lists a stack whose pin changed, and no other", async () => {
    repo.pin("sandbox", "v0.3.0", 1);
    assert.deepEqual(await changed("HEAD~1"), ["sandbox: v0.2.0 -> v0.3.0, pinChanged"]);
  });

  it("lists a stack whose configuration changed, but not for a changed comment", async () => {
    repo.write("Pulumi.prod.yaml", configuration("prod", "v0.2.0").replace("# The prod stack.", "# Prod.").replace(" # what runs", ""));
    repo.commit(1, "Shorter comments");
    assert.deepEqual(await changed("HEAD~1"), []);
    repo.write("Pulumi.prod.yaml", configuration("prod", "v0.2.0").replace("4", "5"));
    repo.commit(1, "More machines");
    assert.deepEqual(await changed("HEAD~1"), ["prod: v0.2.0 -> v0.2.0, configurationChanged"]);
  });

  it("lists a stack that follows main when code changes, but not for documentation, tests or other stacks", async () => {
    for (const file of ["README.md", "docs/picture.svg", "test/a.test.ts", ".github/workflows/ci.yml", "Pulumi.prod.yaml"]) {
      repo.write(file, file.startsWith("Pulumi") ? `# more\n${configuration("prod", "v0.2.0")}` : "text");
    }
    repo.commit(1, "Documentation");
    assert.deepEqual(await changed("HEAD~1"), []);
    repo.write("components/pool.ts", "code");
    repo.commit(2, "Code");
    assert.deepEqual(await changed("HEAD~1"), ["dev: main -> main, codeChanged"]);
    repo.write("components/pool.ts", "more");
    repo.pin("dev", "v0.2.0", 3);
    assert.deepEqual(await changed("HEAD~1"), ["dev: main -> v0.2.0, pinChanged"]);
  });

  it("lists a stack whose setup script changed, wherever its file is, or a command of root's would change unseen", async () => {
    const scripted = (stack: string, script: string, pin?: string) => `${configuration(stack, pin)}  ci-runners:setupScript: ${script}\n`;
    repo.write("Pulumi.dev.yaml", scripted("dev", "./examples/machines/setup.sh"));
    repo.write("Pulumi.prod.yaml", scripted("prod", "examples/machines/setup.sh", "v0.2.0"));
    repo.write("Pulumi.sandbox.yaml", scripted("sandbox", '"#!/bin/sh"'));
    repo.write("examples/machines/setup.sh", "#!/bin/sh\n");
    repo.write("examples/other/setup.sh", "#!/bin/sh\n");
    repo.commit(1, "A script");
    repo.write("examples/other/setup.sh", "#!/bin/sh\ntrue\n");
    repo.commit(2, "Another example's");
    assert.deepEqual(await changed("HEAD~1"), []);
    repo.write("examples/machines/setup.sh", "#!/bin/sh\ntrue\n");
    repo.commit(3, "Only the script");
    assert.deepEqual(await changed("HEAD~1"), ["dev: main -> main, codeChanged"], "prod runs its release's file");
    repo.git("rm", "--quiet", "examples/machines/setup.sh");
    repo.commit(4, "Gone");
    assert.deepEqual(await changed("HEAD~1"), ["dev: main -> main, codeChanged"], "its preview must fail");
  });

  it("compares the ends of a push of many commits, and a merge with its first parent", async () => {
    repo.pin("sandbox", "v0.3.0", 1);
    repo.merged("pin", 2, () => repo.pin("prod", "v0.3.0", 2));
    assert.deepEqual(await changed("v0.2.0"), ["prod: v0.2.0 -> v0.3.0, pinChanged", "sandbox: v0.2.0 -> v0.3.0, pinChanged"]);
    assert.deepEqual(await changed("HEAD^1"), ["prod: v0.2.0 -> v0.3.0, pinChanged"]);
  });

  it("does not list what only the base branch changed since the pull request's merge base", async () => {
    repo.git("switch", "--quiet", "--create", "change");
    repo.pin("prod", "v0.3.0", 1);
    repo.git("switch", "--quiet", "main");
    repo.pin("sandbox", "v0.3.0", 2);
    assert.deepEqual(await changed("main", "change"), ["prod: v0.2.0 -> v0.3.0, pinChanged"]);
  });

  it("lists all stacks for a new branch, and a new stack, but not a removed one", async () => {
    assert.equal((await changed("0".repeat(40))).length, 3);
    repo.pin("alice", undefined, 1);
    assert.deepEqual(await changed("HEAD~1"), ["alice: null -> main, pinChanged configurationChanged"]);
    repo.git("rm", "--quiet", "Pulumi.alice.yaml");
    repo.commit(2, "Gone");
    assert.deepEqual(await changed("HEAD~1"), []);
  });

  it("lists what a force push of main to an older commit changes", async () => {
    repo.pin("prod", "v0.3.0", 1);
    const before = repo.git("rev-parse", "HEAD");
    repo.git("reset", "--quiet", "--hard", "HEAD~1");
    assert.deepEqual(await changed(before), ["prod: v0.3.0 -> v0.2.0, pinChanged"]);
  });

  it("lists a stack whose malformed configuration is fixed, and refuses a malformed one", async () => {
    repo.pin("prod", "broken", 1);
    await assert.rejects(changed("HEAD~1"), /Pulumi\.prod\.yaml: ci-runners:release is "broken"/);
    repo.pin("prod", "v0.2.0", 2);
    assert.deepEqual(await changed("HEAD~1"), ["prod: null -> v0.2.0, pinChanged configurationChanged"]);
  });
});
