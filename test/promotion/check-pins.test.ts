import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closed } from "../../promotion/gates";
import { type CommandResult, GREEN, RepositoryFixture, configuration, promoteAt, reason, states } from "./repository-fixture";

describe("npm run promote -- --check", () => {
  let repo: RepositoryFixture;
  beforeEach(() => (repo = new RepositoryFixture()));
  afterEach(() => repo.close());

  /** A pull request's branch, from the current main; main stays checked out. */
  const branch = (work: () => void, name = "change") => {
    repo.git("switch", "--quiet", "--create", name);
    work();
    repo.git("switch", "--quiet", "main");
  };
  const checkAt = (days: number, head = "change", rehearse = GREEN): Promise<CommandResult> =>
    promoteAt(repo, days, ["--check", "--base", "main", "--head", head], rehearse);

  it("passes a change without pin changes, and reports that there are none", async () => {
    branch(() => {
      repo.write("Pulumi.prod.yaml", configuration("prod", "v0.2.0").replace("maxSize: 4", "maxSize: 5"));
      repo.commit(1, "More machines");
    });
    const { code, json, text } = await checkAt(1);
    assert.deepEqual([code, json], [0, { outcome: "nothing", changes: [] }]);
    assert.match(text, /No stack's pin changes/);
  });

  it("gives the branch that promote created the same result as promote", async () => {
    repo.release("0.3.0", 1);
    await promoteAt(repo, 3, ["--from", "dev", "--to", "sandbox"]);
    const { code, json } = await checkAt(3, "promote/sandbox-v0.3.0");
    assert.equal(code, 0);
    assert.deepEqual(states({ json } as CommandResult), { order: "open", bake: "open", direction: "open", rehearsal: "open" });
  });

  it("closes the gates of prod for a release that the same change first pins in sandbox", async () => {
    repo.release("0.3.0", 1);
    branch(() => {
      repo.pin("sandbox", "v0.3.0", 2);
      repo.pin("prod", "v0.3.0", 2);
    });
    // Late enough that the branch's own commits would have baked.
    const answer = await checkAt(30);
    assert.equal(answer.code, 1);
    assert.equal(answer.json.outcome, "closed");
    assert.deepEqual(states(answer, "sandbox"), { order: "open", bake: "open", direction: "open", rehearsal: "open" });
    assert.deepEqual(states(answer, "prod"), { order: "closed", bake: "closed", direction: "open", rehearsal: "not evaluated" });
  });

  it("evaluates pins of two releases separately", async () => {
    repo.release("0.3.0", 1);
    repo.pin("sandbox", "v0.3.0", 2);
    repo.release("0.4.0", 8);
    branch(() => {
      repo.pin("sandbox", "v0.4.0", 9);
      repo.pin("prod", "v0.3.0", 9);
    });
    const { code, json } = await checkAt(9.5);
    assert.deepEqual([code, json.changes.length], [0, 2]);
  });

  it("evaluates against the current main, not against the branch's merge base", async () => {
    repo.release("0.3.0", 1);
    repo.pin("sandbox", "v0.3.0", 2);
    branch(() => repo.pin("prod", "v0.3.0", 9));
    assert.equal((await checkAt(10)).code, 0);
    repo.pin("sandbox", "v0.2.0", 10);
    assert.match(reason(await checkAt(10), "order"), /was rolled back in sandbox/);
  });

  it("evaluates the step from the pin on the current main, not from the pin at the merge base", async () => {
    for (const version of ["0.3.0", "0.4.0"]) repo.release(version, 1);
    repo.pin("sandbox", "v0.3.0", 2);
    branch(() => repo.pin("prod", "v0.3.0", 9));
    repo.pin("prod", "v0.4.0", 9);
    assert.match(reason(await checkAt(10), "direction"), /v0\.3\.0 is older than v0\.4\.0, which prod runs/);
  });

  it("ignores a pin that only main has changed since the merge base", async () => {
    repo.release("0.3.0", 1);
    branch(() => {
      repo.write("README.md", "text");
      repo.commit(2, "Documentation");
    });
    repo.pin("sandbox", "v0.3.0", 3);
    assert.equal((await checkAt(4)).json.outcome, "nothing");
  });

  it("ignores a pin that the branch changed and reverted", async () => {
    repo.release("0.3.0", 1);
    branch(() => {
      repo.pin("prod", "v0.3.0", 2);
      repo.dated(3, "revert", "--no-edit", "HEAD");
    });
    assert.equal((await checkAt(4)).json.outcome, "nothing");
  });

  it("passes a revert of a promotion only with a rollback trailer and a green rehearsal", async () => {
    repo.release("0.3.0", 1);
    repo.pin("sandbox", "v0.3.0", 2);
    const merge = repo.merged("pin", 10, () => repo.pin("prod", "v0.3.0", 10));
    branch(() => repo.dated(10.1, "revert", "--no-edit", "-m", "1", merge));
    assert.match(reason(await checkAt(10.1), "direction"), /v0\.2\.0 is older than v0\.3\.0.*pass --rollback/);
    branch(() => {
      repo.dated(10.1, "revert", "--no-edit", "-m", "1", merge);
      repo.dated(10.1, "commit", "--quiet", "--amend", "-m", "Back to 0.2.0\n\nPromotion-Rollback: prod");
    }, "named");
    const { code, json } = await checkAt(10.1, "named");
    assert.deepEqual([code, json.changes[0].rollback], [0, true]);
    assert.equal((await checkAt(10.1, "named", async () => closed("rehearsal", "red"))).code, 1);
  });

  it("applies a rollback trailer neither to another stack nor to a newer release", async () => {
    repo.release("0.3.0", 1);
    branch(() => repo.pin("prod", "v0.3.0", 2, "Pin\n\nPromotion-Rollback: prod\nPromotion-Rollback: sandbox"));
    const answer = await checkAt(30);
    assert.deepEqual([states(answer)["order"], answer.json.changes[0].rollback], ["closed", false]);
    repo.pin("sandbox", "v0.3.0", 2);
    repo.pin("prod", "v0.3.0", 20);
    branch(() => repo.pin("prod", "v0.2.0", 21, "Pin\n\nPromotion-Rollback: sandbox"), "other");
    assert.equal(states(await checkAt(30, "other"))["direction"], "closed");
  });

  it("applies an override only to the gates and the stack that it names", async () => {
    repo.release("0.3.0", 1);
    const why = "Promotion-Override: Sandbox is down for the week, prod needs this.";
    branch(() => repo.pin("prod", "v0.3.0", 2, `Pin\n\n${why}\nPromotion-Overridden: prod order bake`));
    const { code, json } = await checkAt(3);
    assert.deepEqual(
      [code, states({ json } as CommandResult)],
      [0, { order: "overridden", bake: "overridden", direction: "open", rehearsal: "open" }],
    );
    assert.equal(json.changes[0].gates[0].override, "Sandbox is down for the week, prod needs this.");
    assert.equal((await checkAt(3, "change", async () => closed("rehearsal", "red"))).code, 1, "its rehearsal was not overridden");
    branch(() => repo.pin("prod", "v0.3.0", 2, `Pin\n\n${why}\nPromotion-Overridden: prod bake`), "half");
    assert.deepEqual(states(await checkAt(3, "half")), {
      order: "closed",
      bake: "overridden",
      direction: "open",
      rehearsal: "not evaluated",
    });
    branch(() => repo.pin("prod", "v0.3.0", 2, `Pin\n\n${why}\nPromotion-Overridden: sandbox order bake`), "other");
    assert.equal(states(await checkAt(3, "other"))["order"], "closed");
    branch(() => repo.pin("prod", "v0.3.0", 2, `Pin\n\n${why}`), "none");
    assert.equal(states(await checkAt(3, "none"))["order"], "closed");
  });

  it("reads the overridden gates from the commit of promote, and does not repeat an overridden rehearsal", async () => {
    repo.release("0.3.0", 1);
    const args = ["--from", "dev", "--to", "sandbox", "--override", "The rehearsal's machine is broken."];
    await promoteAt(repo, 1.1, args, async () => closed("rehearsal", "red"));
    const { code, json } = await checkAt(1.2, "promote/sandbox-v0.3.0", () => assert.fail("rehearsed"));
    assert.deepEqual([code, states({ json } as CommandResult)["rehearsal"]], [0, "overridden"]);
  });

  for (const [what, trailers, text] of [
    ["without a reason", "Promotion-Overridden: prod bake", /write down the reason/],
    ["with a reason too short", "Promotion-Override: hotfix\nPromotion-Overridden: prod bake", /write down the reason/],
    [
      "of an unknown gate",
      "Promotion-Override: A reason that is long enough.\nPromotion-Overridden: prod all",
      /all is not a gate; give one of order/,
    ],
  ] as const) {
    it(`refuses an override ${what}`, async () => {
      repo.release("0.3.0", 1);
      branch(() => repo.pin("prod", "v0.3.0", 2, `Pin\n\n${trailers}`));
      await assert.rejects(checkAt(3), text);
    });
  }

  for (const [what, stack, pin, text] of [
    ["a malformed pin", "prod", "0.3.0", /Pulumi\.prod\.yaml: ci-runners:release is "0\.3\.0"; give main or/],
    ["a prod that follows main", "prod", "main", /prod cannot follow main/],
    ["a prod whose pin is removed", "prod", undefined, /prod cannot follow main/],
    ["a pin of an unknown stack", "qa", "v0.2.0", /Pulumi\.qa\.yaml: qa is not a stage/],
    ["a tag that is missing", "prod", "v9.0.0", /v9\.0\.0: there is no such tag/],
  ] as const) {
    it(`refuses ${what}`, async () => {
      branch(() => repo.pin(stack, pin, 1));
      await assert.rejects(checkAt(2), text);
    });
  }

  it("refuses to remove the stack of a stage, and allows other stacks without pins", async () => {
    branch(() => {
      repo.git("rm", "--quiet", "Pulumi.prod.yaml");
      repo.commit(1, "Prod is gone");
    });
    await assert.rejects(checkAt(2), /Pulumi\.prod\.yaml: was removed/);
    branch(() => repo.pin("alice", undefined, 1), "alice");
    assert.equal((await checkAt(2, "alice")).code, 0);
  });

  it("allows a change that fixes a malformed pin on main", async () => {
    repo.pin("prod", "broken", 1);
    branch(() => repo.pin("prod", "v0.2.0", 2));
    const { json } = await checkAt(3);
    assert.deepEqual([json.changes[0].from, json.changes[0].to], ["main", "v0.2.0"]);
  });

  it("refuses a shallow clone, and names the command that completes it", async () => {
    const clone = mkdtempSync(join(tmpdir(), "promotion-shallow-"));
    try {
      repo.commit(1, "Second");
      execFileSync("git", ["clone", "--quiet", "--depth", "1", `file://${repo.dir}`, clone], { stdio: "ignore" });
      const shallow = Object.assign(Object.create(repo), { dir: clone });
      await assert.rejects(promoteAt(shallow, 9, ["--check", "--base", "HEAD"]), /git fetch --unshallow --tags/);
    } finally {
      rmSync(clone, { recursive: true, force: true });
    }
  });
});
