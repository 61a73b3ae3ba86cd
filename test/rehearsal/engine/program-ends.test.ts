import assert from "node:assert/strict";
import { ProgramEnds } from "../../../rehearsal/engine/program-ends";
import type { OperationResult } from "../../../rehearsal/engine/result";
import { ENGINE_TEST_TIMEOUT, Rig } from "./fixture";

const LOST = (operation: string) =>
  new RegExp(`pulumi ${operation} failed:\nthe engine ended well, but the program did not come to its end`);

describe("an operation that the engine calls a success although the program did not come to its end", () => {
  let ends: ProgramEnds;
  let runs: number;
  beforeEach(() => {
    ends = new ProgramEnds();
    runs = 0;
  });

  /** An engine that runs the program in some of its runs only, and reports the same changes each time. */
  const engine = (runsIt: (run: number) => boolean, changes: Record<string, number> = { create: 1 }) => {
    const program = ends.watch(async () => undefined);
    return async () => {
      runs += 1;
      if (runsIt(runs)) await program();
      return { changes } as OperationResult;
    };
  };

  it("is done once more, instead of counting as a program that wants nothing", async () => {
    await ends.expect(
      "up",
      engine((run) => run > 1),
    );
    assert.equal(runs, 2);
  });

  it("fails when that happens again", async () => {
    await assert.rejects(
      ends.expect(
        "preview",
        engine(() => false),
      ),
      LOST("preview"),
    );
    assert.equal(runs, 2);
  });

  it("fails at once when it has deleted what the stack held, which a second run would cover up", async () => {
    await assert.rejects(
      ends.expect(
        "up",
        engine((run) => run > 1, { delete: 3 }),
      ),
      LOST("up"),
    );
    assert.equal(runs, 1);
  });

  it("is done once more when it only foretells a deletion", async () => {
    await ends.expect(
      "preview",
      engine((run) => run > 1, { delete: 3 }),
    );
    assert.equal(runs, 2);
  });

  it("is not done again for the end of an earlier run", async () => {
    const run = engine((at) => at === 1);
    await ends.expect("up", run);
    await assert.rejects(ends.expect("up", run), LOST("up"));
  });
});

describe("an operation in which the program comes to its end", function () {
  this.timeout(ENGINE_TEST_TIMEOUT);
  it("runs it once on the real engine, as a second run would change what it made", async () => {
    const rig = new Rig();
    rig.writeProject();
    let runs = 0;
    const stack = await rig.open({ program: async () => void (runs += 1) });
    await stack.preview();
    await stack.up();
    assert.equal(runs, 2);
    await stack.destroy();
    assert.equal(runs, 2);
    await rig.close();
  });
});
