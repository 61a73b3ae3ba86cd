import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ownTemporaryFolder } from "./own-temporary-folder";
import { writeNpmPackage } from "./npm-package";
import { RepositoryFixture, promoteAt, reason, states } from "./repository-fixture";

/** A rehearsal that records its arguments, folder and configuration, and fails if RED is true. */
const REHEARSE = `
const { readFileSync, readdirSync, writeFileSync } = require("node:fs");
const args = process.argv.slice(2);
const json = args[args.indexOf("--json") + 1];
writeFileSync("RECORD", JSON.stringify({ args, cwd: process.cwd(), built: readFileSync("built.txt", "utf8"),
  configuration: readFileSync("Pulumi.sandbox.yaml", "utf8") }));
writeFileSync(json, JSON.stringify({ failures: RED ? ["1 job lost", "2 calls denied"] : [] }));
process.exitCode = RED ? 1 : 0;
`;

describe("the rehearsal gate", () => {
  const { leftOver } = ownTemporaryFolder();
  let repo: RepositoryFixture;
  let record: string;
  beforeEach(() => {
    repo = new RepositoryFixture();
    record = join(repo.dir, ".git", "record");
  });
  afterEach(() => {
    repo.close();
    assert.deepEqual(leftOver(), [], "nothing is left over");
  });

  const release = (version: string, red: boolean, scripts: Record<string, string> = {}) => {
    writeNpmPackage(repo, { build: "node -p \"require('./package.json').version\" > built.txt", rehearse: "node rehearse.js", ...scripts });
    repo.write("rehearse.js", REHEARSE.replaceAll("RED", String(red)).replace('"RECORD"', JSON.stringify(record)));
    repo.release(version, 1);
  };
  const toSandbox = (days: number) => promoteAt(repo, days, ["--from", "dev", "--to", "sandbox", "--hosts", "simulated"], null);

  it("builds the release and runs its own rehearsal, with the target's configuration from main and the new pin", async () => {
    release("0.3.0", false);
    release("0.4.0", true);
    repo.git("tag", "-d", "v0.4.0");
    repo.write("Pulumi.sandbox.yaml", repo.read("Pulumi.sandbox.yaml").replace("maxSize: 4", "maxSize: 8"));
    repo.commit(2, "More machines");
    const answer = await toSandbox(9);
    assert.deepEqual([answer.code, states(answer)["rehearsal"]], [0, "open"]);
    assert.match(reason(answer, "rehearsal"), /^green: rehearsal of v0\.3\.0 \(\w{9}\) with sandbox's configuration$/);
    const { args, cwd, built, configuration } = JSON.parse(readFileSync(record, "utf8"));
    assert.deepEqual(args.slice(0, 4), ["--stack", "sandbox", "--hosts", "simulated"]);
    assert.equal(built, "0.3.0\n");
    assert.match(configuration, /ci-runners:release: v0\.3\.0 # what runs\n {2}ci-runners:maxSize: 8/);
    assert.equal(existsSync(cwd), false);
    assert.equal(repo.git("worktree", "list").split("\n").length, 1);
  });

  it("is closed by a red rehearsal, and lists its failures", async () => {
    release("0.3.0", true);
    const answer = await toSandbox(9);
    assert.deepEqual([answer.code, states(answer)["rehearsal"]], [1, "closed"]);
    assert.match(reason(answer, "rehearsal"), /^red: .*: 1 job lost; 2 calls denied$/);
  });

  it("is closed for a release that does not build or has no rehearsal", async () => {
    release("0.3.0", false, { build: "exit 3" });
    assert.match(reason(await toSandbox(9), "rehearsal"), /red: .*npm run build failed with exit code 3/);
    release("0.4.0", false, { rehearse: "true" });
    assert.match(reason(await toSandbox(9), "rehearsal"), /red: .*exit code 0, no figures written/);
  });

  it("does not run while another gate is closed", async () => {
    release("0.3.0", false);
    assert.equal(states(await toSandbox(1.5))["rehearsal"], "not evaluated");
    assert.equal(existsSync(record), false);
  });
});
