import assert from "node:assert/strict";
import { cpSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { ownTemporaryFolder } from "./own-temporary-folder";
import { GREEN, RepositoryFixture, promoteAt, reason, states } from "./repository-fixture";

const PROJECT = join(__dirname, "../..");
/** What a release of this project needs to be built and rehearsed. */
const NOT_COPIED = /^(\.git|\.github|node_modules|dist|lib|docs|test|bench|examples|rehearsal-report\.html)$/;
const TO_SANDBOX = ["--from", "dev", "--to", "sandbox", "--hosts", "simulated"];
const TO_PROD = ["--from", "sandbox", "--to", "prod", "--hosts", "simulated"];

/** The real rehearsal gate: the release is this project's own code, rehearsed on simulated hosts. */
const REAL = null;

describe("a release is promoted from dev to prod", function () {
  // A bound on hangs: an installation, a build and a rehearsal took 157 s on a busy machine, more than 240 s on a busier one.
  this.timeout(1_200_000);
  const { leftOver } = ownTemporaryFolder();
  let repo: RepositoryFixture;

  before(() => {
    repo = new RepositoryFixture();
    for (const entry of readdirSync(PROJECT)) {
      if (!NOT_COPIED.test(relative(PROJECT, join(PROJECT, entry))))
        cpSync(join(PROJECT, entry), join(repo.dir, entry), { recursive: true });
    }
    pin("dev", undefined);
    for (const stack of ["sandbox", "prod"]) pin(stack, "v0.2.0");
    repo.write("package.json", repo.read("package.json").replace(/"version": "[^"]+"/, '"version": "0.2.0"'));
    repo.commit(0, "Begin with this project's own code");
    repo.git("tag", "--force", "v0.2.0");
    repo.merged("feature", 1, () => repo.commit(0.5, "A feature"));
    repo.release("0.3.0", 1);
  });
  after(() => {
    repo.close();
    assert.deepEqual(leftOver(), []);
  });

  const pin = (stack: string, tag: string | undefined) => {
    const lines = repo.read(`Pulumi.${stack}.yaml`).split("\n");
    const rest = lines.filter((line) => !line.trimStart().startsWith("ci-runners:release:"));
    if (tag !== undefined) rest.splice(rest.indexOf("config:") + 1, 0, `  ci-runners:release: ${tag}`);
    repo.write(`Pulumi.${stack}.yaml`, rest.join("\n"));
  };

  it("closes prod's order gate while the release has not run in sandbox", async () => {
    const answer = await promoteAt(repo, 1, [...TO_PROD, "--release", "v0.3.0"], REAL);
    assert.deepEqual(
      [answer.code, states(answer)],
      [1, { order: "closed", bake: "closed", direction: "open", rehearsal: "not evaluated" }],
    );
  });

  it("closes sandbox's bake gate for the rest of the day", async () => {
    const answer = await promoteAt(repo, 1.9, TO_SANDBOX, REAL);
    assert.deepEqual([answer.code, states(answer)], [1, { order: "open", bake: "closed", direction: "open", rehearsal: "not evaluated" }]);
  });

  it("closes the rehearsal gate for a configuration that the release refuses", async () => {
    const good = repo.read("Pulumi.sandbox.yaml");
    repo.write("Pulumi.sandbox.yaml", good.replace("maxDrain: 43200", "maxDrain: 432000"));
    repo.commit(2, "Drain for five days");
    const answer = await promoteAt(repo, 2.1, TO_SANDBOX, REAL);
    assert.deepEqual([answer.code, states(answer)], [1, { order: "open", bake: "open", direction: "open", rehearsal: "closed" }]);
    assert.match(reason(answer, "rehearsal"), /^red: rehearsal of v0\.3\.0 .* with sandbox's configuration: /);
    repo.write("Pulumi.sandbox.yaml", good);
    repo.commit(2.2, "Drain for half a day again");
  });

  it("opens all gates of sandbox after a real rehearsal, and creates the branch to merge", async () => {
    const answer = await promoteAt(repo, 2.3, TO_SANDBOX, REAL);
    assert.deepEqual([answer.code, states(answer)], [0, { order: "open", bake: "open", direction: "open", rehearsal: "open" }]);
    assert.match(answer.json.body, /^- \w{7,} Merge feature$/m);
    repo.merge(answer.json.branch.name, 3);
    assert.match(repo.read("Pulumi.sandbox.yaml"), /^ {2}ci-runners:release: v0\.3\.0$/m);
  });

  it("opens prod's order gate then, and closes its bake gate until seven days after the merge", async () => {
    const answer = await promoteAt(repo, 9.9, TO_PROD, REAL);
    assert.deepEqual([answer.code, states(answer)], [1, { order: "open", bake: "closed", direction: "open", rehearsal: "not evaluated" }]);
    assert.match(reason(answer, "bake"), /opens 2026-01-11 00:00 UTC/);
  });

  it("opens all gates of prod, and --check passes the pull request", async () => {
    // The sandbox step ran the real rehearsal, and test/rehearsal rehearses prod's configuration.
    const answer = await promoteAt(repo, 10, TO_PROD, GREEN);
    assert.deepEqual([answer.code, states(answer)], [0, { order: "open", bake: "open", direction: "open", rehearsal: "open" }]);
    const checked = await promoteAt(repo, 10, ["--check", "--base", "main", "--head", answer.json.branch.name], GREEN);
    assert.deepEqual([checked.code, checked.json.changes[0].to], [0, "v0.3.0"]);
    repo.merge(answer.json.branch.name, 10);
  });

  it("closes the direction gate for an older release, and opens all gates at once with --rollback", async () => {
    const back = ["--to", "prod", "--from", "sandbox", "--release", "v0.2.0"];
    const refused = await promoteAt(repo, 10.1, back);
    assert.deepEqual([refused.code, states(refused)["direction"]], [1, "closed"]);
    const opened = await promoteAt(repo, 10.1, [...back, "--rollback"]);
    assert.deepEqual([opened.code, states(opened)], [0, { order: "open", bake: "open", direction: "open", rehearsal: "open" }]);
    const line = repo.git("diff", "main", opened.json.branch.name, "--unified=0").split("\n").slice(-2);
    assert.deepEqual(line, ["-  ci-runners:release: v0.3.0", "+  ci-runners:release: v0.2.0"]);
  });
});
