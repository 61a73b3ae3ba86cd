import assert from "node:assert/strict";
import { heartbeat } from "../../../host-config/actions-runner-pool/agent/heartbeat";
import { signsInChild } from "../../../host-config/actions-runner-pool/agent/signs-in-child";
import { FakeHost } from "./fake-host";

const program = (code: string) => [process.execPath, "-e", code];
/** Stops its whole process in one system call, as a read that never returns does. */
const HANG = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);";

describe("the job signs, read by a child", () => {
  it("are those that the child prints", async () => {
    const printing = program('process.stdout.write(JSON.stringify({ listener: 7, workers: 1, announced: "busy" }))');
    assert.deepEqual(await signsInChild(printing, 60_000).read(), { listener: 7, workers: 1, announced: "busy" });
  });

  for (const [what, command] of [
    ["hangs in a system call", program(HANG)],
    [
      "leaves a process that keeps its output open",
      program(`require("child_process").spawn("sleep", ["3"], { stdio: "inherit" });${HANG}`),
    ],
    ["fails", program("process.exit(1)")],
    ["prints nothing", program("")],
  ] as const) {
    it(`never keep the heartbeat from beating, even if the reading ${what}`, async () => {
      const host = new FakeHost();
      Object.assign(host, { target: "Terminated", active: "inactive", mainAlive: false, seen: { workers: 0 } });
      host.signs = signsInChild(command, 1_000) as FakeHost["signs"];
      assert.equal(await heartbeat(host), "beat");
      assert.equal(host.acts[0], "heartbeat pool-terminate");
      assert.ok(host.messages().includes("the runner's state is unknown: sending a heartbeat"));
    });
  }
});
