import assert from "node:assert/strict";
import { closed } from "../../promotion/gates";
import { type CommandResult, GREEN, RepositoryFixture, configuration, promoteAt, reason, states } from "./repository-fixture";

describe("npm run promote -- --check --stack", () => {
  let repo: RepositoryFixture;
  beforeEach(() => (repo = new RepositoryFixture()));
  afterEach(() => repo.close());
  const checkAt = (days: number, stack: string, rehearse = GREEN): Promise<CommandResult> =>
    promoteAt(repo, days, ["--check", "--stack", stack], rehearse);
  const moreMachines = (stack: string, pin: string, days: number) => {
    repo.write(`Pulumi.${stack}.yaml`, configuration(stack, pin).replace("maxSize: 4", "maxSize: 5"));
    repo.commit(days, "More machines");
  };

  it("never passes a pin that was merged past a closed gate, however long it has been on main", async () => {
    repo.release("0.3.0", 1);
    repo.pin("sandbox", "v0.3.0", 2);
    repo.merged("early", 3, () => repo.pin("prod", "v0.3.0", 3));
    for (const days of [3, 30]) {
      const answer = await checkAt(days, "prod");
      assert.equal(answer.code, 1);
      assert.deepEqual(states(answer), { order: "open", bake: "closed", direction: "open", rehearsal: "not evaluated" });
      assert.match(reason(answer, "bake"), /1 d of 7 d in sandbox/);
    }
  });

  it("never passes a pin because a later commit changed something else", async () => {
    repo.release("0.3.0", 1);
    repo.pin("prod", "v0.3.0", 3);
    moreMachines("prod", "v0.3.0", 4);
    repo.pin("sandbox", "v0.3.0", 5);
    const answer = await checkAt(30, "prod");
    assert.deepEqual([answer.code, answer.json.changes[0].from, states(answer)["order"]], [1, "v0.2.0", "closed"]);
  });

  it("passes a pin that its gates passed, also after the stage before was rolled back", async () => {
    repo.release("0.3.0", 1);
    repo.pin("sandbox", "v0.3.0", 2);
    repo.merged("due", 9.5, () => repo.pin("prod", "v0.3.0", 3));
    assert.equal((await checkAt(9.5, "prod")).code, 0);
    repo.pin("sandbox", "v0.2.0", 10);
    moreMachines("prod", "v0.3.0", 11);
    const { code, text } = await checkAt(12, "prod");
    assert.deepEqual([code], [0], text);
    assert.match(text, new RegExp(`Evaluated as of ${repo.git("rev-parse", "HEAD~2").slice(0, 9)}, which set the pin`));
  });

  it("rehearses the pin again, because the pull request's own rehearsal may have been edited", async () => {
    repo.release("0.3.0", 1);
    repo.pin("sandbox", "v0.3.0", 3);
    assert.equal((await checkAt(4, "sandbox")).code, 0);
    const red = await checkAt(4, "sandbox", async () => closed("rehearsal", "red"));
    assert.deepEqual([red.code, states(red)["rehearsal"]], [1, "closed"]);
  });

  it("accepts an override and a rollback only from the commits that brought the pin", async () => {
    repo.release("0.3.0", 1);
    const why = "Promotion-Override: Sandbox is down for the week, prod needs this.\nPromotion-Overridden: prod order bake";
    repo.merged("override", 2, () => repo.pin("prod", "v0.3.0", 2, `Pin\n\n${why}`));
    assert.deepEqual(states(await checkAt(3, "prod"))["bake"], "overridden");
    repo.merged("back", 3, () => repo.pin("prod", "v0.2.0", 3, "Pin\n\nPromotion-Rollback: prod"));
    const back = await checkAt(3, "prod");
    assert.deepEqual([back.code, back.json.changes[0].rollback], [0, true]);
    repo.pin("prod", "v0.3.0", 4);
    repo.write("README.md", "text");
    repo.commit(5, `Later\n\n${why}`);
    assert.deepEqual(states(await checkAt(6, "prod"))["order"], "closed");
  });

  it("counts no time that only the date of the merge claims", async () => {
    repo.release("0.3.0", 1);
    repo.pin("sandbox", "v0.3.0", 2);
    repo.pin("prod", "v0.3.0", 40);
    assert.equal((await checkAt(3, "prod")).code, 1);
  });

  it("evaluates nothing for a stack that follows main, or for a pin of the first commit", async () => {
    for (const [stack, text] of [
      ["dev", /dev follows main/],
      ["prod", /prod has pinned v0\.2\.0 since the first commit/],
    ] as const) {
      const answer = await checkAt(1, stack, () => assert.fail("rehearsed"));
      assert.deepEqual([answer.code, answer.json.outcome], [0, "nothing"]);
      assert.match(answer.text, text);
    }
  });

  it("refuses what no gate can pass, and names the file or the option", async () => {
    repo.pin("qa", "v0.2.0", 1);
    await assert.rejects(checkAt(2, "qa"), /Pulumi\.qa\.yaml: qa is not a stage/);
    repo.pin("prod", undefined, 1);
    await assert.rejects(checkAt(2, "prod"), /prod cannot follow main/);
    await assert.rejects(checkAt(2, "absent"), /--stack absent: \w{9} has no Pulumi\.absent\.yaml/);
    await assert.rejects(checkAt(2, "../prod"), /--stack \.\.\/prod: give a stack's name/);
    await assert.rejects(promoteAt(repo, 2, ["--check", "--stack", "prod", "--base", "HEAD"]), /--base: --stack evaluates/);
  });
});
