import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { serveGitHub, type ServedGitHub } from "../github/fixture";
import { exited, TestRunner, until } from "./fixture";

/** Exits with the code on the first launch, and waits for a signal on the next. */
const LISTENER = `#!/bin/bash
echo "$*" >>launches
if [ "$(wc -l <launches)" -eq 1 ]; then exit "$(cat code)"; fi
trap 'exit 0' INT
echo "now: Listening for Jobs"
while :; do sleep 0.1; done
`;

interface Supervised {
  runner: TestRunner;
  service: ChildProcess;
  launches(): string[];
}

const FINAL = ["0", "1", "5"];
const RETRYABLE = ["2", "3", "4", "134"];

describe("RunnerService.js of the runner stand-in", () => {
  let served: ServedGitHub;
  const started: Supervised[] = [];
  /** By the exit code of their first listener. Started together, because a relaunch comes after 5 s. */
  const byCode = new Map<string, Supervised>();

  before(async () => {
    served = await serveGitHub();
    for (const code of [...FINAL, ...RETRYABLE]) byCode.set(code, await startWith(code));
  });
  after(async () => {
    for (const { runner } of started) runner.dispose();
    await served.close();
  });

  async function startWith(code: string): Promise<Supervised> {
    const runner = await TestRunner.unpack(served);
    writeFileSync(runner.path("code"), code);
    writeFileSync(runner.path("bin/Runner.Listener"), LISTENER, { mode: 0o755 });
    const file = runner.path("launches");
    const launches = () => (existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : []);
    const supervised = { runner, service: runner.service(), launches };
    started.push(supervised);
    return supervised;
  }

  // First, because the relaunches of the others come while this one waits.
  it("starts no listener when it is stopped during the 5 s before a relaunch", async () => {
    const { runner, service, launches } = await startWith("2");
    await until("the announcement of a relaunch", () => runner.said(/re-launch runner in 5 seconds/));
    service.kill("SIGTERM");
    assert.equal(await exited(service), 0);
    assert.equal(launches().length, 1);
  });

  for (const code of FINAL) {
    it(`does not restart the listener after the final exit code ${code}, although the host is healthy`, async () => {
      const { service, launches } = byCode.get(code)!;
      assert.equal(await exited(service), 0);
      assert.deepEqual(launches(), ["run --startuptype service"]);
    });
  }

  for (const code of RETRYABLE) {
    it(`restarts the listener after exit code ${code}, and stops it immediately on SIGTERM`, async () => {
      const { runner, service, launches } = byCode.get(code)!;
      await until("the second launch", () => launches().length === 2 && runner.said(/Listening for Jobs/));
      service.kill("SIGTERM");
      assert.equal(await exited(service), 0);
      assert.equal(launches().length, 2);
    });
  }
});
