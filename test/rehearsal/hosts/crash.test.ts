import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { RECORDS, cleanUpDeadRuns, openRun } from "../../../rehearsal/hosts/systemd/run-record";
import { machineImage } from "../../../rehearsal/hosts/image";
import { needSystemd, traces, until } from "./rig";

/** A rehearsal of one machine that says which run it is and then waits to be killed. */
const VICTIM = `
const { openRig } = require(${JSON.stringify(join(__dirname, "rig.ts"))});
openRig().then(async (rig) => {
  await rig.hosts.launch({ instanceId: "i-0000000000000dead", userData: "#!/bin/sh\\n", instanceType: "t3.small", privateIp: "10.30.0.5" });
  console.log("up " + rig.run.id);
  setInterval(() => {}, 1000);
});
`;

describe("a rehearsal that is killed", function () {
  this.timeout(120_000);
  before(async function () {
    needSystemd(this);
    this.timeout(600_000);
    await cleanUpDeadRuns();
    await machineImage({ progress: (line) => console.log(`    ${line}`) });
  });

  const start = async () => {
    const victim = spawn(process.execPath, ["-r", "ts-node/register/transpile-only", "-e", VICTIM], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    for await (const line of createInterface({ input: victim.stdout })) {
      const id = /^up (.*)$/.exec(line)?.[1];
      if (id) return { victim, id };
    }
    return assert.fail("the rehearsal did not come up");
  };
  const kill = async (victim: ChildProcess) => {
    victim.kill("SIGKILL");
    await once(victim, "exit");
  };
  const reaperOf = (id: string) =>
    Number(
      traces(id)
        .map((trace) => /^process (\d+): sh .*reap\.sh/.exec(trace)?.[1])
        .find(Boolean) ?? assert.fail("no reaper"),
    );

  it("is removed whole, machines, network, gateway and files, while another one that lives is not touched", async () => {
    const [doomed, living] = await Promise.all([start(), start()]);
    assert.deepEqual(await cleanUpDeadRuns(), [], "both live");
    await kill(doomed.victim);
    await until("nothing of it is left", () => traces(doomed.id).length === 0).catch(() => {
      assert.fail(`still there: ${traces(doomed.id).join("\n")}`);
    });
    assert.ok(traces(living.id).some((trace) => /^process .*systemd-nspawn/.test(trace)));
    await kill(living.victim);
    await until("nothing of the other is left either", () => traces(living.id).length === 0);
  });

  it("is removed by the next one if its reaper was killed with it", async () => {
    const { victim, id } = await start();
    process.kill(reaperOf(id), "SIGKILL");
    await kill(victim);
    assert.ok(traces(id).length > 0);
    assert.deepEqual(await cleanUpDeadRuns(), [id]);
    await until("nothing of it is left", () => traces(id).length === 0);
  });

  it("may leave a record that is damaged or whose process id is another process's by now; neither harms", async () => {
    const run = openRun();
    const record = join(RECORDS, "0-abcdef.json");
    const outside = join(run.dir, "not-a-run");
    writeFileSync(outside, "");
    try {
      writeFileSync(record, "{");
      assert.deepEqual(await cleanUpDeadRuns(), []);
      writeFileSync(record, JSON.stringify({ id: "0-abcdef", pid: process.pid, startTime: "1", dir: outside }));
      assert.deepEqual(await cleanUpDeadRuns(), ["0-abcdef"]);
      assert.ok(existsSync(outside), "a directory that is no run's must never be removed");
      assert.ok(!existsSync(record));
    } finally {
      await run.close();
    }
    assert.ok(!existsSync(run.dir));
  });
});
