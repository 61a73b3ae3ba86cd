import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serveGitHub, type ServedGitHub } from "../github/fixture";
import { exited, TestRunner, until } from "./fixture";

/** RunnerService.js with a fake listener that exits with the given code on each launch; `stay` waits for a signal. */
describe("RunnerService.js of the runner stand-in", () => {
  let served: ServedGitHub;
  let folder: string;
  let runner: TestRunner;

  const startWith = async (...codes: string[]) => {
    const bin = join(folder, "bin");
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(folder, "codes"), codes.map((code) => `${code}\n`).join(""));
    const script = [
      "#!/bin/bash",
      `echo "$*" >>${folder}/launches`,
      `code=$(sed -n "$(wc -l <${folder}/launches)p" ${folder}/codes)`,
      `if [ "$code" = stay ]; then trap 'exit 0' INT; echo "now: Listening for Jobs"; while :; do sleep 0.1; done; fi`,
      'exit "$code"',
    ];
    writeFileSync(join(bin, "Runner.Listener"), script.join("\n"));
    runner = await TestRunner.unpack(served, folder);
    return runner.service();
  };
  const launches = () => (existsSync(join(folder, "launches")) ? readFileSync(join(folder, "launches"), "utf8").trim().split("\n") : []);

  beforeEach(async () => {
    served = await serveGitHub();
    folder = mkdtempSync(join(tmpdir(), "listener-"));
  });
  afterEach(async () => {
    runner.dispose();
    rmSync(folder, { recursive: true, force: true });
    await served.close();
  });

  for (const code of ["0", "1", "5"]) {
    it(`does not restart the listener after the final exit code ${code}, although the host is healthy`, async () => {
      assert.equal(await exited(await startWith(code, "stay")), 0);
      assert.deepEqual(launches(), ["run --startuptype service"]);
    });
  }

  for (const code of ["2", "3", "4", "134"]) {
    it(`restarts the listener after exit code ${code}, and stops it immediately on SIGTERM`, async () => {
      const service = await startWith(code, "stay");
      await until("the second launch", () => launches().length === 2 && runner.said(/Listening for Jobs/));
      service.kill("SIGTERM");
      assert.equal(await exited(service), 0);
      assert.equal(launches().length, 2);
    });
  }

  it("starts no listener when it is stopped during the 5 s before a relaunch", async () => {
    const service = await startWith("2", "stay");
    await until("the announcement of a relaunch", () => runner.said(/re-launch runner in 5 seconds/));
    service.kill("SIGTERM");
    assert.equal(await exited(service), 0);
    assert.equal(launches().length, 1);
  });
});
