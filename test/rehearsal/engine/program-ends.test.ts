import assert from "node:assert/strict";
import type { PulumiCommand } from "@pulumi/pulumi/automation";
import { locate } from "../../../rehearsal/engine/locate";
import { ProgramEnds } from "../../../rehearsal/engine/program-ends";
import type { OperationResult } from "../../../rehearsal/engine/result";
import { ENGINE_TEST_TIMEOUT, Rig } from "./fixture";

const LOST = (operation: string) =>
  new RegExp(`pulumi ${operation} failed:\nthe engine ended well, but the program did not come to its end`);

/** What the SDK calls of its command and keeps from the public types. */
interface Runs {
  run(args: string[], ...rest: unknown[]): Promise<unknown>;
}

/** The real engine, which refreshes in place of its first operations: it ends well, with its summary, and asks no program. */
class WithoutProgram {
  readonly operations: string[] = [];
  readonly command: PulumiCommand;

  constructor(given: PulumiCommand, times: number) {
    const real = given as PulumiCommand & Runs;
    const run: Runs["run"] = (args, ...rest) => {
      const [operation = "", ...options] = args;
      if (operation !== "preview" && operation !== "up") return real.run(args, ...rest);
      this.operations.push(operation);
      if (this.operations.length > times) return real.run(args, ...rest);
      const kind = operation === "preview" ? ["--preview-only"] : [];
      return real.run(["refresh", ...kind, ...options], ...rest);
    };
    this.command = Object.assign(Object.create(real) as PulumiCommand, { run });
  }
}

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

describe("an operation of the real engine", function () {
  this.timeout(ENGINE_TEST_TIMEOUT);
  let rig: Rig;
  let runs: number;
  const program = async () => void (runs += 1);
  beforeEach(() => {
    rig = new Rig();
    rig.writeProject();
    runs = 0;
  });
  afterEach(() => rig.close());

  it("runs the program once, as a second run would change what it made", async () => {
    const stack = await rig.open({ program });
    await stack.preview();
    await stack.up();
    assert.equal(runs, 2);
    await stack.destroy();
    assert.equal(runs, 2);
  });

  for (const operation of ["preview", "up"] as const) {
    it(`is done once more when ${operation} ended well without the program`, async () => {
      const { command } = await locate();
      const engine = new WithoutProgram(command, 1);
      const stack = await rig.open({ program, pulumi: engine.command });
      assert.equal((await stack[operation]()).changes["create"], 1, "the stack itself");
      assert.deepEqual([engine.operations, runs], [[operation, operation], 1]);
    });

    it(`fails when ${operation} ends well without the program again and again`, async () => {
      const { command } = await locate();
      const engine = new WithoutProgram(command, Infinity);
      const stack = await rig.open({ program, pulumi: engine.command });
      await assert.rejects(stack[operation](), LOST(operation));
      assert.deepEqual([engine.operations, runs], [[operation, operation], 0]);
    });
  }
});
