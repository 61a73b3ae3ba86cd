import assert from "node:assert/strict";
import { FunctionError } from "../../../../actions/shared/invoke-function";
import { untilFinal } from "../../../../actions/persistent-runner/shared/until-final";
import type { ControlReply } from "../../../../contract/persistent-runner/control";

const READY: ControlReply = { state: "ready", instanceId: "i-1", label: "e2e-7", generation: 7 };
const waiting = (detail = "another run has it"): ControlReply => ({ state: "waiting", retryAfter: 5, detail });
const starting = (detail = "it boots"): ControlReply => ({ state: "starting", retryAfter: 5, detail });
const BOUNDS = { timeout: 1500, waiting: 600 };

/** Answers in turn, the last one for ever, on a clock that only pauses move. */
function function_(...answers: (ControlReply | Error)[]) {
  let asked = 0;
  let now = 0;
  const lines: string[] = [];
  const pauses: number[] = [];
  return {
    lines,
    pauses,
    asked: () => asked,
    now: () => now / 1000,
    waiting: {
      ask: async () => {
        const answer = answers[Math.min(asked++, answers.length - 1)]!;
        if (answer instanceof Error) throw answer;
        return answer;
      },
      pause: async (milliseconds: number) => {
        pauses.push(milliseconds);
        now += milliseconds;
      },
      elapsed: () => now,
      info: (text: string) => void lines.push(text),
    },
  };
}

const named = (name: string, fields: object = {}) => Object.assign(new Error(`${name} happened`), { name, ...fields });

describe("a request that is repeated until its reply is final", () => {
  it("waits as long as each reply says, and shows a line for each change alone", async () => {
    const one = function_(waiting(), waiting(), starting(), starting(), READY);
    assert.deepEqual(await untilFinal(one.waiting, BOUNDS), READY);
    assert.deepEqual(one.pauses, [5000, 5000, 5000, 5000]);
    assert.deepEqual(one.lines, ["waiting: another run has it", "starting: it boots"]);
  });

  it("fails with the reason of a reply that no repetition changes", async () => {
    const one = function_({ state: "failed", detail: "the instance was terminated: run pulumi up" });
    await assert.rejects(untilFinal(one.waiting, BOUNDS), { message: "the instance was terminated: run pulumi up" });
    assert.equal(one.asked(), 1);
  });

  it("gives up another run's machine after its bound, and a start of its own only after the whole", async () => {
    const taken = function_(waiting());
    await assert.rejects(untilFinal(taken.waiting, BOUNDS), /not free within 600 s: another run has it/);
    assert.equal(taken.now(), 600);
    const slow = function_(starting());
    await assert.rejects(untilFinal(slow.waiting, BOUNDS), /given up after 1500 s: it boots/);
    assert.equal(slow.now(), 1500);
  });

  it("survives faults of network, AWS and function, and begins to count anew after each answer", async () => {
    const faults = [
      named("TimeoutError"),
      new FunctionError("Error: x"),
      named("Error", { code: "ECONNRESET" }),
      named("X", { $metadata: { httpStatusCode: 503 } }),
    ];
    const one = function_(...faults, starting(), ...faults, READY);
    assert.deepEqual(await untilFinal(one.waiting, BOUNDS), READY);
  });

  it("gives up after five faults in a row, with the last one's words", async () => {
    const one = function_(new FunctionError("Runtime.ExitError: out of memory"));
    await assert.rejects(untilFinal(one.waiting, BOUNDS), { message: "Runtime.ExitError: out of memory, at 5 attempts" });
    assert.equal(one.asked(), 5);
  });

  it("does not repeat what AWS refuses: a role that may not invoke the function never will", async () => {
    for (const name of ["AccessDeniedException", "InvalidIdentityToken", "ResourceNotFoundException"]) {
      const one = function_(named(name, { $metadata: { httpStatusCode: 403 } }));
      await assert.rejects(untilFinal(one.waiting, BOUNDS), { message: `${name} happened` });
      assert.equal(one.asked(), 1);
    }
  });

  it("repeats what STS refuses because it could not read GitHub's keys, which says nothing of the token", async () => {
    const unread = Object.assign(named("InvalidIdentityToken"), {
      message: "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation",
    });
    const one = function_(unread, READY);
    assert.deepEqual(await untilFinal(one.waiting, BOUNDS), READY);
  });

  it("neither spins nor sleeps for ever on a reply with an absurd pause", async () => {
    const one = function_({ ...starting(), retryAfter: 0 } as ControlReply, { ...starting("x"), retryAfter: 1e9 } as ControlReply, READY);
    await untilFinal(one.waiting, BOUNDS);
    assert.deepEqual(one.pauses, [1000, 60_000]);
  });
});
