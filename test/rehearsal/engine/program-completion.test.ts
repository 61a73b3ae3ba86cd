import assert from "node:assert/strict";
import type { PulumiCommand } from "@pulumi/pulumi/automation";
import { locate } from "../../../rehearsal/engine/locate";
import { ProgramCompletion } from "../../../rehearsal/engine/program-completion";
import type { OperationResult } from "../../../rehearsal/engine/result";
import { ENGINE_TEST_TIMEOUT, Rig } from "./fixture";

const LOST = (operation: string) =>
  new RegExp(`pulumi ${operation} failed:\nthe engine succeeded, but the program did not run to completion`);

/** A method of the SDK's command that its public types hide. */
interface Runs {
  run(args: string[], ...rest: unknown[]): Promise<unknown>;
}

/** The real engine, which runs `refresh` in place of its first operations: it succeeds, with a summary, without the program. */
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

describe("an operation that the engine reports as a success although the program did not run to completion", () => {
  let ends: ProgramCompletion;
  let runs: number;
  beforeEach(() => {
    ends = new ProgramCompletion();
    runs = 0;
  });

  /** An engine that runs the program only in some of its runs, and reports the same changes each time. */
  const engine = (runsIt: (run: number) => boolean, changes: Record<string, number> = { create: 1 }) => {
    const program = ends.watch(async () => undefined);
    return async () => {
      runs += 1;
      if (runsIt(runs)) await program();
      return { changes } as OperationResult;
    };
  };

  it("is repeated once, instead of counting as a program without resources", async () => {
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

  it("fails immediately when it has deleted the stack's resources, which a second run would hide", async () => {
    await assert.rejects(
      ends.expect(
        "up",
        engine((run) => run > 1, { delete: 3 }),
      ),
      LOST("up"),
    );
    assert.equal(runs, 1);
  });

  it("is repeated once when it only previews a deletion", async () => {
    await ends.expect(
      "preview",
      engine((run) => run > 1, { delete: 3 }),
    );
    assert.equal(runs, 2);
  });

  it("fails even if the program ran to completion in an earlier operation", async () => {
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

  it("runs the program only once, since a second run would change what the first created", async () => {
    const stack = await rig.open({ program });
    await stack.preview();
    await stack.up();
    assert.equal(runs, 2);
    await stack.destroy();
    assert.equal(runs, 2);
  });

  for (const operation of ["preview", "up"] as const) {
    it(`is repeated once when ${operation} succeeded without the program`, async () => {
      const { command } = await locate();
      const engine = new WithoutProgram(command, 1);
      const stack = await rig.open({ program, pulumi: engine.command });
      assert.equal((await stack[operation]()).changes["create"], 1, "the stack itself");
      assert.deepEqual([engine.operations, runs], [[operation, operation], 1]);
    });

    it(`fails when ${operation} repeatedly succeeds without the program`, async () => {
      const { command } = await locate();
      const engine = new WithoutProgram(command, Infinity);
      const stack = await rig.open({ program, pulumi: engine.command });
      await assert.rejects(stack[operation](), LOST(operation));
      assert.deepEqual([engine.operations, runs], [[operation, operation], 0]);
    });
  }
});
