import assert from "node:assert/strict";
import type { ControlReply } from "../../../../contract/persistent-runner/control";
import { control } from "../../../../functions/persistent-runner/control/control";
import { IssuerUnavailable } from "../../../../functions/shared/github/issuer-keys";
import { WorkflowTokenError } from "../../../../functions/shared/github/workflow-token";
import { APP, Harness } from "../support/harness";

describe("a request to the control function", () => {
  const TOKEN = "header.payload.signature";
  let harness: Harness;
  beforeEach(() => (harness = new Harness()));

  const send = (event: unknown, identify: (token: string) => Promise<string> = async () => APP) =>
    control(event, identify, harness.ports, harness.settings, harness.observer) as Promise<ControlReply>;

  it("acts for the run that the token names, whatever else it says", async () => {
    await send({ action: "start", token: TOKEN, runKey: "octo-org/lib#8#1", holder: "x", repository: "octo-org/lib" });
    assert.equal(harness.lease.holder, APP);
  });

  for (const [what, event] of Object.entries({
    "no object": "start",
    nothing: null,
    "no action": { token: TOKEN },
    "an unknown action": { action: "terminate", token: TOKEN },
    "no token": { action: "start" },
    "a token that is no text": { action: "stop", token: { alg: "none" } },
    "an empty token": { action: "stop", token: "" },
    "a force that is no flag": { action: "stop", token: TOKEN, force: "yes" },
  }))
    it(`is refused with ${what}, before anything is done`, async () => {
      const reply = await send(event);
      assert.equal(reply.state, "failed");
      assert.deepEqual(harness.calls, []);
      assert.equal(harness.lease.holder, undefined);
    });

  it("is refused for good if its token is, with the reason and without the token", async () => {
    const refused = new WorkflowTokenError("subject", "its subject is none of ours");
    const reply = await send({ action: "start", token: TOKEN }, async () => Promise.reject(refused));
    assert.deepEqual(reply, { state: "failed", detail: "workflow token refused: its subject is none of ours" });
    assert.equal(harness.lease.holder, undefined);
    assert.doesNotMatch(JSON.stringify(harness.observer.lines), new RegExp(TOKEN));
  });

  it("is to be repeated while GitHub's keys cannot be read", async () => {
    for (const action of ["start", "stop"] as const) {
      const reply = await send({ action, token: TOKEN }, async () => Promise.reject(new IssuerUnavailable("no keys")));
      assert.equal(reply.state, action === "start" ? "starting" : "stopping");
      assert.ok("retryAfter" in reply);
    }
    assert.equal(harness.lease.holder, undefined);
  });

  it("ends within its bound although a call hangs, so that none of its calls comes when the machine is another's", async () => {
    const signals: AbortSignal[] = [];
    harness.ports.power.start = (signal) => {
      signals.push(signal);
      return new Promise(() => undefined);
    };
    const bounds: number[] = [];
    harness.clock.after = (milliseconds, act) => {
      bounds.push(milliseconds);
      const timer = setImmediate(() => setImmediate(act));
      return { cancel: () => clearImmediate(timer) };
    };
    const reply = await send({ action: "start", token: TOKEN });
    assert.equal(reply.state, "starting");
    assert.ok(bounds.every((bound) => bound <= 25_000));
    assert.ok(signals.every((signal) => signal.aborted));
  });

  it("throws for a provisioning without what it needs, because `pulumi up` sees errors alone", async () => {
    for (const wrong of [{}, { wait: 0 }, { wait: "60" }, { last: "yes" }, { digest: 7 }, { instanceId: undefined }]) {
      const event = { action: "provision", instanceId: "i-1", digest: "d", wait: 60, last: true, ...wrong };
      if (Object.keys(wrong).length === 0) continue;
      await assert.rejects(send(event), /must have instanceId, digest, last, and wait/);
    }
  });
});
